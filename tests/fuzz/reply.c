/* SPDX-License-Identifier: Apache-2.0 */
/* What receivers may answer: each answer ends its batch once, and what comes of it is within the batch. */
#include "fuzz.h"

#include "base/loop.h"
#include "sink/elastic.h"
#include "sink/internal.h"
#include "sink/loki.h"
#include "sink/otlp.h"

#define COUNT 3

static const long statuses[] = {200, 204, 400, 401, 413, 429, 500, 0};

static struct loop *loop;
static int alarm_id;

static void on_alarm(void *context)
{
	(void)context;
}

static void begin(struct sink *sink, struct sinks *all, const struct sink_options *options)
{
	*all = (struct sinks){.loop = loop, .alarm = alarm_id};
	*sink = (struct sink){.all = all,
		.options = options,
		.count = COUNT,
		.max = COUNT,
		.limit = COUNT,
		.events = COUNT,
		.read.event = COUNT,
		.sender = SENDER_SENDING};
	sink->entries = calloc(COUNT, sizeof(*sink->entries));
	HOLDS(sink->entries);
	for (unsigned i = 0; i < COUNT; i++) {
		sink->entries[i].at.event = i + 1;
		sink->entries[i].events = i + 1;
	}
}

static void end(struct sink *sink)
{
	HOLDS(sink->sender != SENDER_SENDING);
	HOLDS(sink->confirmed.event <= COUNT && sink->tally.delivered + sink->progress.refused <= COUNT);
	/* Who is past something has delivered it or told of it. */
	HOLDS(sink->confirmed.event == sink->tally.delivered + sink->progress.refused);
	HOLDS(memchr(sink->progress.error, '\0', sizeof(sink->progress.error)));
	aside_free(sink);
	free(sink->entries);
}

static void of_otlp(const struct http_answer *answer)
{
	struct otlp_answer said;
	char message[SINK_REASON];

	otlp_answer_read(answer->body, answer->len, &said);
	HOLDS(memchr(said.message, '\0', sizeof(said.message)));
	HOLDS(!said.good || said.rejected <= INT64_MAX);
	otlp_status_read(answer->body, answer->len, message);
	HOLDS(memchr(message, '\0', sizeof(message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sink_options options = {.name = (char *)"a",
		.retry_max = 1000000000,
		.batch_size = 4096,
		.token = (char *)"t0k3n-0f-s1nk",
		.user = (char *)"lw",
		.password = (char *)"pass"};
	struct loki_entry entries[COUNT] = {{.time = 1}, {.time = 2}, {.time = 3}};
	struct loki loki = {.entries = entries, .entries_count = COUNT, .streams_count = 1};
	struct http_answer answer = {.len = size ? size - 1 : 0};
	struct sinks all;
	struct sink sink;
	char *body;

	if (!loop) {
		HOLDS(loop_new(&loop) == 0);
		alarm_id = loop_add_alarm(loop, on_alarm, NULL);
	}
	if (!size)
		return 0;
	answer.status = statuses[*data % (sizeof(statuses) / sizeof(statuses[0]))];
	answer.too_long = *data & 8;
	answer.error = answer.status ? NULL : "it failed";
	answer.body = body = fuzz_text(data + 1, size - 1);
	begin(&sink, &all, &options);
	elastic_answer(&sink, &answer, COUNT);
	end(&sink);
	begin(&sink, &all, &options);
	loki_answer(&sink, &loki, &answer);
	end(&sink);
	of_otlp(&answer);
	free(body);
	return 0;
}
