/* SPDX-License-Identifier: Apache-2.0 */
/* Stories of events for the tests of correlate, told to an engine, and what it makes of them. */
#ifndef LW_TESTS_CORRELATE_STORY_H
#define LW_TESTS_CORRELATE_STORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "correlate/engine.h"

#define EVENTS 512
#define NOON   1700000000

struct results {
	struct buf text;  /* a line each */
	json_t *incident; /* the last one */
	unsigned incidents;
	unsigned issues;
};

struct story {
	char *events[EVENTS];
	unsigned count;
	struct results results; /* judged */
};

/* An event at a second of the story, with the rest of its keys as JSON. */
static inline void __attribute__((format(printf, 4, 5)))
tell(struct story *s, double second, const char *kind, const char *format, ...)
{
	char time[CLOCK_TEXT_SIZE], rest[768];
	va_list args;

	va_start(args, format);
	vsnprintf(rest, sizeof(rest), format, args);
	va_end(args);
	clock_format((uint64_t)((NOON + second) * 1e9), time);
	assert_true(s->count < EVENTS);
	assert_true(asprintf(&s->events[s->count],
			    "{\"schema\":1,\"id\":\"01TEST%020u\",\"time\":\"%s\",\"kind\":\"%s\"%s%s}",
			    s->count, time, kind, *rest ? "," : "", rest) > 0);
	s->count++;
}

static inline void tell_crash(
	struct story *s, double second, const char *service, const char *version, double age, int alive)
{
	char start[CLOCK_TEXT_SIZE];

	clock_format((uint64_t)((NOON + second - age) * 1e9), start);
	tell(s, second, "crash",
		"\"service\":{\"name\":\"%s\",\"unit\":\"%s.service\",\"version\":\"%s\",\"alive\":%d},"
		"\"process\":{\"pid\":%u,\"exe\":\"/srv/%s\",\"start\":\"%s\",\"age\":%f},"
		"\"signal\":{\"name\":\"SIGSEGV\"},\"fingerprint\":\"1:%s\"",
		service, service, version, alive, s->count + 100, service, start, age, service);
}

static inline void tell_marker(
	struct story *s, double second, const char *kind, const char *service, const char *version)
{
	tell(s, second, "marker",
		"\"marker\":{\"kind\":\"%s\",\"service\":\"%s\",\"version\":\"%s\",\"source\":\"declared\"}",
		kind, service, version);
}

/* Something that is always there: a file that is looked for and not found. */
static inline void tell_daily_life(struct story *s, double from, double until)
{
	for (double second = from; second < until; second += 20)
		tell(s, second, "syscall_errors",
			"\"service\":{\"name\":\"web\"},\"syscall\":\"openat\",\"errno\":\"ENOENT\","
			"\"count\":3");
}

static inline void results_free(struct results *r)
{
	buf_free(&r->text);
	json_decref(r->incident);
}

static inline void forget(struct story *s)
{
	while (s->count > 0)
		free(s->events[--s->count]);
	results_free(&s->results);
}

/* A test whose state is a story without events, which is forgotten behind it. */
#define STORY_TEST(test) cmocka_unit_test_setup_teardown(test, story_begin, story_end)

static inline int story_begin(void **state)
{
	*state = calloc(1, sizeof(struct story));
	return *state ? 0 : -1;
}

static inline int story_end(void **state)
{
	forget(*state);
	free(*state);
	return 0;
}

static inline int take_result(void *context, const struct engine_result *result)
{
	struct results *r = context;

	buf_printf(&r->text, "%s\n", result->body);
	if (strcmp(result->kind, "incident") != 0) {
		r->issues++;
		return 0;
	}
	r->incidents++;
	json_decref(r->incident);
	r->incident = json_loads(result->body, 0, NULL);
	assert_non_null(r->incident);
	return 0;
}

static inline void give(struct engine *e, const struct story *s, const unsigned *order)
{
	for (unsigned i = 0; i < s->count; i++) {
		const char *event = s->events[order ? order[i] : i];

		assert_int_equal(engine_event(e, event, strlen(event)), 0);
	}
}

static inline void judge(const struct story *s, const unsigned *order, struct results *ret)
{
	struct engine *e;

	*ret = (struct results){0};
	assert_int_equal(engine_new(&e), 0);
	give(e, s, order);
	engine_finish(e);
	assert_int_equal(engine_results(e, 0, take_result, ret), 0);
	engine_free(e);
}

/* Once for a story, which frees it. */
static inline const struct results *judged(struct story *s)
{
	judge(s, NULL, &s->results);
	return &s->results;
}

static inline const char *text_at(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? text : "";
}

static inline void assert_verdict(const struct results *r, const char *cause, const char *action)
{
	assert_int_equal(r->incidents, 1);
	assert_string_equal(text_at(r->incident, "cause"), cause);
	assert_string_equal(text_at(json_object_get(r->incident, "advice"), "action"), action);
}

static inline const char *first_subject(const struct results *r)
{
	return text_at(json_array_get(json_object_get(r->incident, "suspects"), 0), "subject");
}

static inline const char *impact(const struct results *r)
{
	return text_at(json_array_get(json_object_get(r->incident, "services"), 0), "impact");
}

#endif
