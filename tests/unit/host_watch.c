/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written, removed or given to others beneath a folder, also with a folder that comes with
 * them; and single files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "unit/store_test.h"
#include "host/configs.h"
#include "host/watch.h"

#define TOLD_MOST 16

struct told_files {
	unsigned count;
	char names[TOLD_MOST][32]; /* the last part of the path */
	enum watch_what what[TOLD_MOST];
};

static void on_file(void *context, const char *path, enum watch_what what, uint64_t time)
{
	struct told_files *t = context;

	assert_non_null(path);
	assert_int_not_equal(time, 0);
	assert_true(t->count < TOLD_MOST);
	t->what[t->count] = what;
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

static const char *at(const char *dir, const char *name)
{
	static char paths[2][512];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void assert_told(struct told_files *t, unsigned count, enum watch_what what, const char *name)
{
	assert_int_equal(t->count, count);
	assert_int_equal(t->what[count - 1], what);
	assert_string_equal(t->names[count - 1], name);
}

static void what_becomes_of_files(void **state)
{
	const char *dir = *state;
	struct told_files told = {0};
	struct watch *watch;

	put(dir, "a");
	put(dir, "b");
	assert_int_equal(watch_new(&watch, on_file, &told), 0);
	assert_int_equal(watch_add(watch, dir), 1);
	assert_int_equal(chmod(at(dir, "a"), 0), 0);
	watch_read(watch);
	assert_told(&told, 1, WATCH_OWNED, "a");
	assert_int_equal(symlink("a", at(dir, "link")), 0);
	watch_read(watch);
	assert_told(&told, 2, WATCH_WRITTEN, "link");
	assert_int_equal(unlink(at(dir, "a")), 0);
	watch_read(watch);
	assert_told(&told, 3, WATCH_REMOVED, "a");
	/* As editors do: another file under another name, which then has this one. */
	put(dir, "sedXYZ");
	assert_int_equal(rename(at(dir, "sedXYZ"), at(dir, "b")), 0);
	watch_read(watch);
	assert_told(&told, 4, WATCH_WRITTEN, "b");
	/* Or the old one moved away, and a new one made. */
	assert_int_equal(rename(at(dir, "b"), at(dir, "b~")), 0);
	put(dir, "b");
	watch_read(watch);
	assert_told(&told, 6, WATCH_WRITTEN, "b");
	assert_string_equal(told.names[4], "b~");
	assert_int_equal(rename(at(dir, "b~"), at(dir, "off")), 0);
	watch_read(watch);
	assert_int_equal(told.count, 8);
	assert_int_equal(told.what[6], WATCH_REMOVED);
	watch_free(watch);
}

static void single_files(void **state)
{
	const char *dir = *state;
	struct told_files told = {0};
	struct configs *configs;

	put(dir, "app.conf");
	assert_int_equal(configs_new(&configs, on_file, &told), 0);
	assert_int_equal(configs_add(configs, at(dir, "none")), -ENOENT);
	assert_int_equal(configs_add(configs, dir), -EINVAL);
	assert_int_equal(configs_add(configs, at(dir, "app.conf")), 0);
	assert_int_equal(configs_add(configs, at(dir, "app.conf")), 0);
	configs_look(configs);
	assert_int_equal(told.count, 0);
	assert_int_equal(chmod(at(dir, "app.conf"), 0), 0);
	configs_look(configs);
	configs_look(configs);
	assert_told(&told, 1, WATCH_OWNED, "app.conf");
	assert_int_equal(truncate(at(dir, "app.conf"), 1), 0);
	configs_look(configs);
	assert_told(&told, 2, WATCH_WRITTEN, "app.conf");
	put(dir, "new");
	assert_int_equal(rename(at(dir, "new"), at(dir, "app.conf")), 0);
	configs_look(configs);
	assert_told(&told, 3, WATCH_WRITTEN, "app.conf");
	assert_int_equal(unlink(at(dir, "app.conf")), 0);
	configs_look(configs);
	assert_int_equal(told.count, 3);
	configs_look(configs);
	configs_look(configs);
	assert_told(&told, 4, WATCH_REMOVED, "app.conf");
	put(dir, "app.conf");
	configs_look(configs);
	configs_look(configs);
	assert_told(&told, 5, WATCH_WRITTEN, "app.conf");
	configs_free(configs);
}

struct found {
	unsigned count;
	char last[PATH_MAX];
};

static void on_found(void *context, const char *path)
{
	struct found *found = context;

	found->count++;
	assert_true(strlen(path) < sizeof(found->last));
	memcpy(found->last, path, strlen(path) + 1);
}

static void files_below_a_folder(void **state)
{
	static const char *const names[] = {"app.conf", "folder", "none", "folder/x.yml", NULL};
	const char *dir = *state;
	struct found found = {0};
	struct told_files told = {0};
	struct configs *configs;

	put(dir, "other");
	assert_int_equal(mkdir(at(dir, "folder"), 0755), 0);
	put(dir, "folder/x.yml");
	assert_int_equal(configs_new(&configs, on_file, &told), 0);
	configs_add_below(configs, "web", dir, names, on_found, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.last, at(dir, "folder/x.yml"));
	put(dir, "app.conf");
	configs_add_below(configs, "web", dir, names, on_found, &found);
	assert_int_equal(found.count, 1); /* looked through just now */
	configs_add_below(configs, "worker", dir, names, on_found, &found);
	assert_int_equal(found.count, 3);
	assert_int_equal(truncate(at(dir, "folder/x.yml"), 1), 0);
	configs_look(configs);
	assert_told(&told, 1, WATCH_WRITTEN, "x.yml");
	configs_free(configs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_folders, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(what_becomes_of_files, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(single_files, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(files_below_a_folder, dir_make, dir_remove),
	};

	return cmocka_run_group_tests_name("host_watch", tests, NULL, NULL);
}
