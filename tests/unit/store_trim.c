/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: the oldest go, by age and by size, a piece at a time, and the file shrinks. */
#include "store_test.h"

#include "store/finding.h"
#include "store/internal.h"

#define PIECE 2000

static int expect_number(void *context, const struct store_row *row)
{
	unsigned *next = context;

	assert_int_equal(row->time, T0 + (*next)++);
	return 0;
}

/* Calls until nothing is left to do; returns how many events went. */
static uint64_t trim_all(struct store *store, const struct store_retention *bounds, uint64_t now)
{
	uint64_t removed, all = 0;

	do {
		assert_int_equal(store_trim(store, bounds, now, &removed), 0);
		assert_true(removed <= PIECE || !all); /* the first one takes what was added, too */
		all += removed;
	} while (removed);
	return all;
}

static void old_events_go(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_age = 1000};
	struct store_filter all = {0};
	unsigned next = 4500;

	add_numbers(store, 0, 5000);
	assert_int_equal(trim_all(store, &bounds, T0 + 1000), 0);
	assert_int_equal(trim_all(store, &bounds, T0 + 5500), 4500);
	assert_int_equal(store_query(store, &all, expect_number, &next), 0);
	assert_int_equal(next, 5000);
	assert_int_equal(trim_all(store, &bounds, 10), 0); /* a clock before the bound */
	store_close(store);
}

static int expect_blob(void *context, const void *blob, size_t size)
{
	assert_int_equal(size, 3);
	assert_memory_equal(blob, context, 3);
	return 0;
}

/* What is kept beside an event goes with it. */
static void remains_go_too(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_age = 1};
	struct store_event event = {.id = "01AAAAAAAA", .time = T0, .kind = "crash", .body = "{}"};
	uint64_t left = 9;

	assert_int_equal(store_add(store, &event, NULL), 0);
	event.id = "01BBBBBBBB";
	event.remains = "\0ab";
	event.remains_size = 3;
	assert_int_equal(store_add(store, &event, NULL), 0);
	assert_int_equal(store_add(store, &event, NULL), 1);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_remains(store, "01BBBBBBBB", expect_blob, (void *)"\0ab"), 0);
	assert_int_equal(store_remains(store, "01AAAAAAAA", expect_blob, NULL), -ENODATA);
	assert_int_equal(store_remains(store, "01CCCCCCCC", expect_blob, NULL), -ENOENT);
	assert_int_equal(trim_all(store, &bounds, T0 * 2), 2);
	assert_int_equal(store_number(store, "SELECT count(*) FROM evidence", &left), 0);
	assert_int_equal(left, 0);
	store_close(store);
}

static void no_bounds_no_loss(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention none = {0}, wide = {STORE_MAX_AGE_DEFAULT, STORE_MAX_SIZE_DEFAULT};

	add_numbers(store, 0, 3000);
	assert_int_equal(trim_all(store, &none, T0 * 2), 0);
	assert_int_equal(trim_all(store, &wide, T0), 0);
	assert_int_equal(count_events(store), 3000);
	store_close(store);
}

static void numbers_go_on_after_all_is_gone(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_age = 1};
	uint64_t before, after;

	add_numbers(store, 0, 10);
	assert_int_equal(store_last_seq(store, &before), 0);
	assert_int_equal(trim_all(store, &bounds, T0 * 2), 10);
	store_close(store);
	store = open_ok(*state, STORE_OWN);
	assert_int_equal(add_number(store, 1, NULL), 0);
	assert_int_equal(store_last_seq(store, &after), 0);
	assert_int_equal(after, before + 1);
	store_close(store);
}

static void settle(struct store *store, const struct store_retention *bounds)
{
	uint64_t removed;

	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(store_trim(store, bounds, T0, &removed), 0);
}

/* More than a piece comes between two calls. */
static void a_flood_is_kept_up_with(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	const struct store_retention bounds = {.max_size = 4 * MB};
	uint64_t removed, peak = 0;

	for (unsigned i = 0; i < 12; i++) {
		add_numbers(store, i * 10000, 10000);
		assert_int_equal(store_trim(store, &bounds, T0, &removed), 0);
		peak = size_on_disk(*state) > peak ? size_on_disk(*state) : peak;
	}
	assert_true(peak < 3 * bounds.max_size);
	store_close(store);
}

static void big_files_shrink(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_size = 4 * MB};
	struct store_filter all = {0};
	unsigned next, kept;

	add_numbers(store, 0, 50000);
	assert_true(size_on_disk(*state) > 8 * MB);
	assert_true(trim_all(store, &bounds, T0) > 0);
	settle(store, &bounds);
	assert_true(size_on_disk(*state) <= bounds.max_size);
	/* The newest are left, and no more than needed went. */
	kept = count_events(store);
	assert_true(kept > 10000);
	next = 50000 - kept;
	assert_int_equal(store_query(store, &all, expect_number, &next), 0);
	assert_int_equal(next, 50000);

	bounds.max_size = 1 * MB;
	trim_all(store, &bounds, T0);
	settle(store, &bounds);
	assert_true(size_on_disk(*state) <= bounds.max_size);
	assert_true(count_events(store) > 1000);
	store_close(store);
}

static uint64_t trim_while_reading_removed;

static int trim_while_reading(void *context, const struct store_row *row)
{
	struct store_retention bounds = {.max_size = 4 * MB};
	uint64_t removed;

	if (row->time != T0)
		return 0;
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(store_trim(context, &bounds, T0, &removed), 0);
		trim_while_reading_removed += removed;
	}
	return 1;
}

/* A reader that stays keeps the log from being cut: that must not eat the events. */
static void reader_in_the_way(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN), *reader = open_ok(*state, STORE_READ);
	struct store_retention bounds = {.max_size = 4 * MB};
	struct store_filter all = {0};

	add_numbers(store, 0, 50000);
	assert_int_equal(store_query(reader, &all, trim_while_reading, store), 1);
	assert_true(trim_while_reading_removed > 0);
	assert_true(count_events(store) > 10000);
	settle(store, &bounds);
	assert_true(size_on_disk(*state) <= bounds.max_size);
	store_close(reader);
	store_close(store);
}

static void pending_events_are_kept(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_age = 10};
	uint64_t removed;

	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(add_number(store, i, NULL), 0);
	assert_int_equal(store_trim(store, &bounds, T0 + 20, &removed), 0);
	assert_int_equal(removed, 10);
	store_close(store);
	store = open_ok(*state, STORE_READ);
	assert_int_equal(count_events(store), 10);
	store_close(store);
}

struct watched {
	struct store *store;
	unsigned rows, ends;
	uint64_t first;
	int result;
};

static int watch(void *context, const struct store_row *row)
{
	struct watched *watched = context;

	if (row) {
		watched->first = watched->rows++ ? watched->first : row->seq;
		return 0;
	}
	watched->ends++;
	assert_int_equal(store_counter_set(watched->store, "gone", watched->rows), 0);
	return watched->result;
}

static int take_counter(void *context, const char *name, uint64_t value)
{
	if (strcmp(name, "gone") == 0)
		*(uint64_t *)context = value;
	return 0;
}

/* Who counts what goes does it in the transaction in which it goes. */
static void removals_are_told(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct watched watched = {.store = store, .result = -EIO};
	struct store_retention bounds = {.max_age = 10};
	uint64_t removed, counter = 0;

	add_numbers(store, 0, 50);
	store_watch_removal(store, 20, watch, &watched);
	assert_int_equal(store_trim(store, &bounds, T0 + 40, &removed), -EIO);
	assert_int_equal(count_events(store), 50);
	assert_int_equal(store_counters(store, take_counter, &counter), 0);
	assert_int_equal(counter, 0);

	watched = (struct watched){.store = store};
	assert_int_equal(store_trim(store, &bounds, T0 + 40, &removed), 0);
	assert_int_equal(removed, 30);
	assert_int_equal(watched.rows, 10);
	assert_int_equal(watched.first, 21);
	assert_int_equal(watched.ends, 1);
	assert_int_equal(store_counters(store, take_counter, &counter), 0);
	assert_int_equal(counter, 10);

	store_watch_removal(store, 0, NULL, NULL);
	assert_int_equal(store_trim(store, &bounds, T0 + 45, &removed), 0);
	assert_int_equal(watched.ends, 1);
	store_close(store);
}

/* They run each second, however much there is. */
static void nothing_is_read_through(void **state)
{
	static const enum statement each_second[] = {STATEMENT_FORGET, STATEMENT_FORGET_ALIAS,
		STATEMENT_FORGET_REFUSED, STATEMENT_FINDING_BYTES, STATEMENT_FORGET_OLDEST};
	struct store *store = open_ok(*state, STORE_OWN);
	sqlite3_stmt *plan;

	for (size_t i = 0; i < sizeof(each_second) / sizeof(each_second[0]); i++) {
		_cleanup_buf_ struct buf sql = {0};

		buf_printf(
			&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(store_statement(store, each_second[i])));
		assert_int_equal(sqlite3_prepare_v2(store->db, buf_text(&sql), -1, &plan, NULL), SQLITE_OK);
		while (sqlite3_step(plan) == SQLITE_ROW)
			if (strstr((const char *)sqlite3_column_text(plan, 3), "SCAN"))
				fail_msg("%s: %s", buf_text(&sql), sqlite3_column_text(plan, 3));
		sqlite3_finalize(plan);
	}
	store_close(store);
}

static void memory_is_bounded(void **state)
{
	struct store *store = open_ok(NULL, STORE_MEMORY);
	struct store_retention bounds = {.max_size = 2 * MB};
	uint64_t pages;

	(void)state;
	add_numbers(store, 0, 20000);
	assert_true(trim_all(store, &bounds, T0) > 0);
	settle(store, &bounds);
	assert_int_equal(store_number(store, "PRAGMA page_count", &pages), 0);
	assert_true(pages * 4096 <= bounds.max_size);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(old_events_go),
		IN_DIR(remains_go_too),
		IN_DIR(no_bounds_no_loss),
		IN_DIR(numbers_go_on_after_all_is_gone),
		IN_DIR(a_flood_is_kept_up_with),
		IN_DIR(big_files_shrink),
		IN_DIR(reader_in_the_way),
		IN_DIR(pending_events_are_kept),
		IN_DIR(removals_are_told),
		IN_DIR(nothing_is_read_through),
		IN_DIR(memory_is_bounded),
	};

	return cmocka_run_group_tests_name("store_trim", tests, NULL, NULL);
}
