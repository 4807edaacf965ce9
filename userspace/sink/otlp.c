/* SPDX-License-Identifier: Apache-2.0 */
/* The sink otlp: OpenTelemetry logs over HTTP. Events that follow one another and are of the same resource
 * share a ResourceLogs. */
#include "sink/otlp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "sink/http.h"
#include "sink/kinds.h"
#include "sink/options_url.h"
#include "sink/secrets.h"

#define SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"
#define PATH       "/v1/logs"

enum request { RESOURCE_LOGS = 1 };
enum resource_logs { RESOURCE = 1, SCOPE_LOGS = 2, RESOURCE_SCHEMA = 3 };
enum scope_logs { SCOPE = 1, SCOPE_SCHEMA = 3 };
enum scope { SCOPE_NAME = 1, SCOPE_VERSION = 2 };

/* The ResourceLogs that events are being added to. */
struct group {
	bool open;
	size_t resource_logs; /* where they begin, see otlp_begin */
	size_t scope_logs;
};

struct otlp {
	bool json;
	const char *path;
	struct otlp_host host;
	struct group group;
	struct buf resource; /* of the group */
	struct buf next;     /* of the event at hand */
	unsigned count;      /* of the batch under way */
	char warning[SINK_REASON];
};

/* url goes as far as the host, or says all. */
static const char *path_behind(const char *url)
{
	const char *authority = strstr(url, "://");
	const char *rest = authority ? authority + 3 + strcspn(authority + 3, "/?#") : "";

	if (!*rest)
		return PATH;
	return strcmp(rest, "/") == 0 ? &PATH[1] : NULL;
}

static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	struct otlp *otlp = calloc(1, sizeof(*otlp));

	(void)error;
	if (!otlp)
		return -ENOMEM;
	otlp->json = options->format && strcmp(options->format, "json") == 0;
	otlp->path = path_behind(options->url);
	otlp_host_read(&otlp->host, sink_host(sink), options->environment);
	sink_set_state(sink, otlp);
	return 0;
}

static void close_sink(struct sink *sink)
{
	struct otlp *otlp = sink_state(sink);

	buf_free(&otlp->resource);
	buf_free(&otlp->next);
	free(otlp);
}

static void close_group(struct otlp_out *out, struct group *group)
{
	if (!group->open)
		return;
	otlp_list_end(out);
	otlp_end(out, group->scope_logs);
	otlp_list_end(out);
	otlp_end(out, group->resource_logs);
	group->open = false;
}

static void put_scope(struct otlp_out *out)
{
	size_t scope = otlp_begin(out, SCOPE, "scope");

	otlp_text(out, SCOPE_NAME, "name", "lastwords", strlen("lastwords"));
	otlp_text(out, SCOPE_VERSION, "version", LW_VERSION, strlen(LW_VERSION));
	otlp_end(out, scope);
	otlp_text(out, SCOPE_SCHEMA, "schemaUrl", SCHEMA_URL, strlen(SCHEMA_URL));
}

static void open_group(struct otlp_out *out, struct group *group, const struct buf *resource)
{
	size_t begin;

	group->open = true;
	group->resource_logs = otlp_begin(out, RESOURCE_LOGS, NULL);
	begin = otlp_begin(out, RESOURCE, "resource");
	buf_append(out->buf, buf_text(resource), resource->len);
	otlp_end(out, begin);
	otlp_text(out, RESOURCE_SCHEMA, "schemaUrl", SCHEMA_URL, strlen(SCHEMA_URL));
	otlp_list_begin(out, "scopeLogs");
	group->scope_logs = otlp_begin(out, SCOPE_LOGS, NULL);
	put_scope(out);
	otlp_list_begin(out, "logRecords");
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

static void begin_batch(struct otlp *otlp, struct otlp_out *out)
{
	otlp->group.open = false;
	/* In protobuf the request itself has no frame. */
	if (otlp->json)
		otlp_begin(out, 0, NULL);
	otlp_list_begin(out, "resourceLogs");
}

static void encode_item(struct otlp *otlp, const struct sink_item *item, struct buf *body)
{
	struct otlp_out out = {body, otlp->json}, next = {&otlp->next, otlp->json};

	if (!body->len)
		begin_batch(otlp, &out);
	buf_reset(&otlp->next);
	otlp_resource(&next, &otlp->host, item);
	if (otlp->next.failed)
		body->failed = true;
	if (!otlp->group.open || !is_same(&otlp->next, &otlp->resource)) {
		close_group(&out, &otlp->group);
		open_group(&out, &otlp->group, &otlp->next);
		struct buf old = otlp->resource;
		otlp->resource = otlp->next;
		otlp->next = old;
	}
	otlp_record(&out, item);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	struct otlp *otlp = sink_state(sink);
	struct group before = otlp->group;
	size_t len = body->len;

	encode_item(otlp, item, body);
	if (!body->failed)
		return 0;
	/* The caller takes it off again, and the group before it goes on; of another resource than it was,
	 * maybe, so that none may join it. */
	otlp->group = before;
	if (len)
		buf_reset(&otlp->resource);
	return -ENOMEM;
}

/* Of those that were rejected only the number is known. */
static void refuse(struct sink *sink, const struct otlp *otlp, const struct otlp_answer *answer)
{
	const char *reason = answer->message[0] ? answer->message : "it was rejected, without a reason";

	if (answer->rejected < otlp->count) {
		sink_refuse_some(sink, (unsigned)answer->rejected, reason);
		return;
	}
	for (unsigned i = 0; i < otlp->count; i++)
		sink_refuse(sink, i, reason);
}

static void on_success(struct sink *sink, const struct http_answer *answer)
{
	struct otlp *otlp = sink_state(sink);
	struct otlp_answer said;
	char reason[SINK_REASON], all[SINK_REASON];

	otlp_answer_read(answer->body, answer->len, &said);
	secrets_hide(sink_options(sink), said.message);
	if (!said.good) {
		http_reason(answer, reason);
		snprintf(all, sizeof(all), "no answer of OTLP, look at url: %.200s", reason);
		sink_done(sink, SINK_RETRY, answer->retry_after, all);
		return;
	}
	if (said.rejected)
		refuse(sink, otlp, &said);
	else if (said.message[0] && strcmp(said.message, otlp->warning) != 0)
		log_warn("sink %s: the receiver warns: %s", sink_options(sink)->name, said.message);
	if (!said.rejected)
		text_copy(otlp->warning, sizeof(otlp->warning), said.message);
	sink_done(sink, SINK_DELIVERED, 0, NULL);
}

static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	struct http_answer readable = *answer;
	char message[SINK_REASON], reason[SINK_REASON], all[SINK_REASON];

	if (answer->status >= 200 && answer->status < 300) {
		on_success(sink, answer);
		return;
	}
	otlp_status_read(answer->body, answer->len, message);
	if (*message) {
		readable.body = message;
		readable.len = strlen(message);
	}
	if (answer->status != 415) {
		http_finish(sink, &readable);
		return;
	}
	/* Not for what the events hold. */
	http_reason(&readable, reason);
	snprintf(all, sizeof(all), "%.180s (look at format and compression)", reason);
	sink_done(sink, SINK_RETRY, answer->retry_after, all);
}

static void send_batch(struct sink *sink, struct buf *body, unsigned count)
{
	struct otlp *otlp = sink_state(sink);
	struct otlp_out out = {body, otlp->json};
	struct http_request request = {.path = otlp->path,
		.content_type = otlp->json ? "application/json" : "application/x-protobuf",
		.gzip = http_gzip(sink, true),
		.answer = on_answer};

	close_group(&out, &otlp->group);
	if (otlp->json) {
		otlp_list_end(&out);
		otlp_end(&out, 0);
	}
	if (body->failed) {
		sink_done(sink, SINK_REFUSED, 0, "no memory for so many");
		return;
	}
	otlp->count = count;
	request.body = body->data;
	request.len = body->len;
	http_post(sink, &request);
}

const struct sink_kind sink_otlp = {
	.name = "otlp",
	.keys = "url! format=protobuf|json compression=gzip|none environment header ca cert key proxy user "
		"password_file password_env token_file token_env",
	.schemes = "http https",
	.batch = 1000,
	.check = http_check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_batch,
	.cancel = http_cancel,
};
