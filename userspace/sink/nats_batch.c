/* SPDX-License-Identifier: Apache-2.0 */
/* A batch on a connection of NATS: each event is published with an address for its answer; the stream's
 * leader answers when the stream has it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/nats.h"
#include "sink/record.h"

#define SLICE (250 * NS_PER_MS) /* after which a wait looks whether it is to stop */
/* Numbers of JetStream's errors. */
#define MESSAGE_TOO_LARGE 10054
#define HEADER_TOO_LARGE  10097
#define WRONG_STREAM      10060

static void set_fate(struct nats_batch *batch, unsigned index, enum nats_fate fate)
{
	if (batch->fates[index] == NATS_OPEN)
		batch->open--;
	batch->fates[index] = fate;
}

static void tell(struct nats_batch *batch, const char *reason)
{
	if (!batch->reason[0])
		text_copy(batch->reason, sizeof(batch->reason), reason);
}

static void fail(struct nats_batch *batch, unsigned index, const char *reason)
{
	set_fate(batch, index, NATS_FAILED);
	tell(batch, reason);
}

static void refuse(struct nats_batch *batch, unsigned index, const char *reason)
{
	set_fate(batch, index, NATS_REFUSED);
	text_copy(batch->refusal, sizeof(batch->refusal), reason);
}

/* {"error":{"err_code":…,"description":…}} */
static void take_error(struct nats_batch *batch, unsigned index, const json_t *error)
{
	const char *text = json_string_value(json_object_get(error, "description"));
	json_int_t code = json_integer_value(json_object_get(error, "err_code"));
	_cleanup_buf_ struct buf reason = {0};

	buf_str(&reason, "JetStream: ");
	text_escape(&reason, text ? text : "an error", text ? strnlen(text, 160) : 8);
	if (code == WRONG_STREAM)
		buf_str(&reason, " (another stream than the key stream says takes this subject)");
	if (code == MESSAGE_TOO_LARGE || code == HEADER_TOO_LARGE)
		refuse(batch, index, buf_text(&reason));
	else
		fail(batch, index, buf_text(&reason));
}

static void take_answer(struct nats_batch *batch, unsigned index, const char *text, size_t len)
{
	json_t *answer = json_loadb(text, len, 0, NULL);
	const json_t *error = json_object_get(answer, "error");

	if (error)
		take_error(batch, index, error);
	else if (json_is_integer(json_object_get(answer, "seq")) &&
		 json_is_string(json_object_get(answer, "stream")))
		set_fate(batch, index, NATS_TAKEN);
	else
		fail(batch, index, "who answered is not JetStream");
	json_decref(answer);
}

/* Which event an answer is for; batch->count: none of these. */
static unsigned index_of(const struct nats_line *line, const struct nats_batch *batch, const char *subject)
{
	size_t len = strlen(line->inbox);
	uint64_t round, index;

	if (strncmp(subject, line->inbox, len) != 0 || subject[len] != '.')
		return batch->count;
	subject += len + 1;
	if (text_take_u64(&subject, &round) < 0 || *subject++ != '-' || text_take_u64(&subject, &index) < 0 ||
		round != line->round || index >= batch->count || batch->fates[index] != NATS_OPEN)
		return batch->count;
	return (unsigned)index;
}

static void take(struct nats_line *line, struct nats_batch *batch, natsMsg *message)
{
	const struct nats_library *library = line->library;
	unsigned index = index_of(line, batch, library->natsMsg_GetSubject(message));

	if (index < batch->count)
		take_answer(batch, index, library->natsMsg_GetData(message),
			(size_t)library->natsMsg_GetDataLength(message));
	library->natsMsg_Destroy(message);
}

static const char *trouble(const struct nats_line *line, natsStatus status)
{
	const char *text = NULL;

	line->library->natsConnection_GetLastError(line->connection, &text);
	return text && *text ? text : line->library->natsStatus_GetText(status);
}

/* The server says that nobody listens to a subject; libnats does not say to which. */
static void lose(struct nats_batch *batch)
{
	batch->open--;
	tell(batch,
		"no stream takes the subject, or it has no leader now (look at the key subject and at the "
		"subjects of the stream)");
}

static bool give_up(const struct nats_line *line, struct nats_batch *batch, natsStatus status)
{
	char reason[SINK_REASON];

	snprintf(reason, sizeof(reason), "no answer from the stream: %.160s", trouble(line, status));
	tell(batch, reason);
	return false;
}

/* Until as few as this are open. Returns false when the connection is of no more use. */
static bool wait(struct nats_line *line, struct nats_batch *batch, unsigned open)
{
	while (batch->open > open) {
		uint64_t now = clock_boottime();
		uint64_t left = batch->deadline > now ? batch->deadline - now : 0;
		natsMsg *message = NULL;
		natsStatus status = line->library->natsSubscription_NextMsg(
			&message, line->answers, (int64_t)((left < SLICE ? left : SLICE) / NS_PER_MS) + 1);

		if (status == NATS_OK)
			take(line, batch, message);
		else if (status == NATS_NO_RESPONDERS)
			lose(batch);
		else if (status != NATS_TIMEOUT || !left || __atomic_load_n(batch->stop, __ATOMIC_RELAXED))
			return give_up(line, batch, status);
	}
	return true;
}

static natsStatus make_message(
	struct nats_line *line, unsigned index, const struct sink_record *record, natsMsg **ret)
{
	const struct nats_library *library = line->library;
	const struct sink_options *options = line->options;
	char subject[1024], reply[sizeof(line->inbox) + 32];
	natsStatus status;

	if (!nats_subject(options->subject ? options->subject : NATS_SUBJECT, record->kind, record->service,
		    subject, sizeof(subject)))
		return NATS_INVALID_SUBJECT;
	snprintf(reply, sizeof(reply), "%s.%u-%u", line->inbox, line->round, index);
	status = library->natsMsg_Create(ret, subject, reply, record->body, (int)record->len);
	if (status == NATS_OK)
		status = library->natsMsgHeader_Set(*ret, "Nats-Msg-Id", record->id);
	if (status == NATS_OK && options->stream)
		status = library->natsMsgHeader_Set(*ret, "Nats-Expected-Stream", options->stream);
	return status;
}

/* Returns false when the connection is of no more use. */
static bool publish(
	struct nats_line *line, struct nats_batch *batch, unsigned index, const struct sink_record *record)
{
	natsMsg *message = NULL;
	natsStatus status = make_message(line, index, record, &message);

	if (status == NATS_OK)
		status = line->library->natsConnection_PublishMsg(line->connection, message);
	line->library->natsMsg_Destroy(message);
	if (status == NATS_OK)
		return true;
	/* All would be set aside by one that says nothing of sense. */
	if (status == NATS_MAX_PAYLOAD &&
		line->library->natsConnection_GetMaxPayload(line->connection) <= 0) {
		text_copy(batch->reason, sizeof(batch->reason), "the server says that it takes no payload");
		return false;
	}
	if (status == NATS_MAX_PAYLOAD || status == NATS_INVALID_SUBJECT) {
		refuse(batch, index,
			status == NATS_MAX_PAYLOAD ? "it is larger than the server's max_payload"
						   : "its subject would be longer than 1023 bytes");
		return true;
	}
	snprintf(batch->reason, sizeof(batch->reason), "publishing failed: %.160s", trouble(line, status));
	return false;
}

static bool exchange(struct nats_line *line, struct nats_batch *batch)
{
	const char *at = batch->body->data;

	for (unsigned i = 0; i < batch->count; i++) {
		struct sink_record record;

		at = record_get(at, &record);
		if (!publish(line, batch, i, &record))
			return false;
		if (i > 0 || !line->careful)
			continue;
		if (!wait(line, batch, batch->count - 1))
			return false;
		if (batch->fates[0] != NATS_TAKEN && batch->fates[0] != NATS_REFUSED)
			return true;
	}
	return wait(line, batch, 0);
}

void nats_line_send(struct nats_line *line, struct nats_batch *batch)
{
	batch->open = batch->count;
	line->round++;
	if (line->connection && line->library->natsConnection_IsClosed(line->connection))
		nats_line_close(line);
	if (!line->connection && !nats_line_connect(line, batch->deadline, batch->reason))
		return;
	if (!exchange(line, batch))
		nats_line_close(line);
	line->careful = batch->reason[0] != '\0';
}
