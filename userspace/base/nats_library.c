/* SPDX-License-Identifier: Apache-2.0 */
/* libnats by its names. A library is the process's, so what was found of it is kept once. */
#include "base/nats_library.h"

#include "base/library.h"

#define FIND(name)                                                                                           \
	{                                                                                                    \
#name, offsetof(struct nats_library, name)                                                   \
	}

static const struct library_function functions[] = {
	FIND(natsOptions_Create),
	FIND(natsOptions_Destroy),
	FIND(natsOptions_SetServers),
	FIND(natsOptions_SetAllowReconnect),
	FIND(natsOptions_SetTimeout),
	FIND(natsOptions_SetWriteDeadline),
	FIND(natsOptions_SetName),
	FIND(natsOptions_SetIOBufSize),
	FIND(natsOptions_SetSecure),
	FIND(natsOptions_LoadCATrustedCertificates),
	FIND(natsOptions_LoadCertificatesChain),
	FIND(natsOptions_SetUserInfo),
	FIND(natsOptions_SetToken),
	FIND(natsOptions_SetErrorHandler),
	FIND(natsConnection_Connect),
	FIND(natsConnection_Destroy),
	FIND(natsConnection_IsClosed),
	FIND(natsConnection_GetLastError),
	FIND(natsConnection_GetMaxPayload),
	FIND(natsConnection_PublishMsg),
	FIND(natsConnection_SubscribeSync),
	FIND(natsSubscription_NextMsg),
	FIND(natsSubscription_SetPendingLimits),
	FIND(natsSubscription_Destroy),
	FIND(natsInbox_Create),
	FIND(natsInbox_Destroy),
	FIND(natsMsg_Create),
	FIND(natsMsg_Destroy),
	FIND(natsMsg_GetSubject),
	FIND(natsMsg_GetData),
	FIND(natsMsg_GetDataLength),
	FIND(natsMsgHeader_Set),
	FIND(natsStatus_GetText),
	FIND(nats_GetLastError),
};

const struct nats_library *nats_library(void)
{
	/* Each minor version is a name of its own; what is used here is in all of them. */
	static const char *const names[] = {"libnats.so.3", "libnats.so.3.12", "libnats.so.3.11",
		"libnats.so.3.10", "libnats.so.3.9", "libnats.so.3.8", "libnats.so.3.7", "libnats.so.3.6",
		"libnats.so.3.5", "libnats.so.3.4", "libnats.so", NULL};
	static struct nats_library library;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &library);
	return handle ? &library : NULL;
}
