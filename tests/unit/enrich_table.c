/* SPDX-License-Identifier: Apache-2.0 */
/* The table of processes: reuse of pids, images that are shared, /proc's coarse start times, the dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "enrich/table.h"

#define TICK 10000000ull

static int table_setup(void **state)
{
	struct table *table;

	assert_int_equal(table_new(&table), 0);
	*state = table;
	return 0;
}

static int table_teardown(void **state)
{
	table_free(*state);
	return 0;
}

static struct process_key key(uint32_t pid, uint64_t start)
{
	return (struct process_key){.pid = pid, .start = start};
}

static struct record_exec exec_of(uint32_t pid, uint64_t start, const char *exe)
{
	struct record_exec exec = {.task = {.key = key(pid, start), .comm = "comm"}, .args_len = 26};

	text_copy(exec.exe, sizeof(exec.exe), exe);
	memcpy(exec.args, "app\0--password=hunter2\0abc", 26);
	return exec;
}

static void add(struct table *table, uint32_t pid, uint64_t start, const char *exe)
{
	struct record_exec exec = exec_of(pid, start, exe);

	table_exec(table, &exec);
}

static void seed(struct table *table, uint32_t pid, uint64_t start, const char *exe)
{
	struct record_exec exec = exec_of(pid, start, exe);

	table_seed(table, &exec);
}

static void fork_of(struct table *table, struct process_key parent, struct process_key child)
{
	struct record_fork fork = {.parent = parent, .child = child};

	table_fork(table, &fork);
}

static void exits(struct table *table, uint32_t pid, uint64_t start, uint64_t now)
{
	struct record_exit exit = {.key = key(pid, start), .exit_code = 0x100};

	table_exit(table, &exit, now);
}

static void images(void **state)
{
	struct process *p;

	add(*state, 1, 10, "/one");
	p = table_find(*state, key(1, 10));
	assert_non_null(p);
	assert_string_equal(p->image->exe, "/one");
	assert_memory_equal(p->image->args, "app\0--password=[redacted]\0abc", 29);
	assert_int_equal(p->image->args_len, 29);
	fork_of(*state, key(1, 10), key(2, 20));
	assert_ptr_equal(table_find(*state, key(2, 20))->image, p->image);
	add(*state, 1, 10, "/two");
	assert_string_equal(table_find(*state, key(1, 10))->image->exe, "/two");
	assert_string_equal(table_find(*state, key(2, 20))->image->exe, "/one");
}

static void unknown_parent(void **state)
{
	fork_of(*state, key(7, 1), key(8, 2));
	assert_null(table_find(*state, key(7, 1)));
	assert_null(table_find(*state, key(8, 2))->image);
	fork_of(*state, key(8, 2), key(8, 2)); /* nonsense, but it may come from a file */
	assert_non_null(table_find(*state, key(8, 2)));
}

static void pid_reused(void **state)
{
	add(*state, 1, 10, "/old");
	fork_of(*state, key(1, 10), key(2, 20));
	fork_of(*state, key(9, 9), key(1, 30));
	assert_null(table_find(*state, key(1, 10)));
	assert_null(table_find(*state, key(1, 30))->image);
	assert_string_equal(table_find(*state, key(2, 20))->image->exe, "/old");
}

/* /proc tells the start to a hundredth of a second; the probes' exact time takes its place. */
static void coarse_start(void **state)
{
	seed(*state, 1, 5 * TICK, "/seed");
	assert_null(table_find(*state, key(1, 5 * TICK - 1)));
	assert_null(table_find(*state, key(1, 6 * TICK)));
	assert_non_null(table_find(*state, key(1, 6 * TICK - 1)));
	assert_null(table_find(*state, key(1, 5 * TICK)));
	assert_non_null(table_find(*state, key(1, 6 * TICK - 1)));
	seed(*state, 2, 5 * TICK, "/seed");
	fork_of(*state, key(1, 6 * TICK - 1), key(2, 5 * TICK + 3)); /* was on its way when /proc was read */
	assert_string_equal(table_find(*state, key(2, 5 * TICK + 3))->image->exe, "/seed");
	assert_null(table_find(*state, key(2, 5 * TICK + 4)));
	seed(*state, 3, 5 * TICK, "/seed");
	assert_non_null(
		table_find(*state, key(3, 5 * TICK))); /* who asks by the coarse one knows no better */
	assert_non_null(table_find(*state, key(3, 5 * TICK + 3)));
}

static void watch(void **state)
{
	table_watch(*state, 5);
	fork_of(*state, key(1, 1), key(5, 50));
	assert_true(table_find(*state, key(5, 50))->watched);
	add(*state, 5, 50, "/cmd");
	fork_of(*state, key(5, 50), key(6, 60));
	assert_true(table_find(*state, key(6, 60))->watched);
	fork_of(*state, key(1, 1), key(6, 70)); /* another process */
	assert_false(table_find(*state, key(6, 70))->watched);
	add(*state, 9, 90, "/known");
	table_watch(*state, 9);
	assert_true(table_find(*state, key(9, 90))->watched);
}

static void dead_are_kept(void **state)
{
	add(*state, 1, 10, "/one");
	exits(*state, 1, 11, 100); /* another's */
	assert_false(table_find_pid(*state, 1)->dead);
	exits(*state, 1, 10, 100);
	exits(*state, 1, 10, 101);                    /* said twice */
	assert_true(table_find_pid(*state, 1)->dead); /* its end may overtake that of its child */
	assert_int_equal(table_find(*state, key(1, 10))->exit_code, 0x100);
	table_tick(*state, 99); /* out of order */
	table_tick(*state, 100 + TABLE_DEAD_KEEP);
	assert_non_null(table_find(*state, key(1, 10)));
	table_tick(*state, 101 + TABLE_DEAD_KEEP);
	assert_null(table_find(*state, key(1, 10)));
}

/* The place of a dead process that a living one has taken is not cleared with it. */
static void dead_and_reused(void **state)
{
	add(*state, 1, 10, "/one");
	exits(*state, 1, 10, 100);
	add(*state, 1, 20, "/two");
	table_tick(*state, 200 + TABLE_DEAD_KEEP);
	assert_string_equal(table_find(*state, key(1, 20))->image->exe, "/two");
}

static void many_dead(void **state)
{
	for (uint32_t pid = 1; pid <= TABLE_DEAD + 3; pid++) {
		add(*state, pid, 10, "/x");
		exits(*state, pid, 10, 100);
	}
	assert_null(table_find(*state, key(3, 10)));
	assert_non_null(table_find(*state, key(4, 10)));
	assert_non_null(table_find(*state, key(TABLE_DEAD + 3, 10)));
	table_tick(*state, 200 + TABLE_DEAD_KEEP);
	assert_null(table_find(*state, key(TABLE_DEAD + 3, 10)));
}

static void full(void **state)
{
	for (uint32_t pid = 1; pid <= TABLE_MAX; pid++)
		fork_of(*state, key(0, 0), key(pid, 10));
	assert_int_equal(table_forgotten(*state), 0);
	assert_non_null(table_find(*state, key(1, 10)));
	add(*state, TABLE_MAX + 1, 10, "/x");
	assert_non_null(table_find(*state, key(TABLE_MAX + 1, 10)));
	assert_int_equal(table_forgotten(*state), 1);
	assert_null(table_find(*state, key(2, 10))); /* the first that was not asked for */
	assert_non_null(table_find(*state, key(1, 10)));
	add(*state, 3, 20, "/again"); /* takes the place of the one that had its pid */
	assert_non_null(table_find(*state, key(3, 20)));
	assert_int_equal(table_forgotten(*state), 0);
	for (uint32_t pid = 1; pid <= TABLE_MAX + 1; pid++)
		table_find(*state, key(pid, 10));
	fork_of(*state, key(1, 10), key(TABLE_MAX + 2, 10));
	assert_non_null(table_find(*state, key(TABLE_MAX + 2, 10)));
	assert_int_equal(table_forgotten(*state), 1);
}

#define TABLE_TEST(f) cmocka_unit_test_setup_teardown(f, table_setup, table_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {TABLE_TEST(images), TABLE_TEST(unknown_parent),
		TABLE_TEST(pid_reused), TABLE_TEST(coarse_start), TABLE_TEST(watch),
		TABLE_TEST(dead_are_kept), TABLE_TEST(dead_and_reused), TABLE_TEST(many_dead),
		TABLE_TEST(full)};

	return cmocka_run_group_tests_name("enrich_table", tests, NULL, NULL);
}
