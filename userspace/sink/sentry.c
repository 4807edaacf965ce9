/* SPDX-License-Identifier: Apache-2.0 */
/* The sink sentry: an envelope for each event. Sentry takes one event in a request. */
#include "sink/sentry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/http.h"
#include "sink/kinds.h"
#include "sink/sentry_dsn.h"

#define PAUSE_DEFAULT (60 * NS_PER_SEC)   /* where Sentry asks for one and does not say how long */
#define PAUSE_MAX     (3600 * NS_PER_SEC) /* that is believed */

struct sentry {
	struct sentry_dsn dsn;
	char auth[256];
	struct buf payload;
	char id[SENTRY_ID]; /* of the event at hand */
	uint64_t until;     /* ns of clock_boottime: Sentry wants nothing before */
};

static int open_sink(struct sink *sink, struct buf *error)
{
	struct sentry *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	sink_set_state(sink, s);
	if (!sentry_dsn_parse(sink_options(sink)->dsn, &s->dsn)) {
		buf_str(error, "the DSN is none");
		return -EINVAL;
	}
	snprintf(s->auth, sizeof(s->auth),
		"X-Sentry-Auth: Sentry sentry_version=7, sentry_client=lastwords/%s, sentry_key=%s",
		LW_VERSION, s->dsn.key);
	return 0;
}

static void close_sink(struct sink *sink)
{
	struct sentry *s = sink_state(sink);

	buf_free(&s->payload);
	free(s);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	struct sentry *s = sink_state(sink);
	char time[CLOCK_TEXT_SIZE];

	buf_reset(&s->payload);
	sentry_id(item->id, s->id);
	sentry_event(sink, item, &s->payload);
	if (s->payload.failed)
		return -ENOMEM;
	clock_format(clock_realtime(), time);
	buf_printf(body, "{\"event_id\":\"%s\",\"sent_at\":\"%s\"}\n{\"type\":\"event\",\"length\":%zu}\n",
		s->id, time, s->payload.len);
	buf_append(body, s->payload.data, s->payload.len);
	buf_char(body, '\n');
	return 0;
}

/* Whether a limit is for events: its categories, joined by ";", are none (all) or name them. */
static bool is_of_events(const char *categories, size_t len)
{
	static const char *const ours[] = {"error", "default"};

	if (!len)
		return true;
	for (const char *end = categories + len; categories < end;) {
		size_t word = strcspn(categories, ";:,");

		for (size_t i = 0; i < 2; i++)
			if (word == strlen(ours[i]) && memcmp(categories, ours[i], word) == 0)
				return true;
		categories += word + 1;
	}
	return false;
}

/* X-Sentry-Rate-Limits: "SECONDS:CATEGORIES:SCOPE:REASON, ..."; the longest that is for events, in ns. */
static uint64_t limit_of(const char *header)
{
	uint64_t pause = 0;

	while (header && *header) {
		uint64_t seconds;

		header += strspn(header, " ,\t\r\n");
		if (text_take_u64(&header, &seconds) == 0 && *header == ':' &&
			is_of_events(header + 1, strcspn(header + 1, ":,")) && seconds > pause)
			pause = seconds;
		header += strcspn(header, ",");
	}
	return pause < PAUSE_MAX / NS_PER_SEC ? pause * NS_PER_SEC : PAUSE_MAX;
}

/* Sentry answers with the id, Spotlight with nothing: other words are somebody else's. */
static bool is_receipt(const struct sentry *s, const struct http_answer *answer)
{
	json_t *object = json_loadb(answer->body, answer->len, JSON_ALLOW_NUL, NULL);
	const char *id = json_string_value(json_object_get(object, "id"));
	bool yes = !answer->len || (id && strcmp(id, s->id) == 0);

	json_decref(object);
	return yes;
}

static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	struct sentry *s = sink_state(sink);
	uint64_t limit = limit_of(answer->header);
	char reason[SINK_REASON];

	if (answer->status == 429 && !limit)
		limit = answer->retry_after ? answer->retry_after : PAUSE_DEFAULT;
	if (limit)
		s->until = clock_boottime() + limit;
	http_reason(answer, reason);
	if (answer->status == 200 && !is_receipt(s, answer))
		sink_done(sink, SINK_RETRY, 0, "HTTP 200, but not with the id of the event, as Sentry does");
	else if (answer->status == 429)
		sink_done(sink, SINK_RETRY, limit, reason);
	else
		http_finish(sink, answer);
}

static void send(struct sink *sink, struct buf *body, unsigned count)
{
	struct sentry *s = sink_state(sink);
	const struct http_request request = {
		.url = s->dsn.url,
		.content_type = "application/x-sentry-envelope",
		.headers = {s->auth},
		.wanted = "X-Sentry-Rate-Limits",
		.body = body->data,
		.len = body->len,
		.gzip = http_gzip(sink, true),
		.answer = on_answer,
	};
	uint64_t now = clock_boottime();

	(void)count;
	if (now < s->until)
		sink_done(sink, SINK_RETRY, s->until - now, "Sentry wants no events for now (rate limit)");
	else
		http_post(sink, &request);
}

static const char *check(const struct sink_options *options)
{
	const char *environment = options->environment;

	if (options->batch > 1)
		return "batch = 1, or none: Sentry takes one event in a request";
	if (environment && (strlen(environment) > 64 || strpbrk(environment, "/\\ \t")))
		return "environment = a name of at most 64 characters, without blanks and slashes";
	return NULL;
}

const struct sink_kind sink_sentry = {
	.name = "sentry",
	.keys = "dsn! dsn_file dsn_env environment compression=gzip|none ca cert key proxy header",
	.kinds = "crash oom_kill kill exit_failure exception",
	.batch = 1,
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send,
	.cancel = http_cancel,
};
