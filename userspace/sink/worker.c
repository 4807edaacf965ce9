/* SPDX-License-Identifier: Apache-2.0 */
/* One job, whose turn it is under a lock, and an eventfd by which the thread wakes the loop. */
#include "sink/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define CLOSE_TIME 1 /* s that the end waits for the thread */

struct worker {
	const struct worker_calls *calls;
	void *context;
	struct loop *loop;
	int wake; /* eventfd: the thread is done */
	bool started;
	bool wanted; /* of the loop: the job was not forgotten */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t given;
	bool busy; /* the job is the thread's; under the lock */
	bool stop; /* written under the lock; work may look at it */
};

static void *run(void *context)
{
	const uint64_t one = 1;
	struct worker *w = context;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->busy && !__atomic_load_n(&w->stop, __ATOMIC_RELAXED))
			pthread_cond_wait(&w->given, &w->lock);
		if (__atomic_load_n(&w->stop, __ATOMIC_RELAXED))
			break;
		pthread_mutex_unlock(&w->lock);
		w->calls->work(w->context);
		pthread_mutex_lock(&w->lock);
		w->busy = false;
		if (write(w->wake, &one, sizeof(one)) < 0)
			break; /* cannot be: the counter is read each time */
	}
	pthread_mutex_unlock(&w->lock);
	w->calls->end(w->context);
	return NULL;
}

bool worker_is_busy(struct worker *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->busy;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

static void on_wake(void *context, int fd, uint32_t events)
{
	struct worker *w = context;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0 || worker_is_busy(w) || !w->wanted)
		return;
	w->wanted = false;
	w->calls->done(w->context);
}

static void destroy(struct worker *w)
{
	if (w->wake >= 0)
		close(w->wake);
	pthread_cond_destroy(&w->given);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int worker_new(struct worker **ret, struct loop *loop, const struct worker_calls *calls, void *context)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct worker){.calls = calls, .context = context, .loop = loop};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->given, NULL);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->wake < 0 ? -errno : loop_add_fd(loop, w->wake, EPOLLIN, on_wake, w);
	if (r < 0)
		destroy(w);
	else
		*ret = w;
	return r;
}

int worker_give(struct worker *w)
{
	int r = w->started ? 0 : -pthread_create(&w->thread, NULL, run, w);

	if (r < 0)
		return r;
	w->started = true;
	w->wanted = true;
	pthread_mutex_lock(&w->lock);
	w->busy = true;
	pthread_cond_signal(&w->given);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

void worker_forget(struct worker *w)
{
	w->wanted = false;
}

const bool *worker_is_stopped(const struct worker *w)
{
	return &w->stop;
}

/* Returns whether nobody works any more. */
static bool stop(struct worker *w)
{
	struct timespec until;

	if (!w->started)
		return true;
	pthread_mutex_lock(&w->lock);
	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&w->given);
	pthread_mutex_unlock(&w->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_TIME;
	return pthread_timedjoin_np(w->thread, NULL, &until) == 0;
}

bool worker_free(struct worker *w)
{
	if (!w)
		return true;
	loop_remove_fd(w->loop, w->wake);
	if (!stop(w))
		return false;
	destroy(w);
	return true;
}
