/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of libnats: made, and given up. It is not mended behind our back: after a failure the next
 * attempt makes another, to any of the servers, so that nothing of an older batch waits in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/nats.h"

#define CONNECT_MAX (5 * NS_PER_SEC) /* for one server */
#define SERVERS     16
#define WRITE_SIZE  (256 * 1024)

/* What goes wrong on the connection is asked for. Without this libnats prints it. */
static void ignore(
	natsConnection *connection, natsSubscription *subscription, natsStatus status, void *context)
{
	(void)connection;
	(void)subscription;
	(void)status;
	(void)context;
}

static bool wants_tls(const struct sink_options *options)
{
	return options->ca || options->cert || strstr(options->url, "tls://");
}

static natsStatus set_servers(const struct nats_library *library, natsOptions *options, const char *url)
{
	const char *servers[SERVERS];
	char *copy = strdup(url), *rest = copy, *one;
	natsStatus status = NATS_NO_MEMORY;
	int count = 0;

	while ((one = strsep(&rest, ",")) && count < SERVERS)
		servers[count++] = one;
	if (copy)
		status = library->natsOptions_SetServers(options, servers, count);
	free(copy);
	return status;
}

static natsStatus set_tls(
	const struct nats_library *library, natsOptions *options, const struct sink_options *from)
{
	natsStatus status = library->natsOptions_SetSecure(options, true);

	if (status == NATS_OK && from->ca)
		status = library->natsOptions_LoadCATrustedCertificates(options, from->ca);
	if (status == NATS_OK && from->cert)
		status = library->natsOptions_LoadCertificatesChain(options, from->cert, from->key);
	return status;
}

static natsStatus set_options(const struct nats_line *line, natsOptions *options, uint64_t timeout)
{
	const struct nats_library *library = line->library;
	const struct sink_options *from = line->options;
	uint64_t connect = timeout < CONNECT_MAX ? timeout : CONNECT_MAX;
	natsStatus status = set_servers(library, options, from->url);
	char name[280];

	snprintf(name, sizeof(name), "lastwords on %s", line->host);
	if (status == NATS_OK)
		status = library->natsOptions_SetAllowReconnect(options, false);
	if (status == NATS_OK)
		status = library->natsOptions_SetTimeout(options, (int64_t)(connect / NS_PER_MS) + 1);
	if (status == NATS_OK)
		status = library->natsOptions_SetWriteDeadline(options, (int64_t)(timeout / NS_PER_MS) + 1);
	if (status == NATS_OK)
		status = library->natsOptions_SetName(options, name);
	if (status == NATS_OK)
		status = library->natsOptions_SetIOBufSize(options, WRITE_SIZE);
	if (status == NATS_OK)
		status = library->natsOptions_SetErrorHandler(options, ignore, NULL);
	if (status == NATS_OK && from->user)
		status = library->natsOptions_SetUserInfo(options, from->user, from->password);
	if (status == NATS_OK && from->token)
		status = library->natsOptions_SetToken(options, from->token);
	if (status == NATS_OK && wants_tls(from))
		status = set_tls(library, options, from);
	return status;
}

static natsStatus listen(struct nats_line *line)
{
	const struct nats_library *library = line->library;
	char subject[sizeof(line->inbox) + 2];
	natsInbox *inbox = NULL;
	natsStatus status = library->natsInbox_Create(&inbox);

	if (status != NATS_OK)
		return status;
	text_copy(line->inbox, sizeof(line->inbox), inbox);
	library->natsInbox_Destroy(inbox);
	snprintf(subject, sizeof(subject), "%s.*", line->inbox);
	status = library->natsConnection_SubscribeSync(&line->answers, line->connection, subject);
	if (status == NATS_OK)
		status = library->natsSubscription_SetPendingLimits(line->answers, -1, -1);
	return status;
}

static void explain(const struct nats_line *line, natsStatus status, char reason[SINK_REASON])
{
	const char *more = line->library->nats_GetLastError(NULL);

	snprintf(reason, SINK_REASON, "%s%s%.160s%s", line->library->natsStatus_GetText(status),
		more && *more ? ": " : "", more && *more ? more : "",
		status == NATS_CONNECTION_AUTH_FAILED     ? " (look at user, password_file or token_file)"
		: status == NATS_SECURE_CONNECTION_WANTED ? " (the server wants TLS: tls:// in url)"
		: status == NATS_SSL_ERROR                ? " (look at ca, cert and key)"
							  : "");
}

bool nats_line_connect(struct nats_line *line, uint64_t deadline, char reason[SINK_REASON])
{
	const struct nats_library *library = line->library;
	uint64_t now = clock_boottime(), left = deadline > now ? deadline - now : 0;
	natsOptions *options = NULL;
	natsStatus status = library->natsOptions_Create(&options);

	if (status == NATS_OK)
		status = set_options(line, options, left);
	if (status == NATS_OK)
		status = library->natsConnection_Connect(&line->connection, options);
	if (status == NATS_OK)
		status = listen(line);
	library->natsOptions_Destroy(options);
	if (status == NATS_OK)
		return true;
	explain(line, status, reason);
	nats_line_close(line);
	return false;
}

void nats_line_close(struct nats_line *line)
{
	if (line->answers)
		line->library->natsSubscription_Destroy(line->answers);
	if (line->connection)
		line->library->natsConnection_Destroy(line->connection);
	line->answers = NULL;
	line->connection = NULL;
}
