/* SPDX-License-Identifier: Apache-2.0 */
/* The sink clickhouse: rows over HTTP. The columns are those that people ask for; the whole event is in one
 * of its own. The table is made by share/clickhouse/001.sql. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sink/http.h"
#include "sink/kinds.h"

#define TABLE     "lastwords_events"
#define MIGRATION "/usr/share/lastwords/clickhouse/001.sql"
#define COLUMNS                                                                                              \
	"time,time_ns,id,kind,severity,severity_number,host,service,version,pid,exe,signal,exit_status,"     \
	"exception,fingerprint,issue,incident,count,event"

/* What a server's answer means for the batch, by the code of its exception (src/Common/ErrorCodes.cpp of
 * ClickHouse). A code that is not here, and an answer without one, is trouble that passes, or that a person
 * can mend. */
static const struct {
	unsigned code;
	enum sink_outcome outcome;
	const char *hint;
} codes[] = {
	{6, SINK_REFUSED, NULL},   /* CANNOT_PARSE_TEXT */
	{25, SINK_REFUSED, NULL},  /* CANNOT_PARSE_ESCAPE_SEQUENCE */
	{26, SINK_REFUSED, NULL},  /* CANNOT_PARSE_QUOTED_STRING */
	{27, SINK_REFUSED, NULL},  /* CANNOT_PARSE_INPUT_ASSERTION_FAILED */
	{38, SINK_REFUSED, NULL},  /* CANNOT_PARSE_DATE */
	{41, SINK_REFUSED, NULL},  /* CANNOT_PARSE_DATETIME */
	{69, SINK_REFUSED, NULL},  /* ARGUMENT_OUT_OF_BOUND */
	{72, SINK_REFUSED, NULL},  /* CANNOT_PARSE_NUMBER */
	{131, SINK_REFUSED, NULL}, /* TOO_LARGE_STRING_SIZE */
	{469, SINK_REFUSED, NULL}, /* VIOLATED_CONSTRAINT */
	{16, SINK_RETRY, "the table has not all columns: compare it with " MIGRATION},
	{117, SINK_RETRY, "the table has not all columns: compare it with " MIGRATION},
	{60, SINK_RETRY, "there is no such table: make it with " MIGRATION},
	{81, SINK_RETRY, "there is no such database: make it, and the table with " MIGRATION},
	{192, SINK_RETRY, "look at user and password_file"},
	{193, SINK_RETRY, "look at user and password_file"},
	{194, SINK_RETRY, "look at user and password_file"},
	{516, SINK_RETRY, "look at user and password_file"},
	{164, SINK_RETRY, "the user needs the right to INSERT"},
	{497, SINK_RETRY, "the user needs the right to INSERT"},
};

static const char *check(const struct sink_options *options)
{
	const char *names[] = {options->table, options->database};

	for (size_t i = 0; i < 2; i++) {
		const char *name = names[i];

		if (name &&
			(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
					strlen(name) ||
				strlen(name) > 200))
			return i ? "database = letters, digits and _" : "table = letters, digits and _";
	}
	return NULL;
}

/* The state is what follows the url: the statement. */
static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	struct buf path = {0};
	size_t len = strlen(options->url);

	(void)error;
	buf_str(&path, strchr(options->url, '?') ? "&" : options->url[len - 1] == '/' ? "?" : "/?");
	buf_str(&path, "query=INSERT%20INTO%20");
	if (options->database)
		buf_printf(&path, "%%60%s%%60.", options->database);
	buf_printf(&path, "%%60%s%%60%%20(" COLUMNS ")%%20FORMAT%%20JSONEachRow",
		options->table ? options->table : TABLE);
	if (path.failed)
		return -ENOMEM;
	sink_set_state(sink, path.data);
	return 0;
}

static void close_sink(struct sink *sink)
{
	free(sink_state(sink));
}

static const json_t *find(const json_t *object, const char *outer, const char *key)
{
	return json_object_get(outer ? json_object_get(object, outer) : object, key);
}

static void put_text(struct json *j, const char *column, const json_t *value)
{
	json_strn(
		j, column, json_is_string(value) ? json_string_value(value) : "", json_string_length(value));
}

static void put_count(struct json *j, const char *column, const json_t *value, uint64_t otherwise)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	json_uint(j, column, number >= 0 ? (uint64_t)number : otherwise);
}

static void put_status(struct json *j, const json_t *value)
{
	if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 255)
		json_uint(j, "exit_status", (uint64_t)json_integer_value(value));
	else
		json_none(j, "exit_status");
}

/* Issues and incidents hold no host. */
static void put_host(struct json *j, const struct sink *sink, const json_t *object)
{
	const json_t *host = find(object, "host", "name");

	if (json_is_string(host))
		put_text(j, "host", host);
	else
		json_str(j, "host", sink_host(sink));
}

static void put_finding(struct json *j, const struct sink_item *item)
{
	bool issue = strcmp(item->kind, "issue") == 0, incident = strcmp(item->kind, "incident") == 0;

	put_text(j, "issue", find(item->object, issue ? NULL : "decision", issue ? "id" : "issue"));
	put_text(j, "incident", incident ? find(item->object, NULL, "id") : NULL);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	const json_t *object = item->object, *pid = find(object, "process", "pid");
	uint64_t second = item->time / NS_PER_SEC;
	struct json j;

	json_begin(&j, body);
	json_object_begin(&j, NULL);
	json_uint(&j, "time", second < UINT32_MAX ? second : UINT32_MAX);
	json_uint(&j, "time_ns", item->time);
	json_str(&j, "id", item->id);
	json_str(&j, "kind", item->kind);
	json_str(&j, "severity", item->severity.otel_text);
	json_uint(&j, "severity_number", item->severity.otel);
	put_host(&j, sink, object);
	json_str(&j, "service", item->service ? item->service : "");
	put_text(&j, "version", find(object, "service", "version"));
	put_count(&j, "pid", json_integer_value(pid) <= UINT32_MAX ? pid : NULL, 0);
	put_text(&j, "exe", find(object, "process", "exe"));
	put_text(&j, "signal", find(object, "signal", "name"));
	put_status(&j, find(object, "exit", "status"));
	put_text(&j, "exception", find(object, "exception", "type"));
	put_text(&j, "fingerprint", find(object, NULL, "fingerprint"));
	put_finding(&j, item);
	put_count(&j, "count", find(object, NULL, "count"), 1);
	json_strn(&j, "event", item->body, item->len);
	json_object_end(&j);
	buf_char(body, '\n');
	return 0;
}

/* "Code: 60. DB::Exception: …", or "Code: 60, e.displayText() = …" of old ones; at the start, or, where the
 * trouble came after the status was sent, anywhere. 0: there is none. */
static unsigned find_code(const struct http_answer *answer)
{
	const char *at = answer->body;
	uint64_t code;

	while ((at = strstr(at, "Code: "))) {
		const char *number = at + strlen("Code: ");

		if (text_take_u64(&number, &code) == 0 && code && code < UINT32_MAX &&
			strstr(number, "DB::Exception"))
			return (unsigned)code;
		at += strlen("Code: ");
	}
	return 0;
}

static void on_exception(struct sink *sink, const struct http_answer *answer, unsigned code)
{
	enum sink_outcome outcome = SINK_RETRY;
	size_t line = strcspn(answer->body, "\r\n");
	char reason[SINK_REASON];
	const char *hint = NULL;
	_cleanup_buf_ struct buf text = {0};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code != code)
			continue;
		outcome = codes[i].outcome;
		hint = codes[i].hint;
	}
	if (hint)
		buf_printf(&text, "%s: ", hint);
	text_escape(&text, answer->body, line < 160 ? line : 160);
	text_copy(reason, sizeof(reason), buf_text(&text));
	sink_done(sink, outcome, answer->retry_after, reason);
}

/* An INSERT that was done is answered with 200 and nothing. */
static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	unsigned code = answer->error ? 0 : find_code(answer);
	bool taken = !answer->error && answer->status == 200 && strspn(answer->body, " \r\n") == answer->len;
	char reason[SINK_REASON];

	if (taken) {
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	} else if (code) {
		on_exception(sink, answer, code);
	} else if (answer->status == 413) {
		http_finish(sink, answer);
	} else {
		http_reason(answer, reason);
		if (answer->status == 200)
			text_copy(reason, sizeof(reason),
				"an answer that is not ClickHouse's (look at url; the port for HTTP is 8123, "
				"for HTTPS 8443)");
		sink_done(sink, SINK_RETRY, answer->retry_after, reason);
	}
}

static void send_rows(struct sink *sink, struct buf *body, unsigned count)
{
	const struct http_request request = {
		.path = sink_state(sink),
		.content_type = "application/x-ndjson",
		.body = body->data,
		.len = body->len,
		.gzip = http_gzip(sink, false),
		.answer = on_answer,
	};

	(void)count;
	http_post(sink, &request);
}

const struct sink_kind sink_clickhouse = {
	.name = "clickhouse",
	.keys = "url! database table user password_file password_env compression=none|gzip header proxy ca "
		"cert key",
	.schemes = "https http",
	.batch = 2000,
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_rows,
	.cancel = http_cancel,
};
