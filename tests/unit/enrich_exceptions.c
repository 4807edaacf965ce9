/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of processes that live: told once, folded, held back until it is clear that they live on. */
#include "unit/enrich_test.h"

#define TRACE(type)                                                                                          \
	"Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n    g()\n" type ": text\n"

static uint32_t kept;

static void send_lossy(struct world *w, uint32_t pid, const char *text, uint64_t lost)
{
	struct record r = {.type = RECORD_OUTPUT, .time = w->now};
	uint32_t len = (uint32_t)strlen(text);

	kept += len + (uint32_t)lost;
	r.output = (struct record_output){
		.key = key_of(pid), .bytes = len + lost, .kept = kept, .len = len, .text = text};
	enrich_record(w->enrich, &r);
}

static void send_output(struct world *w, uint32_t pid, const char *text)
{
	send_lossy(w, pid, text, 0);
}

static void pass(struct world *w, unsigned seconds)
{
	for (; seconds; seconds--) {
		w->now += SECOND;
		send_tick(w);
	}
}

static void assert_told(const struct event *event, uint64_t count)
{
	assert_int_equal(event->kind, EVENT_EXCEPTION);
	assert_int_equal(event->exception.count, count);
}

static void told_once(void **state)
{
	struct world *w = *state;

	send_exec(w, 42, LOGIN, "/srv/worker");
	send_output(w, 42, "ready\n" TRACE("KeyError"));
	send_tick(w);
	pass(w, 1);
	assert_int_equal(w->count, 0); /* it may still die of it */
	pass(w, 1);
	assert_told(the_event(w), 1);
	assert_string_equal(the_event(w)->process.exe, "/srv/worker");
	assert_string_equal(the_event(w)->service.name, "shop");
	assert_int_equal(the_event(w)->missing_count, 0);
	pass(w, 100);
	assert_int_equal(w->count, 1);
}

/* In any two pieces, a read between them. */
static void cut_anywhere(void **state)
{
	static const char trace[] = TRACE("KeyError");
	struct world *w = *state;

	for (size_t at = 1; at + 1 < sizeof(trace); at++) {
		char first[sizeof(trace)] = {0};
		uint32_t pid = 1000 + (uint32_t)at;

		w->count = 0;
		memcpy(first, trace, at);
		send_output(w, pid, first);
		send_tick(w);
		w->now += SECOND;
		send_output(w, pid, trace + at);
		send_tick(w);
		pass(w, 4);
		assert_told(the_event(w), 1);
	}
	w->count = 0;
}

static void folded(void **state)
{
	struct world *w = *state;
	uint64_t told = 0;

	for (int i = 0; i < 300; i++) {
		send_output(w, 42, TRACE("KeyError"));
		pass(w, 1);
	}
	pass(w, 100);
	assert_in_range(w->count, 12, 6 * 7);
	for (unsigned i = 0; i < w->count; i++)
		told += w->events[i].exception.count;
	assert_int_equal(told, 300);
}

static void kinds_are_apart(void **state)
{
	struct world *w = *state;

	send_output(w, 42, TRACE("KeyError") TRACE("ValueError") TRACE("KeyError"));
	send_output(w, 43, TRACE("KeyError"));
	pass(w, 4);
	assert_int_equal(w->count, 3);
	assert_told(&w->events[0], 2);
	assert_told(&w->events[1], 1);
	assert_told(&w->events[2], 1);
}

static void send_last_words(struct world *w, uint32_t pid, const char *text, uint32_t unread)
{
	struct record r = {.type = RECORD_LAST_WORDS, .time = w->now};

	r.last_words.key = key_of(pid);
	r.last_words.len = (uint32_t)strlen(text);
	r.last_words.bytes = r.last_words.len;
	r.last_words.kept = kept + unread;
	memcpy(r.last_words.text, text, r.last_words.len);
	enrich_record(w->enrich, &r);
}

/* What the death tells is not told beside it; what came before is. */
static void told_with_the_death(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);

	kept = 0;
	send_output(w, 42, TRACE("KeyError"));
	send_tick(w);
	send_last_words(w, 42, TRACE("KeyError"), 0);
	send_death(w, &d);
	pass(w, 10);
	assert_int_equal(the_event(w)->kind, EVENT_CRASH);
	assert_string_equal(w->evidence.exception ? "" : "none", "");

	w->count = 0;
	kept = 0;
	send_output(w, 42, TRACE("KeyError"));
	send_tick(w);
	send_last_words(w, 42, TRACE("KeyError") TRACE("OSError") TRACE("OSError"),
		2 * (uint32_t)strlen(TRACE("OSError")));
	send_death(w, &d);
	pass(w, 10);
	assert_int_equal(w->count, 3);
	assert_told(&w->events[0], 1);
	assert_told(&w->events[1], 1);
	assert_int_equal(w->events[2].kind, EVENT_CRASH);
}

static void secrets_across_reads(void **state)
{
	struct world *w = *state;
	const struct exception *told;

	send_output(
		w, 42, "Traceback (most recent call last):\n  File \"/a.py\", line 3, in f\nKeyError: passw");
	pass(w, 1);
	w->now -= SECOND / 2;
	send_output(w, 42, "ord=hunter2hunter2\n");
	pass(w, 4);
	told = the_event(w)->exception.exception;
	assert_non_null(told);
	assert_int_equal(the_event(w)->exception.count, 1);
}

static void lost_output(void **state)
{
	struct world *w = *state;

	send_output(w, 42, "Traceback (most recent call last):\n  File \"/a.py\", li");
	pass(w, 1);
	send_lossy(w, 42, "half a line\n" TRACE("KeyError"), 5000);
	pass(w, 4);
	assert_told(the_event(w), 1);
	assert_true(is_missing(the_event(w), "count"));
}

static void too_many_kinds(void **state)
{
	struct world *w = *state;
	char text[256];

	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text),
			"Traceback (most recent call last):\n  File \"/a.py\", line 3, in f%d\n    "
			"g()\nKeyError: x\n",
			i);
		send_output(w, 42, text);
	}
	pass(w, 4);
	assert_int_equal(w->count, 17);
	for (int i = 0; i < 17; i++)
		if (w->events[i].kind == EVENT_GAP) {
			assert_string_equal(w->events[i].gap.reason, "budget");
			assert_int_equal(w->events[i].gap.count, 24);
		}
}

static void by_service(void **state)
{
	struct world *w = *state;

	assert_null(enrich_output_rule(w->enrich, "shop", "exceptions", "off"));
	assert_null(enrich_output_rule(w->enrich, "sh*.service", "last_words_bytes", "64"));
	assert_non_null(enrich_output_rule(w->enrich, "shop", "exceptions", "perhaps"));
	assert_non_null(enrich_output_rule(w->enrich, "shop", "last_words_bytes", "9K"));
	assert_non_null(enrich_output_rule(w->enrich, "shop", "exceptions_in_all", "9"));
	assert_non_null(enrich_output_rule(w->enrich, "shop", "colour", "9"));
	send_exec(w, 42, LOGIN, "/srv/worker");
	send_output(w, 42, TRACE("KeyError"));
	pass(w, 5);
	assert_int_equal(w->count, 0);
}

static void many_processes(void **state)
{
	struct world *w = *state;

	assert_null(enrich_output_rule(w->enrich, NULL, "exceptions_in_all", "100"));
	for (uint32_t pid = 1000; pid < 6000; pid++) {
		send_output(w, pid, "a line\n");
		if (pid % 50 == 0)
			send_output(w, pid, TRACE("KeyError"));
	}
	pass(w, 5);
	assert_int_equal(w->count, 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(told_once), WORLD_TEST(cut_anywhere),
		WORLD_TEST(folded), WORLD_TEST(kinds_are_apart), WORLD_TEST(told_with_the_death),
		WORLD_TEST(secrets_across_reads), WORLD_TEST(lost_output), WORLD_TEST(too_many_kinds),
		WORLD_TEST(by_service), WORLD_TEST(many_processes)};

	return cmocka_run_group_tests_name("enrich_exceptions", tests, NULL, NULL);
}
