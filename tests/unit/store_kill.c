/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 in the middle of writing: what was committed is there, whole, and nothing else. */
#include "store_test.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/internal.h"

#define ROUNDS    20
#define CREATIONS 100

static _Noreturn void write_until_killed(const char *dir, unsigned first, int out)
{
	struct store_retention wide = {.max_size = 1u << 30};
	struct buf error = {0};
	struct store *store;
	uint64_t removed;

	if (store_open(&store, dir, STORE_OWN, &error) < 0)
		_exit(1);
	for (unsigned n = first;;) {
		for (unsigned i = 0; i < 50; i++)
			if (add_number(store, n++, NULL) != 0)
				_exit(2);
		if (store_counter_set(store, "count", n) < 0 || store_commit(store, NULL) < 0)
			_exit(3);
		if (write(out, &n, sizeof(n)) != sizeof(n))
			_exit(4);
		if (n % 500 == 0 && store_trim(store, &wide, T0, &removed) < 0)
			_exit(5);
	}
}

/* Returns how many events the writer announced before it was killed. */
static unsigned run_and_kill(const char *dir, unsigned first, useconds_t after)
{
	unsigned announced = first, n;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		write_until_killed(dir, first, fds[1]);
	}
	close(fds[1]);
	usleep(after);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		announced = n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SIGKILL);
	return announced;
}

static int read_count(void *context, const char *name, uint64_t value)
{
	assert_string_equal(name, "count");
	*(unsigned *)context = (unsigned)value;
	return 0;
}

static void killed_writer_loses_nothing_announced(void **state)
{
	unsigned first = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned announced =
			run_and_kill(*state, first, (useconds_t)(1000 + (round * 7919) % 40 * 1000));
		struct store *store = open_ok(*state, STORE_OWN);
		unsigned count = 0, found = 0;
		uint64_t sound = 0;
		char id[32];

		assert_int_equal(store_counters(store, read_count, &count), 0);
		assert_true(count >= announced);
		assert_int_equal(count_events(store), count);
		for (unsigned n = first; n < count; n++) {
			snprintf(id, sizeof(id), "01EVENT%010u", n);
			assert_int_equal(store_get(store, id, count_row, &found), 0);
		}
		assert_int_equal(found, count - first);
		assert_int_equal(store_number(store,
					 "SELECT integrity_check = 'ok' FROM pragma_integrity_check", &sound),
			0);
		assert_int_equal(sound, 1);
		store_close(store);
		first = count;
	}
	assert_true(first > ROUNDS * 50);
}

/* Killed while it makes the database: the next one finds nothing, half of it or all, and goes on. */
static void killed_creation_is_taken_up(void **state)
{
	char dir[64];

	for (unsigned round = 0; round < CREATIONS; round++) {
		struct store *store;
		uint64_t vacuum = 0;
		pid_t pid = fork();

		snprintf(dir, sizeof(dir), "%s/%u", (char *)*state, round);
		if (pid == 0) {
			struct buf error = {0};

			_exit(store_open(&store, dir, STORE_OWN, &error) < 0);
		}
		usleep(200 + round * 7919 % 50 * 50);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		store = open_ok(dir, STORE_OWN);
		assert_int_equal(count_events(store), 0);
		assert_int_equal(store_number(store, "PRAGMA auto_vacuum", &vacuum), 0);
		assert_int_equal(vacuum, 2); /* incremental */
		store_close(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed_writer_loses_nothing_announced, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(killed_creation_is_taken_up, dir_make, dir_remove),
	};

	return cmocka_run_group_tests_name("store_kill", tests, NULL, NULL);
}
