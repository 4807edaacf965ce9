/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: descriptors, timers, signals, removal within a round. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

struct watch {
	struct loop *loop;
	int pipes[3][2];
	int calls;
	int fresh_calls;
	int signo;
	uint64_t begin;
};

static int setup(void **state)
{
	static struct watch w;

	w = (struct watch){.begin = clock_boottime()};
	for (int i = 0; i < 3; i++)
		if (pipe2(w.pipes[i], O_CLOEXEC) < 0)
			return -1;
	*state = &w;
	return loop_new(&w.loop);
}

static int teardown(void **state)
{
	struct watch *w = *state;

	loop_free(w->loop);
	for (int i = 0; i < 6; i++)
		close(w->pipes[i / 2][i % 2]);
	return 0;
}

static int open_descriptors(void)
{
	int n = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void stop(void *context)
{
	struct watch *w = context;

	loop_stop(w->loop, w->calls);
}

static void make_ready(struct watch *w, int i)
{
	assert_int_equal(write(w->pipes[i][1], "x", 1), 1);
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct watch *w = context;
	char c;

	assert_int_equal(fd, w->pipes[0][0]);
	assert_int_equal(events, EPOLLIN);
	assert_int_equal(read(fd, &c, 1), 1);
	if (++w->calls == 3)
		loop_stop(w->loop, 42);
	else
		make_ready(w, 0);
}

static void descriptors_are_called_until_stop(void **state)
{
	struct watch *w = *state;

	assert_int_equal(loop_add_fd(w->loop, w->pipes[0][0], EPOLLIN, on_readable, w), 0);
	make_ready(w, 0);
	assert_int_equal(loop_run(w->loop), 42);
	assert_int_equal(w->calls, 3);
}

static void stop_before_run_counts_once(void **state)
{
	struct watch *w = *state;

	loop_stop(w->loop, 5);
	assert_int_equal(loop_run(w->loop), 5);
	assert_int_equal(loop_add_timer(w->loop, NS_PER_MS, stop, w), 0);
	assert_int_equal(loop_run(w->loop), 0);
}

static void remove_all(void *context, int fd, uint32_t events)
{
	struct watch *w = context;

	(void)fd;
	(void)events;
	w->calls++;
	for (int i = 0; i < 3; i++)
		loop_remove_fd(w->loop, w->pipes[i][0]);
}

static void a_removed_descriptor_is_not_called(void **state)
{
	struct watch *w = *state;

	for (int i = 0; i < 3; i++) {
		make_ready(w, i);
		assert_int_equal(loop_add_fd(w->loop, w->pipes[i][0], EPOLLIN, remove_all, w), 0);
	}
	assert_int_equal(loop_add_timer(w->loop, 10 * NS_PER_MS, stop, w), 0);
	assert_int_equal(loop_run(w->loop), 1);  /* all were ready, the first removed all */
	loop_remove_fd(w->loop, w->pipes[0][0]); /* again: no harm */
	loop_remove_fd(w->loop, -1);
}

static void stop_at_once(void *context, int fd, uint32_t events)
{
	struct watch *w = context;

	(void)fd;
	(void)events;
	loop_stop(w->loop, ++w->calls);
}

static void nothing_is_called_after_stop(void **state)
{
	struct watch *w = *state;

	for (int i = 0; i < 3; i++) {
		make_ready(w, i);
		assert_int_equal(loop_add_fd(w->loop, w->pipes[i][0], EPOLLIN, stop_at_once, w), 0);
	}
	assert_int_equal(loop_run(w->loop), 1);
	assert_int_equal(loop_run(w->loop), 2); /* the others are not lost */
}

static void on_fresh(void *context, int fd, uint32_t events)
{
	struct watch *w = context;

	(void)fd;
	(void)events;
	w->fresh_calls++;
}

/* Removes and closes the other ready pipe, then reuses its number for one that is not ready. */
static void reuse_other(void *context, int fd, uint32_t events)
{
	struct watch *w = context;
	int other = fd == w->pipes[0][0] ? w->pipes[1][0] : w->pipes[0][0];

	(void)events;
	w->calls++;
	loop_remove_fd(w->loop, fd);
	loop_remove_fd(w->loop, other);
	assert_int_equal(dup3(w->pipes[2][0], other, O_CLOEXEC), other);
	assert_int_equal(loop_add_fd(w->loop, other, EPOLLIN, on_fresh, w), 0);
}

static void a_reused_number_is_another_descriptor(void **state)
{
	struct watch *w = *state;

	for (int i = 0; i < 2; i++) {
		make_ready(w, i);
		assert_int_equal(loop_add_fd(w->loop, w->pipes[i][0], EPOLLIN, reuse_other, w), 0);
	}
	assert_int_equal(loop_add_timer(w->loop, 10 * NS_PER_MS, stop, w), 0);
	assert_int_equal(loop_run(w->loop), 1);
	assert_int_equal(w->fresh_calls, 0);
	make_ready(w, 2);
	assert_int_equal(loop_run(w->loop), 1);
	assert_true(w->fresh_calls > 0);
}

static void count_slowly(void *context)
{
	struct watch *w = context;

	if (w->calls++ == 0)
		usleep(60000);
	if (clock_boottime() - w->begin > 100 * NS_PER_MS)
		loop_stop(w->loop, 0);
}

static void missed_periods_are_one_call(void **state)
{
	struct watch *w = *state;

	assert_int_equal(loop_add_timer(w->loop, 2 * NS_PER_MS, count_slowly, w), 0);
	assert_int_equal(loop_run(w->loop), 0);
	uint64_t elapsed = clock_boottime() - w->begin;
	assert_true(w->calls >= 2);
	/* 60 ms were slept away in one call. */
	assert_true((uint64_t)w->calls * 2 * NS_PER_MS <= elapsed - 50 * NS_PER_MS);
}

static void on_signal(void *context, int signo)
{
	struct watch *w = context;

	w->signo = signo;
	loop_stop(w->loop, signo == SIGUSR2 ? 0 : 1);
	w->calls++;
}

static void signals_come_through_the_loop(void **state)
{
	struct watch *w = *state;
	sigset_t mask;

	assert_int_equal(loop_add_signal(w->loop, SIGUSR1, on_signal, w), 0);
	assert_int_equal(loop_add_signal(w->loop, SIGUSR2, on_signal, w), 0);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_true(sigismember(&mask, SIGUSR1));
	kill(getpid(), SIGUSR1);
	assert_int_equal(w->calls, 0);
	assert_int_equal(loop_run(w->loop), 1);
	assert_int_equal(w->signo, SIGUSR1);
	kill(getpid(), SIGUSR2);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->signo, SIGUSR2);
	assert_int_equal(w->calls, 2);
}

static void wrong_arguments_are_refused(void **state)
{
	struct watch *w = *state;
	int before = open_descriptors();
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_int_equal(loop_add_fd(w->loop, -1, EPOLLIN, on_fresh, w), -EBADF);
	assert_int_equal(loop_add_fd(w->loop, file, EPOLLIN, on_fresh, w), -EPERM);
	assert_int_equal(loop_add_fd(w->loop, w->pipes[0][0], EPOLLIN, on_fresh, w), 0);
	assert_int_equal(loop_add_fd(w->loop, w->pipes[0][0], EPOLLIN, on_fresh, w), -EEXIST);
	assert_int_equal(loop_add_timer(w->loop, 0, stop, w), -EINVAL);
	assert_int_equal(loop_add_signal(w->loop, 0, on_signal, w), -EINVAL);
	assert_int_equal(loop_add_signal(w->loop, 10000, on_signal, w), -EINVAL);
	close(file);
	assert_int_equal(open_descriptors(), before);
}

static void free_closes_its_own_only(void **state)
{
	struct watch *w = *state;
	int before = open_descriptors();
	struct loop *loop;

	loop_free(NULL);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(loop_add_fd(loop, w->pipes[0][0], EPOLLIN, on_fresh, w), 0);
	assert_int_equal(loop_add_timer(loop, NS_PER_SEC, stop, w), 0);
	assert_int_equal(loop_add_signal(loop, SIGUSR1, on_signal, w), 0);
	assert_int_equal(open_descriptors(), before + 3);
	loop_free(loop);
	assert_int_equal(open_descriptors(), before);
	assert_true(fcntl(w->pipes[0][0], F_GETFD) >= 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(descriptors_are_called_until_stop),
		test(stop_before_run_counts_once),
		test(nothing_is_called_after_stop),
		test(a_removed_descriptor_is_not_called),
		test(a_reused_number_is_another_descriptor),
		test(missed_periods_are_one_call),
		test(signals_come_through_the_loop),
		test(wrong_arguments_are_refused),
		test(free_closes_its_own_only),
	};

	return cmocka_run_group_tests_name("base_loop", tests, NULL, NULL);
}
