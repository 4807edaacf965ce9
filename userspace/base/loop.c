/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop on epoll, timerfd and signalfd. */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"

#define ROUND_MAX 64

/* One watched descriptor. A removed one stays in the list, dead, until the round is over: epoll may already
 * have handed out its address. */
struct source {
	struct source *next;
	int fd;
	bool owned;
	bool dead;
	loop_fd_fn fn;
	void *context;
	loop_timer_fn timer;
	loop_signal_fn signal;
	void *user;
};

struct loop {
	int epoll;
	struct source *sources;
	bool stopped;
	int code;
	loop_timer_fn round; /* NULL: none */
	void *round_context;
};

int loop_new(struct loop **ret)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		int err = -errno;
		free(loop);
		return err;
	}
	*ret = loop;
	return 0;
}

static void sweep(struct loop *loop, bool all)
{
	struct source **link = &loop->sources;

	while (*link) {
		struct source *source = *link;
		if (!source->dead && !all) {
			link = &source->next;
			continue;
		}
		*link = source->next;
		if (source->owned)
			close(source->fd);
		free(source);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	sweep(loop, true);
	close(loop->epoll);
	free(loop);
}

/* Takes over source, also when it fails. */
static int watch(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0) {
		int err = -errno;
		free(source);
		return err;
	}
	source->next = loop->sources;
	loop->sources = source;
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *context)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	*source = (struct source){.fd = fd, .fn = fn, .context = context};
	return watch(loop, source, events);
}

void loop_remove_fd(struct loop *loop, int fd)
{
	for (struct source *source = loop->sources; source; source = source->next) {
		if (source->fd != fd || source->dead)
			continue;
		source->dead = true;
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		return;
	}
}

static void on_timer(void *context, int fd, uint32_t events)
{
	struct source *source = context;
	uint64_t periods;

	(void)events;
	if (read(fd, &periods, sizeof(periods)) == sizeof(periods))
		source->timer(source->user);
}

static void on_signal(void *context, int fd, uint32_t events)
{
	struct source *source = context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) == sizeof(info))
		source->signal(source->user, (int)info.ssi_signo);
}

/* Watches a descriptor that the loop itself opened, and takes it over on success. */
static int add_own(struct loop *loop, int *fd, struct source like)
{
	struct source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return -ENOMEM;
	*source = like;
	source->fd = *fd;
	source->owned = true;
	source->context = source;
	r = watch(loop, source, EPOLLIN);
	if (r == 0)
		*fd = -1;
	return r;
}

int loop_add_timer(struct loop *loop, uint64_t period_ns, loop_timer_fn fn, void *context)
{
	struct timespec period = {(time_t)(period_ns / NS_PER_SEC), (long)(period_ns % NS_PER_SEC)};
	struct itimerspec spec = {.it_interval = period, .it_value = period};

	if (!period_ns)
		return -EINVAL;
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		return -errno;
	return add_own(loop, &fd, (struct source){.fn = on_timer, .timer = fn, .user = context});
}

int loop_add_alarm(struct loop *loop, loop_timer_fn fn, void *context)
{
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int alarm = fd, r;

	if (fd < 0)
		return -errno;
	r = add_own(loop, &fd, (struct source){.fn = on_timer, .timer = fn, .user = context});
	return r < 0 ? r : alarm;
}

void loop_set_alarm(int alarm, uint64_t in_ns)
{
	struct itimerspec spec = {0};

	if (in_ns < UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(in_ns / NS_PER_SEC);
		spec.it_value.tv_nsec = in_ns ? (long)(in_ns % NS_PER_SEC) : 1;
	}
	timerfd_settime(alarm, 0, &spec, NULL);
}

int loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *context)
{
	sigset_t set;

	sigemptyset(&set);
	if (sigaddset(&set, signo) < 0)
		return -errno;
	_cleanup_close_ int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return add_own(loop, &fd, (struct source){.fn = on_signal, .signal = fn, .user = context});
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[ROUND_MAX];

	while (!loop->stopped) {
		int n = epoll_wait(loop->epoll, events, ROUND_MAX, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !loop->stopped; i++) {
			struct source *source = events[i].data.ptr;
			if (!source->dead)
				source->fn(source->context, source->fd, events[i].events);
		}
		sweep(loop, false);
		if (loop->round)
			loop->round(loop->round_context);
	}
	loop->stopped = false;
	return loop->code;
}

void loop_on_round(struct loop *loop, loop_timer_fn fn, void *context)
{
	loop->round = fn;
	loop->round_context = context;
}

void loop_stop(struct loop *loop, int code)
{
	loop->stopped = true;
	loop->code = code;
}
