/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: what is made, with which rights, and who may open at the same time. */
#include "store_test.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/internal.h"

#define NOBODY 65534

static void made_with_parents(void **state)
{
	char dir[128], path[160];
	struct stat st;

	snprintf(dir, sizeof(dir), "%s/a/b//c/", (char *)*state);
	open_fails(dir, STORE_READ, -ENOENT, "nothing is recorded");
	store_close(open_ok(dir, STORE_OWN));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	path_of(path, sizeof(path), dir, STORE_DB_NAME);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	store_close(open_ok(dir, STORE_READ));
	store_close(open_ok(dir, STORE_APPEND));
}

static void bad_dirs(void **state)
{
	char path[160];

	path_of(path, sizeof(path), *state, "file");
	write_whole(path, "x", 1);
	for (size_t i = 0; i < 3; i++)
		open_fails(path, file_modes[i], -ENOTDIR, "give --state a directory");
	strcat(path, "/below");
	open_fails(path, STORE_OWN, -ENOTDIR, path);
	open_fails("", STORE_OWN, -ENOENT, "cannot make");
	open_fails("/proc/nothing", STORE_OWN, -ENOENT, "/proc/nothing");
}

static void empty_file(void **state)
{
	char path[160];

	path_of(path, sizeof(path), *state, STORE_DB_NAME);
	write_whole(path, "", 0);
	open_fails(*state, STORE_READ, -ENOENT, "nothing is recorded");
	store_close(open_ok(*state, STORE_APPEND));
	store_close(open_ok(*state, STORE_READ));
}

static void one_owner(void **state)
{
	struct store *owner = open_ok(*state, STORE_OWN), *other;
	char words[32], path[160];

	snprintf(words, sizeof(words), "(pid %d)", getpid());
	open_fails(*state, STORE_OWN, -EBUSY, words);
	other = open_ok(*state, STORE_APPEND);
	assert_int_equal(add_number(other, 1, NULL), 0);
	assert_int_equal(store_commit(other, NULL), 0);
	store_close(other);
	assert_int_equal(count_events(owner), 1);
	store_close(owner);
	store_close(open_ok(*state, STORE_OWN));

	path_of(path, sizeof(path), *state, "lock");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	open_fails(*state, STORE_OWN, -ELOOP, "lock");
}

static void memory(void **state)
{
	struct store *store = open_ok(NULL, STORE_MEMORY);

	(void)state;
	assert_int_equal(add_number(store, 1, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(count_events(store), 1);
	store_close(store);
	store_close(NULL);
}

/* Many that find no database make it together. */
static void made_by_many(void **state)
{
	struct store *store;
	int status;

	for (unsigned i = 0; i < 8; i++)
		if (fork() == 0) {
			struct buf error = {0};

			_exit(store_open(&store, *state, STORE_APPEND, &error) < 0 ||
				add_number(store, i, NULL) != 0 || store_commit(store, NULL) < 0);
		}
	for (unsigned i = 0; i < 8; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	store = open_ok(*state, STORE_READ);
	assert_int_equal(count_events(store), 8);
	store_close(store);
}

/* Runs fn as a user that may only read the directory; its result must be 0. */
static void as_nobody(const char *dir, int (*fn)(const char *dir))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ? 99 : fn(dir));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int reads_100(const char *dir)
{
	struct store_filter all = {0};
	struct buf error = {0};
	struct store *store;
	unsigned count = 0;
	int r;

	if (store_open(&store, dir, STORE_READ, &error) < 0) {
		fprintf(stderr, "%s\n", buf_text(&error));
		return 1;
	}
	r = add_number(store, 1000, NULL);
	if (r == -EROFS)
		r = store_query(store, &all, count_row, &count);
	store_close(store);
	return r == 0 && count == 100 ? 0 : 2;
}

static int may_not_write(const char *dir)
{
	struct buf error = {0};
	struct store *store;

	for (size_t i = 1; i < 3; i++) {
		int r = store_open(&store, dir, file_modes[i], &error);

		if (r != -EACCES || !strstr(buf_text(&error), "run as root"))
			return 1;
	}
	return 0;
}

static int may_not_read(const char *dir)
{
	struct buf error = {0};
	struct store *store;

	return store_open(&store, dir, STORE_READ, &error) != -EACCES ||
	       !strstr(buf_text(&error), "run as root");
}

static void readable_by_all(const char *dir, mode_t mode)
{
	char path[160];

	assert_int_equal(chmod(dir, mode | 0111), 0);
	path_of(path, sizeof(path), dir, STORE_DB_NAME);
	assert_int_equal(chmod(path, mode), 0);
}

static void without_rights(void **state)
{
	struct store *store;

	if (geteuid() != 0) {
		print_message("SKIPPED: needs root to become another user\n");
		skip();
	}
	store_numbers(*state, 100);
	as_nobody(*state, may_not_read);
	readable_by_all(*state, 0644);
	as_nobody(*state, may_not_write);
	as_nobody(*state, reads_100); /* no -wal: immutable */

	store = open_ok(*state, STORE_OWN);
	as_nobody(*state, reads_100); /* the daemon runs */
	as_nobody(*state, may_not_write);
	store_close(store);
}

/* A daemon that was killed leaves its log, in which most of the events still are. */
static void read_after_kill(void **state)
{
	struct store *store;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct buf error = {0};
		bool bad = store_open(&store, *state, STORE_OWN, &error) < 0;

		readable_by_all(*state, 0644);
		for (unsigned i = 0; i < 100; i++)
			bad |= add_number(store, i, NULL) != 0 || store_commit(store, NULL) < 0;
		if (bad)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SIGKILL);
	if (geteuid() == 0)
		as_nobody(*state, reads_100);
	assert_int_equal(reads_100(*state), 0);
	store = open_ok(*state, STORE_OWN);
	assert_int_equal(count_events(store), 100);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(made_with_parents),
		IN_DIR(bad_dirs),
		IN_DIR(empty_file),
		IN_DIR(one_owner),
		IN_DIR(memory),
		IN_DIR(made_by_many),
		IN_DIR(without_rights),
		IN_DIR(read_after_kill),
	};

	return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
