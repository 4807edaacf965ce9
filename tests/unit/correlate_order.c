/* SPDX-License-Identifier: Apache-2.0 */
/* Random streams of events: whatever the order in which they arrive within the time that may be late, looks
 * in between and restarts, the verdict is the same byte for byte; its memory is too. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "correlate/engine.h"
#include "correlate/pending.h"

#define SEEDS  200
#define EVENTS 240
#define NOON   1700000000ull

struct event_text {
	uint64_t time;
	uint64_t arrives;
	char json[640];
};

static uint64_t seed;

static unsigned chance(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % n;
}

static void write_rest(char *json, size_t size)
{
	static const char *const changes[] = {"deploy", "restart", "rollback", "config", "schema"};
	unsigned service = chance(5), n = chance(4);

	switch (chance(7)) {
	case 0:
		snprintf(json, size,
			"\"kind\":\"marker\",\"marker\":{\"kind\":\"%s\",\"service\":\"s%u\",\"version\":\"%"
			"u\"}",
			changes[chance(5)], service, chance(9));
		break;
	case 1:
		snprintf(json, size,
			"\"kind\":\"syscall_errors\",\"service\":{\"name\":\"s%u\"},\"syscall\":\"write\","
			"\"errno\":\"%s\","
			"\"count\":%u",
			service, n ? "ENOENT" : "ENOSPC", 1 + chance(50));
		break;
	case 2:
		snprintf(json, size,
			"\"kind\":\"connect_failure\",\"service\":{\"name\":\"s%u\"},\"remote\":\"10.0.0.%u:"
			"80\",\"count\":%u",
			service, n, 1 + chance(9));
		break;
	case 3:
		snprintf(json, size,
			"\"kind\":\"exception\",\"service\":{\"name\":\"s%u\"},\"exception\":{\"type\":\"E%"
			"u\",\"message\":\"no %u\"},"
			"\"fingerprint\":\"2:e%u\",\"count\":%u,"
			"\"calls\":[{\"service\":\"s%u\",\"remote\":\"127.0.0.1:80\"}]",
			service, n, chance(9), n, 1 + chance(5), chance(5));
		break;
	default:
		snprintf(json, size,
			"\"kind\":\"crash\",\"service\":{\"name\":\"s%u\",\"unit\":\"s%u.service\","
			"\"version\":\"%u\",\"alive\":%u},"
			"\"process\":{\"pid\":%u,\"exe\":\"/srv/"
			"s%u\",\"age\":%u.25},\"signal\":{\"name\":\"SIGSEGV\"},\"stack\":{"
			"\"frames\":[{\"function\":\"f%u\"},{\"function\":\"g%u\"},{\"function\":\"h\"},{"
			"\"function\":\"main\"}]},"
			"\"fingerprint\":\"2:%u%u\"",
			service, service, chance(9), chance(3), 100 + chance(900), service, chance(30), n,
			chance(2), service, n);
	}
}

/* Some events at the same instant, some in a burst, some minutes apart. */
static void make_stream(struct event_text *events)
{
	uint64_t time = NOON * NS_PER_SEC;

	for (unsigned n = 0; n < EVENTS; n++) {
		char stamp[CLOCK_TEXT_SIZE], rest[512];

		time += chance(4) ? chance(3) * 100000000ull : chance(60) * NS_PER_SEC;
		clock_format(time, stamp);
		write_rest(rest, sizeof(rest));
		events[n].time = time;
		snprintf(events[n].json, sizeof(events[n].json),
			"{\"id\":\"01ORDER%019u\",\"time\":\"%s\",%s}", n, stamp, rest);
	}
}

static int by_arrival(const void *a, const void *b)
{
	const struct event_text *x = a, *y = b;

	return x->arrives < y->arrives ? -1 : x->arrives > y->arrives;
}

static void shuffle(struct event_text *events)
{
	for (unsigned n = 0; n < EVENTS; n++)
		events[n].arrives = events[n].time + (uint64_t)chance(5000) * 1000000;
	qsort(events, EVENTS, sizeof(*events), by_arrival);
}

static int take_result(void *context, const struct engine_result *result)
{
	buf_printf(context, "%s\n", result->body);
	return 0;
}

/* Another engine that goes on from what the first one saved, with the events that were not settled. */
static struct engine *restarted(struct engine *e, const struct event_text *events, unsigned count)
{
	struct engine *next;
	uint64_t from;
	size_t size;
	const void *bytes = engine_save(e, &size, &from);

	assert_int_equal(engine_new(&next), 0);
	assert_int_equal(engine_load(next, bytes, size), 0);
	for (unsigned n = 0; n < count; n++)
		if (events[n].time >= from)
			assert_int_equal(engine_event(next, events[n].json, strlen(events[n].json)), 0);
	engine_free(e);
	return next;
}

static void judge(const struct event_text *events, bool disturbed, struct buf *out)
{
	struct buf ignored = {0};
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	for (unsigned n = 0; n < EVENTS; n++) {
		assert_int_equal(engine_event(e, events[n].json, strlen(events[n].json)), 0);
		if (disturbed && chance(80) == 0)
			e = restarted(e, events, n + 1);
		if (disturbed && chance(20) == 0)
			engine_results(e, 0, take_result, &ignored);
	}
	engine_finish(e);
	engine_results(e, 0, take_result, out);
	engine_free(e);
	buf_free(&ignored);
}

static void any_order_gives_the_same(void **state)
{
	static struct event_text events[EVENTS];
	unsigned incidents = 0, merged = 0;

	(void)state;
	for (uint64_t n = 1; n <= SEEDS; n++) {
		struct buf want = {0}, got = {0};

		seed = n * 0x9e3779b97f4a7c15ull;
		make_stream(events);
		judge(events, false, &want);
		shuffle(events);
		judge(events, n % 2, &got);
		if (strcmp(buf_text(&want), buf_text(&got)) != 0)
			fail_msg("seed %u:\n%s\n%s", (unsigned)n, buf_text(&want), buf_text(&got));
		incidents += strstr(buf_text(&want), "\"incident\"") != NULL;
		merged += strstr(buf_text(&want), "\"merged_into\"") != NULL;
		buf_free(&want);
		buf_free(&got);
	}
	assert_true(incidents > SEEDS / 2);
	assert_true(merged > 0);
}

/* What waits comes out as it went in, oldest first, also after all places have been used again. */
static void what_waits_comes_in_order(void **state)
{
	struct pending *p = calloc(1, sizeof(*p));
	struct fact fact, taken;
	uint64_t last = 0, count = 0;

	(void)state;
	assert_non_null(p);
	pending_init(p);
	seed = 1;
	for (unsigned n = 0; n < 3 * PENDING_FACTS; n++) {
		memset(&fact, 0, sizeof(fact));
		fact.time = n + chance(1000);
		snprintf(fact.id, sizeof(fact.id), "%u", n);
		memset(fact.message, 'a' + (int)(n % 7), n % sizeof(fact.message));
		memset(fact.marker_note, (int)n | 1, n % sizeof(fact.marker_note));
		while (pending_add(p, &fact) < 0) {
			pending_take(p, &taken);
			count++;
			assert_true(taken.time >= last || last - taken.time < 1000);
			last = taken.time;
			assert_int_equal(
				strlen(taken.message), (unsigned)atoi(taken.id) % sizeof(fact.message));
			assert_int_equal((unsigned char)taken.marker_note[0],
				atoi(taken.id) % (int)sizeof(fact.marker_note) ? (atoi(taken.id) & 0xff) | 1
									       : 0);
		}
	}
	assert_true(p->count > 20000);
	for (last = 0; p->count; last = taken.time, count++) {
		pending_take(p, &taken);
		assert_true(taken.time >= last);
	}
	assert_int_equal(count, 3 * PENDING_FACTS);
	free(p);
}

/* 50,000 failures within the time that may be late, in reverse. */
static void a_high_rate_keeps_the_order(void **state)
{
	struct buf results[2] = {{0}, {0}};

	(void)state;
	for (unsigned way = 0; way < 2; way++) {
		struct engine *e;

		assert_int_equal(engine_new(&e), 0);
		for (unsigned i = 0; i < 50000; i++) {
			unsigned n = way ? 49999 - i : i;
			char stamp[CLOCK_TEXT_SIZE], json[320];

			clock_format(NOON * NS_PER_SEC + n * 90000ull, stamp);
			snprintf(json, sizeof(json),
				"{\"id\":\"01HIGH%020u\",\"time\":\"%s\",\"kind\":\"connect_failure\","
				"\"service\":{\"name\":\"s%u\"},"
				"\"remote\":\"10.0.%u.%u:80\",\"count\":3}",
				n, stamp, n % 7, n % 3, n % 250);
			assert_int_equal(engine_event(e, json, strlen(json)), 0);
		}
		engine_finish(e);
		engine_results(e, 0, take_result, &results[way]);
		engine_free(e);
	}
	assert_string_equal(buf_text(&results[0]), buf_text(&results[1]));
	buf_free(&results[0]);
	buf_free(&results[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(what_waits_comes_in_order),
		cmocka_unit_test(a_high_rate_keeps_the_order),
	};

	return cmocka_run_group_tests_name("correlate_order", tests, NULL, NULL);
}
