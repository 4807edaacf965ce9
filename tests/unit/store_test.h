/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the store share: a directory of their own, events, whole files in memory. */
#ifndef LW_TESTS_STORE_TEST_H
#define LW_TESTS_STORE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/internal.h"
#include "store/store.h"

#define T0 1700000000000000000ull
#define MB (1ull << 20)

static const enum store_mode file_modes[] = {STORE_READ, STORE_APPEND, STORE_OWN};

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int dir_make(void **state)
{
	char *dir = strdup("/tmp/store-test-XXXXXX");

	assert_non_null(dir);
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static inline int dir_remove(void **state)
{
	nftw(*state, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

static inline struct store *open_ok(const char *dir, enum store_mode mode)
{
	struct buf error = {0};
	struct store *store = NULL;

	if (store_open(&store, dir, mode, &error) < 0)
		fail_msg("store_open: %s", buf_text(&error));
	assert_string_equal(buf_text(&error), "");
	return store;
}

/* Expects the failure r and a message of one line that has the words. */
static inline void open_fails(const char *dir, enum store_mode mode, int r, const char *words)
{
	struct buf error = {0};
	struct store *store = NULL;

	assert_int_equal(store_open(&store, dir, mode, &error), r);
	assert_null(store);
	assert_null(strchr(buf_text(&error), '\n'));
	if (!strstr(buf_text(&error), words))
		fail_msg("no '%s' in '%s'", words, buf_text(&error));
	buf_free(&error);
}

static inline int add_number(struct store *store, unsigned n, uint64_t *ret_lost)
{
	char id[32];
	struct store_event event = {.id = id,
		.time = T0 + n,
		.kind = n % 2 ? "crash" : "kill",
		.service = "a.service",
		.body = "{}"};

	snprintf(id, sizeof(id), "01EVENT%010u", n);
	return store_add(store, &event, ret_lost);
}

static inline void add_numbers(struct store *store, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		assert_int_equal(add_number(store, i, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
}

/* A database of so many events, closed. */
static inline void store_numbers(const char *dir, unsigned count)
{
	struct store *store = open_ok(dir, STORE_OWN);

	add_numbers(store, 0, count);
	store_close(store);
}

static inline int count_row(void *context, const struct store_row *row)
{
	assert_non_null(row->id);
	++*(unsigned *)context;
	return 0;
}

static inline unsigned count_events(struct store *store)
{
	struct store_filter all = {0};
	unsigned count = 0;

	assert_int_equal(store_query(store, &all, count_row, &count), 0);
	return count;
}

static inline void path_of(char *path, size_t size, const char *dir, const char *name)
{
	assert_true((size_t)snprintf(path, size, "%s/%s", dir, name) < size);
}

/* The whole file; free it. */
static inline char *read_whole(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_size = (size_t)st.st_size;
	return bytes;
}

static inline void write_whole(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

/* Of the database and its log. */
static inline uint64_t size_on_disk(const char *dir)
{
	char path[160];
	struct stat st;
	uint64_t size;

	path_of(path, sizeof(path), dir, STORE_DB_NAME);
	assert_int_equal(stat(path, &st), 0);
	size = (uint64_t)st.st_size;
	strcat(path, "-wal");
	return stat(path, &st) == 0 ? size + (uint64_t)st.st_size : size;
}

#endif
