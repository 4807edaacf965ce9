/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that works for the loop: jobs, one that is forgotten, and one that does not come back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "sink/worker.h"

#define TICK (10 * NS_PER_MS)

struct job {
	struct loop *loop;
	struct worker *worker;
	int gate[2]; /* a job takes a byte from it, and waits for it */
	int begun;
	int worked;
	int done;
	int ended;
	int jobs;
};

static void work(void *context)
{
	struct job *job = context;
	char byte;

	__atomic_add_fetch(&job->begun, 1, __ATOMIC_RELAXED);
	if (read(job->gate[0], &byte, 1) == 1)
		job->worked++;
}

static void end(void *context)
{
	struct job *job = context;

	__atomic_add_fetch(&job->ended, 1, __ATOMIC_RELAXED);
}

static void wait_for(const int *count)
{
	while (!__atomic_load_n(count, __ATOMIC_RELAXED))
		usleep(1000);
}

static void let_through(struct job *job)
{
	assert_int_equal(write(job->gate[1], "x", 1), 1);
}

static void done(void *context)
{
	struct job *job = context;

	assert_false(worker_is_busy(job->worker));
	if (++job->done == job->jobs) {
		loop_stop(job->loop, 0);
		return;
	}
	assert_int_equal(worker_give(job->worker), 0);
	assert_true(worker_is_busy(job->worker));
	let_through(job);
}

static const struct worker_calls calls = {.work = work, .done = done, .end = end};

static int setup(void **state)
{
	static struct job job;

	job = (struct job){.jobs = 3};
	*state = &job;
	return pipe(job.gate) < 0 || loop_new(&job.loop) < 0 ||
	       worker_new(&job.worker, job.loop, &calls, &job) < 0;
}

static int teardown(void **state)
{
	struct job *job = *state;

	loop_free(job->loop);
	close(job->gate[0]);
	close(job->gate[1]);
	return 0;
}

static void one_job_after_the_other(void **state)
{
	struct job *job = *state;

	assert_int_equal(worker_give(job->worker), 0);
	let_through(job);
	assert_int_equal(loop_run(job->loop), 0);
	assert_int_equal(job->done, 3);
	assert_int_equal(job->ended, 0);
	assert_true(worker_free(job->worker));
	assert_int_equal(job->worked, 3);
	assert_int_equal(job->ended, 1);
}

static void stop(void *context)
{
	struct job *job = context;

	if (!worker_is_busy(job->worker))
		loop_stop(job->loop, 0);
}

static void a_forgotten_one_is_not_told(void **state)
{
	struct job *job = *state;

	assert_int_equal(worker_give(job->worker), 0);
	worker_forget(job->worker);
	assert_true(worker_is_busy(job->worker));
	let_through(job);
	assert_int_equal(loop_add_timer(job->loop, TICK, stop, job), 0);
	assert_int_equal(loop_run(job->loop), 0);
	assert_int_equal(job->done, 0);
	assert_true(worker_free(job->worker));
	assert_int_equal(job->worked, 1);
}

static void one_that_never_worked_ends(void **state)
{
	struct job *job = *state;

	assert_true(worker_free(job->worker));
	assert_true(worker_free(NULL));
	assert_int_equal(job->ended, 0);
}

/* It is waited for a second, and has what it needs for as long as it takes. */
static void one_that_does_not_come_back_is_left(void **state)
{
	struct job *job = *state;
	uint64_t begin;

	assert_int_equal(worker_give(job->worker), 0);
	wait_for(&job->begun);
	begin = clock_boottime();
	assert_false(worker_free(job->worker));
	assert_in_range(clock_boottime() - begin, NS_PER_SEC / 2, 5 * NS_PER_SEC);
	let_through(job);
	wait_for(&job->ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_job_after_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(a_forgotten_one_is_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_never_worked_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_does_not_come_back_is_left, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
