/* SPDX-License-Identifier: Apache-2.0 */
/* Losses of the probes become gaps, each once. */
#include "unit/enrich_test.h"

static void gaps(void **state)
{
	struct world *w = *state;
	struct record r = {.type = RECORD_STATS, .time = T0};

	r.stats.source[SOURCE_TCP].seen = 1000;
	enrich_record(w->enrich, &r);
	assert_int_equal(w->count, 0);
	r.stats.source[SOURCE_TCP] = (struct source_stats){1000, 1, 2, 3, 4};
	r.stats.source[SOURCE_LIFECYCLE].ring_full = 5;
	enrich_record(w->enrich, &r);
	assert_int_equal(w->count, 5);
	for (unsigned i = 0; i < w->count; i++) {
		static const struct {
			const char *source, *reason;
			uint64_t count;
		} expected[] = {{"lifecycle", "ring_full", 5}, {"tcp", "ring_full", 1},
			{"tcp", "map_full", 2}, {"tcp", "unreadable", 3}, {"tcp", "probe_missed", 4}};
		const struct event *e = &w->events[i];

		assert_int_equal(e->kind, EVENT_GAP);
		assert_int_equal(e->time, EPOCH + T0);
		assert_string_equal(e->gap.source, expected[i].source);
		assert_string_equal(e->gap.reason, expected[i].reason);
		assert_int_equal(e->gap.count, expected[i].count);
	}
	enrich_record(w->enrich, &r); /* nothing new */
	assert_int_equal(w->count, 5);
	r.stats.source[SOURCE_TCP].map_full = 12;
	r.time += 7 * SECOND; /* a daemon that was held up */
	enrich_record(w->enrich, &r);
	assert_int_equal(w->events[5].gap.count, 10);
	assert_int_equal(w->events[5].gap.interval, 7 * SECOND);
	assert_int_equal(enrich_stats(w->enrich)->source[SOURCE_TCP].map_full, 12);
}

/* Probes that were loaded anew begin at 0. */
static void counters_fall(void **state)
{
	struct world *w = *state;
	struct record r = {.type = RECORD_STATS, .time = T0};

	r.stats.source[SOURCE_DEATH].missed = 100;
	enrich_record(w->enrich, &r);
	r.stats.source[SOURCE_DEATH].missed = 0;
	enrich_record(w->enrich, &r);
	assert_int_equal(w->count, 1);
	r.stats.source[SOURCE_DEATH].missed = 1;
	enrich_record(w->enrich, &r);
	assert_int_equal(w->events[1].gap.count, 1);
}

/* The ends of so many were lost that there is no room for more: the next ones are known none the less. */
static void too_many_processes(void **state)
{
	struct world *w = *state;
	struct record death;

	for (uint32_t pid = 1000; pid < 1000 + 65536; pid++)
		send_fork(w, 7, pid);
	send_exec(w, 42, LOGIN, "/srv/shop");
	w->now += SECOND;
	send_tick(w);
	assert_string_equal(w->events[0].gap.source, "lifecycle");
	assert_string_equal(w->events[0].gap.reason, "map_full");
	assert_int_equal(w->events[0].gap.count, 2); /* the shell that there was, too */
	death = death_of(w, 42, "shop", 0x100);
	send_death(w, &death);
	assert_string_equal(w->events[1].process.exe, "/srv/shop");
	w->now += SECOND;
	send_tick(w);
	assert_int_equal(w->count, 2);
}

static struct record_exec seen_of(uint32_t pid, uint64_t start, const char *exe)
{
	struct record_exec seen = {.task = {.key = {.pid = pid, .start = start}}, .inode = 7};

	text_copy(seen.exe, sizeof(seen.exe), exe);
	return seen;
}

/* Of three processes one's end was lost: who finds that it is gone tells, and the others are counted right.
 */
static void an_end_that_was_lost(void **state)
{
	struct world *w = *state;
	struct record death, gone = {.type = RECORD_EXIT, .exit = {.key = key_of(41), .found = true}};

	for (uint32_t pid = 40; pid < 43; pid++)
		send_exec(w, pid, LOGIN, "/srv/shop");
	assert_true(enrich_lives(w->enrich, key_of(41)));
	gone.time = w->now;
	enrich_record(w->enrich, &gone);
	assert_false(enrich_lives(w->enrich, key_of(41)));
	assert_true(enrich_lives(w->enrich, key_of(40)));
	assert_false(enrich_lives(w->enrich, (struct process_key){.pid = 40, .start = 1}));
	death = death_of(w, 42, "shop", 0x100);
	send_death(w, &death);
	assert_int_equal(the_event(w)->service.alive, 2); /* the shell, too */
}

/* To a tick, and by what it runs. */
static void what_proc_shows(void **state)
{
	struct world *w = *state;
	uint64_t tick = SECOND / 100, start = key_of(40).start / tick * tick;
	struct record_exec same = seen_of(40, start, "/srv/shop"), other = seen_of(40, start, "/srv/other"),
			   later = seen_of(40, start + tick, "/srv/shop"),
			   nobody = seen_of(49, start, "/srv/shop");

	send_exec(w, 40, LOGIN, "/srv/shop");
	assert_true(enrich_knows(w->enrich, &same));
	assert_false(enrich_knows(w->enrich, &other));
	assert_int_equal(other.task.key.start, key_of(40).start);
	assert_false(enrich_knows(w->enrich, &later));
	assert_false(enrich_knows(w->enrich, &nobody));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(gaps), WORLD_TEST(counters_fall),
		WORLD_TEST(too_many_processes), WORLD_TEST(an_end_that_was_lost),
		WORLD_TEST(what_proc_shows)};

	return cmocka_run_group_tests_name("enrich_loss", tests, NULL, NULL);
}
