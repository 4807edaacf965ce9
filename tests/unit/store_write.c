/* SPDX-License-Identifier: Apache-2.0 */
/* Adding: duplicates, transactions, counters, sequence numbers, a full disk. */
#include "store_test.h"

#include <sched.h>
#include <sys/mount.h>

#include "store/internal.h"

static void duplicates_are_told_and_left(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	uint64_t lost = 9, seq;

	assert_int_equal(add_number(store, 1, &lost), 0);
	assert_int_equal(lost, 0);
	assert_int_equal(add_number(store, 1, &lost), 1);
	assert_int_equal(store_commit(store, &lost), 0);
	assert_int_equal(add_number(store, 1, NULL), 1);
	assert_int_equal(add_number(store, 2, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(count_events(store), 2);
	assert_int_equal(store_last_seq(store, &seq), 0);
	assert_true(seq >= 2);
	store_close(store);
}

static void bad_events_are_refused(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	const struct store_event bad[] = {
		{.time = 1, .kind = "k", .body = "{}"},
		{.id = "x", .time = 1, .body = "{}"},
		{.id = "x", .time = 1, .kind = "k"},
		{.id = "x", .time = UINT64_MAX, .kind = "k", .body = "{}"},
	};

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(store_add(store, &bad[i], NULL), -EINVAL);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(count_events(store), 0);
	store_close(store);
}

static void close_commits_nothing(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);

	assert_int_equal(add_number(store, 1, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(add_number(store, 2, NULL), 0);
	assert_int_equal(store_counter_set(store, "a", 1), 0);
	store_close(store);
	store = open_ok(*state, STORE_OWN);
	assert_int_equal(count_events(store), 1);
	store_close(store);
}

static int check_counter(void *context, const char *name, uint64_t value)
{
	unsigned *seen = context;

	assert_int_equal(value, strcmp(name, "big") == 0 ? UINT64_MAX : 7);
	++*seen;
	return 0;
}

static int stop_at_first(void *context, const char *name, uint64_t value)
{
	(void)context;
	(void)name;
	return (int)value;
}

static void counters_survive(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	unsigned seen = 0;

	assert_int_equal(store_counter_set(store, "a", 6), 0);
	assert_int_equal(store_counter_set(store, "a", 7), 0);
	assert_int_equal(store_counter_set(store, "big", UINT64_MAX), 0);
	assert_int_equal(store_counter_set(store, NULL, 1), -EINVAL);
	assert_int_equal(store_commit(store, NULL), 0);
	store_close(store);
	store = open_ok(*state, STORE_READ);
	assert_int_equal(store_counters(store, check_counter, &seen), 0);
	assert_int_equal(seen, 2);
	assert_int_equal(store_counters(store, stop_at_first, NULL), 7);
	assert_int_equal(store_counter_set(store, "a", 8), -EROFS);
	store_close(store);
}

/* Another writer holds the database longer than the wait: nothing is lost, and it works afterwards. */
static void busy_loses_nothing(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN), *other = open_ok(*state, STORE_APPEND);
	uint64_t lost = 9;

	assert_int_equal(add_number(other, 1, NULL), 0);
	assert_int_equal(add_number(store, 2, &lost), -EBUSY);
	assert_int_equal(lost, 0);
	assert_int_equal(store_commit(other, NULL), 0);
	assert_int_equal(add_number(store, 2, &lost), 0);
	assert_int_equal(store_commit(store, &lost), 0);
	assert_int_equal(count_events(other), 2);
	store_close(other);
	store_close(store);
}

static void fill_disk(const char *path)
{
	char bytes[4096] = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

static int add_big(struct store *store, unsigned n, uint64_t *ret_lost)
{
	char id[32], body[601];
	struct store_event event = {.id = id, .time = T0 + n, .kind = "crash", .body = body};

	snprintf(id, sizeof(id), "01EVENT%010u", n);
	memset(body, 'x', 600);
	body[600] = '\0';
	return store_add(store, &event, ret_lost);
}

/* Adds until nothing goes in any more. What was added and is not there must have been reported. */
static void overfill(struct store *store, unsigned first, unsigned batch)
{
	unsigned before = count_events(store), refused = 0;
	uint64_t added = 0, lost, lost_all = 0;
	int r;

	for (unsigned i = 0; i < 4000; i++) {
		r = add_big(store, first + i, &lost);
		assert_true(r == 0 || r == -ENOSPC);
		added += r == 0;
		refused += r < 0;
		lost_all += lost;
		if (i % batch != batch - 1)
			continue;
		r = store_commit(store, &lost);
		assert_true(r == 0 || r == -ENOSPC);
		assert_true(r < 0 || lost == 0);
		lost_all += lost;
		refused += r < 0;
	}
	assert_true(refused > 0);
	assert_true(lost_all > 0);
	assert_int_equal(count_events(store) - before, added - lost_all);
}

static void assert_sound(const char *dir)
{
	char path[160];
	sqlite3_stmt *statement;
	sqlite3 *db;

	path_of(path, sizeof(path), dir, STORE_DB_NAME);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void full_disk(void **state)
{
	const char *dir = *state;
	char ballast[160], other[160];
	struct store *store;
	uint64_t lost, seq, later;

	/* A mount namespace of its own: the file system is gone with the test. */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", dir, "tmpfs", 0, "size=1m") < 0) {
		print_message("SKIPPED: no tmpfs to fill: %s\n", strerror(errno));
		skip();
	}
	path_of(ballast, sizeof(ballast), dir, "ballast");
	path_of(other, sizeof(other), dir, "other");
	store = open_ok(dir, STORE_OWN);
	assert_int_equal(add_big(store, 0, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	overfill(store, 1000, 20);    /* fails in the commit */
	overfill(store, 10000, 4000); /* fails when the cache spills */

	fill_disk(ballast);
	open_fails(other, STORE_OWN, -ENOSPC, "free some space");
	assert_int_equal(store_last_seq(store, &seq), 0);
	assert_int_equal(unlink(ballast), 0);
	store_close(store);

	store = open_ok(dir, STORE_OWN);
	fill_disk(ballast);
	overfill(store, 20000, 100);
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(mount("none", dir, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(add_big(store, 30000 + i, &lost), 0);
	assert_int_equal(store_commit(store, &lost), 0);
	assert_int_equal(lost, 0);
	assert_int_equal(store_last_seq(store, &later), 0);
	assert_true(later >= seq + 100);
	store_close(store);
	assert_sound(dir);
	assert_int_equal(umount(dir), 0);
}

/* A reader of the open transaction may have seen its numbers: after a rollback they are not used again. */
static void numbers_are_not_used_twice(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	uint64_t seen, seq;

	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(add_number(store, i, NULL), 0);
	assert_int_equal(store_last_seq(store, &seen), 0);
	assert_int_equal(store_end(store, -EIO), -EIO);
	assert_int_equal(count_events(store), 0);
	assert_int_equal(add_number(store, 20, &seq), 0);
	assert_int_equal(seq, 10); /* lost, told late */
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_last_seq(store, &seq), 0);
	assert_int_equal(seq, seen + 1);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(duplicates_are_told_and_left),
		IN_DIR(bad_events_are_refused),
		IN_DIR(close_commits_nothing),
		IN_DIR(counters_survive),
		IN_DIR(busy_loses_nothing),
		IN_DIR(numbers_are_not_used_twice),
		IN_DIR(full_disk),
	};

	return cmocka_run_group_tests_name("store_write", tests, NULL, NULL);
}
