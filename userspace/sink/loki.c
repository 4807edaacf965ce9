/* SPDX-License-Identifier: Apache-2.0 */
/* The sink loki: entries to Loki's push API, in streams by four labels; what has many values is structured
 * metadata. */
#include "sink/loki.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/body.h"
#include "report/report.h"
#include "sink/ecs.h"
#include "sink/http.h"
#include "sink/kinds.h"

#define PATH       "/loki/api/v1/push"
#define TENANT_MAX 150

static const char *check(const struct sink_options *options)
{
	const char *tenant = options->tenant;

	if (tenant && (strlen(tenant) > TENANT_MAX || strcmp(tenant, ".") == 0 || strcmp(tenant, "..") == 0 ||
			      tenant[strspn(tenant, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
						    "0123456789!-_.*'()")]))
		return "tenant = at most 150 letters, digits and !-_.*'()";
	return http_check(options);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	struct loki *loki = calloc(1, sizeof(*loki));

	(void)error;
	if (!loki)
		return -ENOMEM;
	sink_set_state(sink, loki);
	loki->text = sink_options(sink)->format && strcmp(sink_options(sink)->format, "text") == 0;
	if (sink_options(sink)->tenant)
		buf_printf(&loki->tenant, "X-Scope-OrgID: %s", sink_options(sink)->tenant);
	return 0;
}

static void close_sink(struct sink *sink)
{
	struct loki *loki = sink_state(sink);

	if (!loki)
		return;
	for (size_t i = 0; i < loki->streams_cap; i++)
		buf_free(&loki->streams[i].labels);
	free(loki->streams);
	free(loki->entries);
	buf_free(&loki->labels);
	buf_free(&loki->request);
	buf_free(&loki->tenant);
	free(loki);
}

static const struct {
	const char *name;
	const char *path;
} metadata[] = {
	{"pid", "process.pid"},
	{"process", "process.comm"},
	{"exe", "process.exe"},
	{"unit", "service.unit"},
	{"version", "service.version"},
	{"container_id", "service.container.id"},
	{"pod_uid", "service.pod.uid"},
	{"boot_id", "host.boot_id"},
	{"signal", "signal.name"},
	{"exit_status", "exit.status"},
	{"exception", "exception.type"},
	{"errno", "errno"},
	{"syscall", "syscall"},
	{"remote", "remote"},
	{"killer", "killer.class"},
	{"change", "marker.kind"},
	{"issue", "decision.issue"},
	{"fingerprint", "fingerprint"},
	{"state", "state"},
	{"cause", "cause"},
};

/* As a string, whatever it is: others are not taken. What is empty is as good as absent. */
static void put_text(struct json *j, const char *name, const json_t *value)
{
	char number[24];

	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		json_str(j, name, number);
	} else if (json_string_length(value)) {
		json_strn(j, name, json_string_value(value), json_string_length(value));
	}
}

/* Of the executable: the first of its frames that has one. */
static void put_metadata(struct json *j, const struct sink_item *item)
{
	json_object_begin(j, NULL);
	json_str(j, "id", item->id);
	for (size_t i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++)
		put_text(j, metadata[i].name, body_at(item->object, metadata[i].path));
	put_text(j, "build_id", body_build_id(item->object));
	if (strcmp(item->kind, "issue") == 0 || strcmp(item->kind, "incident") == 0)
		put_text(j, item->kind, body_at(item->object, "id"));
	json_object_end(j);
}

static void put_line(struct json *j, const struct loki *loki, const struct sink_item *item)
{
	_cleanup_buf_ struct buf line = {0};

	if (!loki->text) {
		json_strn(j, NULL, item->body, item->len);
		return;
	}
	report_message(item->object, &line);
	json_strn(j, NULL, buf_text(&line), line.len);
}

static void put_labels(struct loki *loki, const struct sink_item *item, const char *host)
{
	const char *own = json_string_value(body_at(item->object, "host.name"));
	struct json j;

	buf_reset(&loki->labels);
	json_begin(&j, &loki->labels);
	json_object_begin(&j, NULL);
	json_str_known(&j, "host", own ? own : host);
	json_str_known(&j, "service_name", item->service);
	json_str(&j, "kind", item->kind);
	json_str(&j, "level", item->severity.log_level);
	json_object_end(&j);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	struct loki *loki = sink_state(sink);
	size_t begin = body->len;
	char time[24];
	struct json j;

	if (begin == 0)
		loki_begin(loki);
	put_labels(loki, item, sink_host(sink));
	if (loki->labels.failed)
		return -ENOMEM;
	snprintf(time, sizeof(time), "%llu", (unsigned long long)item->time);
	json_begin(&j, body);
	json_array_begin(&j, NULL);
	json_str(&j, NULL, time);
	put_line(&j, loki, item);
	put_metadata(&j, item);
	json_array_end(&j);
	return body->failed ? -ENOMEM : loki_add(loki, begin, body->len - begin, item->time);
}

static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	loki_answer(sink, sink_state(sink), answer);
}

/* url goes as far as Loki, or says all. */
static const char *path_behind(const char *url)
{
	size_t len = strlen(url), path = strlen(PATH);

	if (len > path && strcmp(url + len - path, PATH) == 0)
		return NULL;
	return len && url[len - 1] == '/' ? &PATH[1] : PATH;
}

static void send_batch(struct sink *sink, struct buf *body, unsigned count)
{
	const struct sink_options *options = sink_options(sink);
	struct loki *loki = sink_state(sink);
	struct http_request request = {.path = path_behind(options->url),
		.content_type = "application/json",
		.headers = {options->tenant ? buf_text(&loki->tenant) : NULL},
		.gzip = http_gzip(sink, true),
		.answer = on_answer};

	(void)count;
	if (loki_join(loki, body) < 0) {
		sink_done(sink, SINK_RETRY, 0, "no memory");
		return;
	}
	request.body = loki->request.data;
	request.len = loki->request.len;
	http_post(sink, &request);
}

const struct sink_kind sink_loki = {
	.name = "loki",
	.keys = "url! format=json|text tenant compression=gzip|none header ca cert key proxy user "
		"password_file "
		"password_env token_file token_env",
	.schemes = "http https",
	.batch = 1000,
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_batch,
	.cancel = http_cancel,
};
