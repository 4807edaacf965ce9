/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written beneath a folder, also with a folder that comes with them. */
#include <fcntl.h>
#include <sys/stat.h>

#include "unit/store_test.h"
#include "host/watch.h"

#define TOLD_MOST 16

struct told_files {
	unsigned count;
	char names[TOLD_MOST][32]; /* the last part of the path */
};

static void on_file(void *context, const char *path, uint64_t time)
{
	struct told_files *t = context;

	assert_non_null(path);
	assert_int_not_equal(time, 0);
	assert_true(t->count < TOLD_MOST);
	snprintf(t->names[t->count++], sizeof(t->names[0]), "%s", strrchr(path, '/') + 1);
}

static void put(const char *dir, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void new_folders(void **state)
{
	const char *dir = *state;
	struct told_files told = {0};
	struct watch *watch;
	char path[256];

	put(dir, "before");
	assert_int_equal(watch_new(&watch, on_file, &told), 0);
	assert_int_equal(watch_add(watch, dir), 1);
	watch_read(watch);
	assert_int_equal(told.count, 0);
	put(dir, "one");
	watch_read(watch);
	assert_int_equal(told.count, 1);
	/* All of it is there before the new folder can be watched. */
	snprintf(path, sizeof(path), "%s/new", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, "two");
	snprintf(path, sizeof(path), "%s/new/deeper", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, "three");
	watch_read(watch);
	assert_int_equal(told.count, 3);
	put(path, "four");
	watch_read(watch);
	assert_int_equal(told.count, 4);
	assert_string_equal(told.names[3], "four");
	watch_free(watch);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_folders, dir_make, dir_remove)};

	return cmocka_run_group_tests_name("host_watch", tests, NULL, NULL);
}
