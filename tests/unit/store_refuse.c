/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are no database of ours, or a damaged one: refused with a line that says so, and left as they
 * are. */
#include "store_test.h"

#include "store/internal.h"

/* The file is refused in every mode and stays as it is, with nothing new beside it but the lock. */
static void refused(const char *dir, int r, const char *words)
{
	char path[160], beside[176];
	size_t before_size, after_size;
	char *before, *after;

	path_of(path, sizeof(path), dir, STORE_DB_NAME);
	before = read_whole(path, &before_size);
	for (size_t i = 0; i < 3; i++) {
		open_fails(dir, file_modes[i], r, words);
		open_fails(dir, file_modes[i], r, path);
		after = read_whole(path, &after_size);
		assert_int_equal(after_size, before_size);
		assert_memory_equal(after, before, before_size);
		free(after);
	}
	free(before);
	for (size_t i = 0; i < 3; i++) {
		snprintf(beside, sizeof(beside), "%s%s", path,
			(const char *[]){"-wal", "-shm", "-journal"}[i]);
		assert_int_equal(access(beside, F_OK), -1);
	}
}

static void no_database(void **state)
{
	char bytes[8192] = {0}, path[160];

	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	write_whole(path, bytes, 4096); /* a page of zeroes */
	refused(*state, -EBADMSG, "not a database of lastwords");
	write_whole(path, "x", 1);
	refused(*state, -EBADMSG, "not a database of lastwords");
	write_whole(path, "SQLite format 3", 16);
	refused(*state, -EBADMSG, "not a database of lastwords");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 2654435761u >> 7);
	write_whole(path, bytes, sizeof(bytes));
	refused(*state, -EBADMSG, "not a database of lastwords");
}

static void foreign_database(void **state)
{
	char path[160];
	sqlite3 *db;

	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE event(x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	refused(*state, -EBADMSG, "another program");
}

static void newer_schema(void **state)
{
	char path[160];
	sqlite3 *db;

	store_close(open_ok(*state, STORE_OWN));
	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 9", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	refused(*state, -EPROTO, "newer lastwords");
}

static void without_tables(void **state)
{
	char path[160];
	sqlite3 *db;

	store_close(open_ok(*state, STORE_OWN));
	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = DELETE; DROP TABLE event", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	open_fails(*state, STORE_READ, -EBADMSG, "is damaged");
	open_fails(*state, STORE_OWN, -EBADMSG, "is damaged");
}

static void truncated(void **state)
{
	char path[160];
	struct stat st;

	store_numbers(*state, 2000);
	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 4096), 0);
	refused(*state, -EBADMSG, "cut short");
	assert_int_equal(truncate(path, 4096), 0);
	refused(*state, -EBADMSG, "cut short");
	assert_int_equal(truncate(path, 100), 0);
	refused(*state, -EBADMSG, "not a database of lastwords");
}

/* Every page in turn is overwritten: who would write is refused, a reader gets an error or all rows;
 * nothing crashes. */
static void damaged_pages(void **state)
{
	char path[160], garbage[4096];
	size_t size, after_size;
	char *good, *after;

	store_numbers(*state, 500);
	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	good = read_whole(path, &size);
	memset(garbage, 0xa5, sizeof(garbage));
	for (size_t page = 1; page < size / 4096; page++) {
		struct store_filter filters[] = {
			{.newest_first = true}, {.by_seq = true}, {.service = "a.service"}};
		struct buf error = {0};
		struct store *store;
		char *bad = malloc(size);
		unsigned count = 0;
		int r;

		assert_non_null(bad);
		memcpy(bad, good, size);
		memcpy(bad + page * 4096, garbage, sizeof(garbage));
		write_whole(path, bad, size);
		r = store_open(&store, *state, STORE_OWN, &error);
		assert_int_equal(r, -EBADMSG);
		assert_non_null(strstr(buf_text(&error), "is damaged"));
		after = read_whole(path, &after_size);
		assert_int_equal(after_size, size);
		assert_memory_equal(after, bad, size);
		free(after);
		buf_reset(&error);
		assert_int_equal(store_open(&store, *state, STORE_APPEND, &error), -EBADMSG);
		assert_non_null(strstr(buf_text(&error), "is damaged"));
		after = read_whole(path, &after_size);
		assert_int_equal(after_size, size);
		assert_memory_equal(after, bad, size);
		free(after);
		free(bad);

		r = store_open(&store, *state, STORE_READ, &error);
		buf_free(&error);
		if (r < 0) {
			assert_int_equal(r, -EBADMSG);
			continue;
		}
		for (size_t i = 0; i < 3; i++) {
			r = store_query(store, &filters[i], count_row, &count);
			assert_true(r == 0 || r == -EBADMSG);
		}
		store_close(store);
	}
	free(good);
}

static void no_regular_file(void **state)
{
	char path[160];

	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < 3; i++)
		open_fails(*state, file_modes[i], -EBADMSG, "no regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (size_t i = 0; i < 3; i++)
		open_fails(*state, file_modes[i], -EBADMSG, "no regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	for (size_t i = 0; i < 3; i++)
		open_fails(*state, file_modes[i], -EBADMSG, "no regular file");
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(no_database),
		IN_DIR(foreign_database),
		IN_DIR(newer_schema),
		IN_DIR(without_tables),
		IN_DIR(truncated),
		IN_DIR(damaged_pages),
		IN_DIR(no_regular_file),
	};

	return cmocka_run_group_tests_name("store_refuse", tests, NULL, NULL);
}
