/* SPDX-License-Identifier: Apache-2.0 */
/* libnats, loaded where a sink wants it: the program does not depend on it. */
#ifndef LW_BASE_NATS_LIBRARY_H
#define LW_BASE_NATS_LIBRARY_H

#include <nats/nats.h>

struct nats_library {
	typeof(natsOptions_Create) *natsOptions_Create;
	typeof(natsOptions_Destroy) *natsOptions_Destroy;
	typeof(natsOptions_SetServers) *natsOptions_SetServers;
	typeof(natsOptions_SetAllowReconnect) *natsOptions_SetAllowReconnect;
	typeof(natsOptions_SetTimeout) *natsOptions_SetTimeout;
	typeof(natsOptions_SetWriteDeadline) *natsOptions_SetWriteDeadline;
	typeof(natsOptions_SetName) *natsOptions_SetName;
	typeof(natsOptions_SetIOBufSize) *natsOptions_SetIOBufSize;
	typeof(natsOptions_SetSecure) *natsOptions_SetSecure;
	typeof(natsOptions_LoadCATrustedCertificates) *natsOptions_LoadCATrustedCertificates;
	typeof(natsOptions_LoadCertificatesChain) *natsOptions_LoadCertificatesChain;
	typeof(natsOptions_SetUserInfo) *natsOptions_SetUserInfo;
	typeof(natsOptions_SetToken) *natsOptions_SetToken;
	typeof(natsOptions_SetErrorHandler) *natsOptions_SetErrorHandler;
	typeof(natsConnection_Connect) *natsConnection_Connect;
	typeof(natsConnection_Destroy) *natsConnection_Destroy;
	typeof(natsConnection_IsClosed) *natsConnection_IsClosed;
	typeof(natsConnection_GetLastError) *natsConnection_GetLastError;
	typeof(natsConnection_GetMaxPayload) *natsConnection_GetMaxPayload;
	typeof(natsConnection_PublishMsg) *natsConnection_PublishMsg;
	typeof(natsConnection_SubscribeSync) *natsConnection_SubscribeSync;
	typeof(natsSubscription_NextMsg) *natsSubscription_NextMsg;
	typeof(natsSubscription_SetPendingLimits) *natsSubscription_SetPendingLimits;
	typeof(natsSubscription_Destroy) *natsSubscription_Destroy;
	typeof(natsInbox_Create) *natsInbox_Create;
	typeof(natsInbox_Destroy) *natsInbox_Destroy;
	typeof(natsMsg_Create) *natsMsg_Create;
	typeof(natsMsg_Destroy) *natsMsg_Destroy;
	typeof(natsMsg_GetSubject) *natsMsg_GetSubject;
	typeof(natsMsg_GetData) *natsMsg_GetData;
	typeof(natsMsg_GetDataLength) *natsMsg_GetDataLength;
	typeof(natsMsgHeader_Set) *natsMsgHeader_Set;
	typeof(natsStatus_GetText) *natsStatus_GetText;
	typeof(nats_GetLastError) *nats_GetLastError;
};

/* Loads it at the first call, from the one thread of the loop. NULL when it is not there. */
const struct nats_library *nats_library(void);

#endif
