/* SPDX-License-Identifier: Apache-2.0 */
/* The sink kafka: each event a message, its service the key, by an idempotent producer of librdkafka. Its
 * threads only write to an eventfd; all that they have to say is told in the thread of the loop. */
#include "sink/kafka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "model/event.h"
#include "sink/kinds.h"
#include "sink/record.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
#define PURGE    (RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)

/* For what the message holds, not for how things stand. A broker that finds one of a request so refuses all
 * of the request. */
static bool is_refusal(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
	       error == RD_KAFKA_RESP_ERR_INVALID_RECORD || error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
	       error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
}

static const char *hint(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return " (make the topic, or look at the key topic)";
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		return " (the user needs the right to write to the topic)";
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
		return " (look at user, password_file and mechanism)";
	default: return "";
	}
}

static void finish(struct kafka *kafka)
{
	bool refused = kafka->failed < kafka->count && is_refusal(kafka->error);
	_cleanup_buf_ struct buf reason = {0};

	kafka->round++;
	kafka->waiting = 0;
	if (kafka->failed == kafka->count) {
		kafka->works = true;
		kafka->trouble[0] = '\0';
		sink_done(kafka->sink, SINK_DELIVERED, 0, NULL);
		return;
	}
	if (!*kafka->trouble || kafka->error != RD_KAFKA_RESP_ERR__PURGE_QUEUE)
		buf_printf(&reason, "%s%s%s", kafka->library->err2str(kafka->error), hint(kafka->error),
			*kafka->trouble ? ": " : "");
	buf_str(&reason, kafka->trouble);
	if (kafka->failed > 0) {
		sink_again(kafka->sink, kafka->failed);
		sink_done(kafka->sink, SINK_DELIVERED, 0, buf_text(&reason));
	} else {
		sink_done(kafka->sink, refused ? SINK_REFUSED : SINK_RETRY, 0, buf_text(&reason));
	}
}

static void fail(struct kafka *kafka, unsigned index, rd_kafka_resp_err_t error)
{
	if (index >= kafka->failed)
		return;
	kafka->failed = index;
	kafka->error = error;
}

void kafka_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
	uint64_t tag = (uintptr_t)message->_private;
	struct kafka *kafka = context;

	(void)producer;
	if (tag >> 32 != kafka->round || !kafka->waiting)
		return;
	if (message->err)
		fail(kafka, (uint32_t)tag, message->err);
	kafka->waiting--;
}

void kafka_trouble(rd_kafka_t *producer, int error, const char *reason, void *context)
{
	struct kafka *kafka = context;

	if (error == RD_KAFKA_RESP_ERR__FATAL)
		kafka->broken = true;
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !*kafka->trouble)
		snprintf(kafka->trouble, sizeof(kafka->trouble), "%s%s", reason,
			hint((rd_kafka_resp_err_t)error));
	/* One that never worked is told at once. Else librdkafka finds the brokers again by itself, and sends
	 * what was on its way once more without doubles. */
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !kafka->works)
		kafka->library->purge(producer, PURGE);
}

static void on_wake(void *context, int fd, uint32_t events)
{
	struct kafka *kafka = context;
	bool busy = kafka->waiting > 0;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0 || !kafka->producer)
		return;
	while (kafka->library->poll(kafka->producer, 0) > 0)
		;
	if (busy && !kafka->waiting)
		finish(kafka);
	if (kafka->broken && !kafka->waiting)
		kafka_producer_free(kafka);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	struct kafka *kafka = calloc(1, sizeof(*kafka));

	(void)error;
	if (!kafka)
		return -ENOMEM;
	kafka->sink = sink;
	sink_set_state(sink, kafka);
	kafka->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (kafka->wake < 0)
		return -errno;
	return loop_add_fd(sink_loop(sink), kafka->wake, EPOLLIN, on_wake, kafka);
}

static void close_sink(struct sink *sink)
{
	struct kafka *kafka = sink_state(sink);

	kafka_producer_free(kafka);
	if (kafka->wake >= 0) {
		loop_remove_fd(sink_loop(sink), kafka->wake);
		close(kafka->wake);
	}
	free(kafka);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	record_put(body, item);
	return 0;
}

static rd_kafka_resp_err_t produce(struct kafka *kafka, const struct sink_record *record, unsigned index)
{
	const char *key = *record->service ? record->service : sink_host(kafka->sink);
	uintptr_t tag = (uintptr_t)kafka->round << 32 | index;

	return kafka->library->producev(kafka->producer, RD_KAFKA_V_TOPIC(sink_options(kafka->sink)->topic),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, strlen(key)),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)record->body, record->len),
		RD_KAFKA_V_HEADER("id", record->id, -1), RD_KAFKA_V_HEADER("kind", record->kind, -1),
		RD_KAFKA_V_HEADER("schema", TEXT(EVENT_SCHEMA), -1), RD_KAFKA_V_OPAQUE((void *)tag),
		RD_KAFKA_V_END);
}

static bool prepare(struct kafka *kafka)
{
	char reason[SINK_REASON] = "";

	if (!kafka->library)
		kafka->library = kafka_library();
	if (!kafka->library) {
		sink_done(kafka->sink, SINK_RETRY, 0,
			"librdkafka.so.1 cannot be loaded (Debian's package is librdkafka1)");
		return false;
	}
	if (kafka->producer || kafka_producer_make(kafka, reason))
		return true;
	sink_done(kafka->sink, SINK_RETRY, 0, reason);
	return false;
}

static void send_kafka(struct sink *sink, struct buf *body, unsigned count)
{
	struct kafka *kafka = sink_state(sink);
	const char *at = body->data;

	if (!prepare(kafka))
		return;
	kafka->count = kafka->failed = count;
	kafka->waiting = 0;
	for (unsigned i = 0; i < count; i++) {
		struct sink_record record;
		rd_kafka_resp_err_t error;

		at = record_get(at, &record);
		error = produce(kafka, &record, i);
		if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
			sink_refuse(sink, i, "it is larger than a message of Kafka may be");
		} else if (error) {
			fail(kafka, i, error);
			break;
		} else {
			kafka->waiting++;
		}
	}
	if (!kafka->waiting)
		finish(kafka);
}

/* What is on its way may still arrive: the batch comes again behind it, in the same order. */
static void cancel(struct sink *sink)
{
	struct kafka *kafka = sink_state(sink);

	kafka->round++;
	kafka->waiting = 0;
	if (kafka->producer)
		kafka->library->purge(kafka->producer, PURGE);
}

const struct sink_kind sink_kafka = {
	.name = "kafka",
	.keys = "brokers! topic! user password_file password_env protocol=tcp|tls "
		"mechanism=PLAIN|SCRAM-SHA-256|SCRAM-SHA-512 ca cert key "
		"compression=none|gzip|lz4|zstd|snappy",
	.raw = true,
	.batch = 1000,
	.check = kafka_check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_kafka,
	.cancel = cancel,
};
