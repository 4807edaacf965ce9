/* SPDX-License-Identifier: Apache-2.0 */
/* The sink alertmanager: an incident is an alert, which ends with it. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sink/http.h"
#include "sink/kinds.h"

#define REPEAT     (60 * NS_PER_SEC)
#define LIFE       (600 * NS_PER_SEC) /* of an alert that is not repeated: its host is gone */
#define TEXT_MAX   4096               /* bytes of an annotation */
#define LABEL_MAX  256
#define PATH       "/api/v2/alerts"
#define PATH_PLAIN (&PATH[1]) /* behind an address that ends with a slash */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void write_text(struct json *j, const char *key, const struct buf *text, size_t max)
{
	if (text->len)
		json_strn(j, key, buf_text(text), text->len < max ? text->len : max);
}

static void write_known(struct json *j, const char *key, const char *text, size_t max)
{
	size_t len = text ? strnlen(text, max) : 0;

	if (len)
		json_strn(j, key, text, len);
}

/* What an alert is known by: these must not change while the incident lasts, so its impact and cause are no
 * labels. */
static void write_labels(struct json *j, const struct sink *sink, const struct sink_item *item, bool test)
{
	const char *number = strrchr(item->id, '-');
	size_t len = number ? (size_t)(number - item->id) : strlen(item->id);

	json_object_begin(j, "labels");
	json_str(j, "alertname", test ? "LastwordsTest" : "LastwordsIncident");
	json_strn(j, "incident", item->id, len);
	json_str(j, "severity", test ? "none" : "critical");
	write_known(j, "service", item->service, LABEL_MAX);
	write_known(j, "host", sink_host(sink), LABEL_MAX);
	json_object_end(j);
}

static void write_services(struct json *j, const json_t *services)
{
	_cleanup_buf_ struct buf text = {.max = TEXT_MAX};
	const json_t *service;
	size_t index;

	json_array_foreach(services, index, service) buf_printf(
		&text, "%s%s: %s", index ? ", " : "", text_of(service, "name"), text_of(service, "impact"));
	write_text(j, "impact", &text, TEXT_MAX);
}

static void write_suspect(struct json *j, const json_t *object)
{
	const json_t *suspect = json_array_get(json_object_get(object, "suspects"), 0);
	_cleanup_buf_ struct buf text = {.max = TEXT_MAX};
	const json_t *reason;
	size_t index;

	if (!suspect)
		return;
	buf_printf(&text, "%s %s (%.2f)", text_of(suspect, "cause"), text_of(suspect, "subject"),
		json_number_value(json_object_get(suspect, "score")));
	json_array_foreach(json_object_get(suspect, "evidence"), index, reason)
		buf_printf(&text, "%s%s", index ? "; " : ": ", text_of(reason, "text"));
	write_text(j, "suspect", &text, TEXT_MAX);
}

static void write_summary(struct json *j, const struct sink_item *item)
{
	const json_t *count = json_object_get(item->object, "count");
	const char *into = text_of(item->object, "merged_into");
	_cleanup_buf_ struct buf text = {.max = TEXT_MAX};

	buf_printf(&text, "%s: %lld failures, %s%s", item->service ? item->service : "unknown service",
		(long long)json_integer_value(count),
		*into ? "part of incident " : "cause: ", *into ? into : text_of(item->object, "cause"));
	write_text(j, "summary", &text, TEXT_MAX);
}

static void write_annotations(struct json *j, const struct sink_item *item)
{
	const json_t *advice = json_object_get(item->object, "advice");

	json_object_begin(j, "annotations");
	write_summary(j, item);
	write_services(j, json_object_get(item->object, "services"));
	write_known(j, "cause", text_of(item->object, "cause"), TEXT_MAX);
	write_suspect(j, item->object);
	write_known(j, "advice", text_of(advice, "action"), TEXT_MAX);
	write_known(j, "why", text_of(advice, "why"), TEXT_MAX);
	write_known(j, "command", text_of(advice, "command"), TEXT_MAX);
	json_object_end(j);
}

static void write_times(struct json *j, const struct sink_item *item, bool test)
{
	bool open = strcmp(text_of(item->object, "state"), "closed") != 0;
	uint64_t now = clock_realtime(), start, end;
	char text[CLOCK_TEXT_SIZE];

	if (clock_parse(text_of(item->object, "started"), now, &start) < 0)
		start = item->time;
	if (clock_parse(text_of(item->object, "ended"), now, &end) < 0)
		end = item->time;
	if (open && !test)
		end = now + LIFE;
	clock_format(start, text);
	json_str(j, "startsAt", text);
	/* One that ends before it begins is refused. */
	clock_format(end > start ? end : start, text);
	json_str(j, "endsAt", text);
}

/* A test is over when it begins: nobody is called. */
static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	bool test = strcmp(item->kind, "incident") != 0;
	struct json j;

	buf_char(body, body->len ? ',' : '[');
	json_begin(&j, body);
	json_object_begin(&j, NULL);
	write_labels(&j, sink, item, test);
	if (!test)
		write_annotations(&j, item);
	write_times(&j, item, test);
	json_object_end(&j);
	return 0;
}

/* It says nothing when all is well. Words come from something else that answers in its place. */
static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	if (answer->status == 200 && answer->len)
		sink_done(sink, SINK_RETRY, 0, "HTTP 200 with a body, which Alertmanager does not send");
	else
		http_finish(sink, answer);
}

static void send(struct sink *sink, struct buf *body, unsigned count)
{
	const char *url = sink_options(sink)->url;
	struct http_request request = {
		.path = url[strlen(url) - 1] == '/' ? PATH_PLAIN : PATH,
		.content_type = "application/json",
		.answer = on_answer,
	};

	(void)count;
	buf_char(body, ']');
	request.body = body->data;
	request.len = body->len;
	if (body->failed)
		sink_done(sink, SINK_REFUSED, 0, "the batch is too large: lower batch");
	else
		http_post(sink, &request);
}

static const char *check(const struct sink_options *options)
{
	if (strstr(options->url, "/api/"))
		return "url = http://HOST:9093, without the path of the API";
	if (options->kinds && strcmp(options->kinds, "incident") != 0)
		return "kinds = incident, or no kinds: nothing else is an alert";
	return http_check(options);
}

const struct sink_kind sink_alertmanager = {
	.name = "alertmanager",
	.keys = "url! ca cert key proxy user password_file password_env token_file token_env header",
	.schemes = "http https",
	.kinds = "incident",
	.repeat = REPEAT,
	.batch = 100,
	.check = check,
	.encode = encode,
	.send = send,
	.cancel = http_cancel,
};
