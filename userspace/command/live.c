/* SPDX-License-Identifier: Apache-2.0 */
/* Probes and /proc as one stream. */
#include "command/live.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/host.h"

struct live {
	struct loop *loop;
	struct probe *probe;
	probe_message_fn fn;
	void (*flush)(void *context);
	void (*second)(void *context);
	void *context;
	struct record_host host;
	struct buf message;
	uint64_t attach_ns;
	struct record_oom_scene scene; /* the last one, and whose it was */
	struct record_oom_mark mark;
	uint64_t scene_rest; /* boottime before which no other is read */
	int second_timer;
	int poll_timer;
	int clock_watch;      /* is readable once the realtime clock was set */
	uint64_t poll_period; /* 0: it is woken */
	int error;            /* the last one reported */
};

static void send_message(struct live *live)
{
	if (!live->message.failed && live->message.len)
		live->fn(live->context, live->message.data, live->message.len);
	buf_reset(&live->message);
}

static void on_process(void *context, const struct record_exec *process)
{
	struct live *live = context;

	probe_encode_seed(process, clock_boottime(), &live->message);
	send_message(live);
}

static void on_listener(void *context, const struct record_listen *listener)
{
	struct live *live = context;

	probe_encode_listen(listener, clock_boottime(), &live->message);
	send_message(live);
}

static void on_unix_listener(void *context, const struct record_unix *listener)
{
	struct live *live = context;

	probe_unix_listener(live->probe, listener);
	probe_encode_unix(listener, clock_boottime(), &live->message);
	send_message(live);
}

/* core_pattern may change while we run, and says whether a core file is to be expected. */
static void send_host(struct live *live)
{
	struct record_host host;

	host_describe(&host);
	if (memcmp(&host, &live->host, sizeof(host)) == 0)
		return;
	live->host = host;
	probe_encode_host(&host, clock_boottime(), &live->message);
	send_message(live);
}

static void report(struct live *live, int r)
{
	if (r < 0 && r != live->error)
		log_error("cannot read the probes: %s", strerror(-r));
	live->error = r;
}

#define SCENE_SHARE 10 /* at most one part in so many of the time goes into reading scenes */

/* The scene of an OOM kill must be read now; one that was read after this kill too will do. */
static void read_scene(struct live *live, const struct record_oom_mark *mark)
{
	uint64_t begin = clock_boottime();
	bool again = live->scene.read > mark->time && live->mark.scope == mark->scope &&
		     strcmp(live->mark.cgroup, mark->cgroup) == 0;

	if (!again) {
		if (begin < live->scene_rest || host_oom_scene(mark, &live->scene) < 0)
			return;
		live->mark = *mark;
		live->scene_rest = live->scene.read + (live->scene.read - begin) * SCENE_SHARE;
	}
	live->scene.victim = mark->victim;
	live->scene.marked = mark->time;
	probe_encode_oom_scene(&live->scene, &live->message);
	send_message(live);
}

static void on_message(void *context, const void *message, size_t size)
{
	struct live *live = context;
	struct record_oom_mark mark;

	live->fn(live->context, message, size);
	if (probe_is_oom_mark(message, size, &mark))
		read_scene(live, &mark);
}

/* As network cards are read: the first death wakes the reader, which then looks every few milliseconds and
 * need not be woken, until a look finds nothing. */
#define POLL_PERIOD       (2 * NS_PER_MS)
#define POLL_PERIOD_STORM (10 * NS_PER_MS) /* many at a time are cheaper to store */
#define STORM             4                /* deaths of one look that make it a storm */

static int drain(struct live *live)
{
	int r = probe_drain(live->probe, on_message, live);

	report(live, r);
	return r;
}

static void on_ready(void *context, int fd, uint32_t events);

/* Comes again every so many ns, or with 0 when it is woken. */
static void set_polling(struct live *live, uint64_t ns)
{
	const struct timespec period = {.tv_nsec = (long)ns};
	const struct itimerspec spec = {.it_interval = period, .it_value = period};

	if (ns == live->poll_period)
		return;
	if (!live->poll_period)
		loop_remove_fd(live->loop, probe_fd(live->probe));
	else if (!ns && loop_add_fd(live->loop, probe_fd(live->probe), EPOLLIN, on_ready, live) < 0)
		return; /* no memory: the timer goes on */
	live->poll_period = ns;
	timerfd_settime(live->poll_timer, 0, &spec, NULL);
	probe_poll(live->probe, ns > 0);
}

/* Returns whether there was something. */
static bool look(struct live *live)
{
	int count = drain(live);

	if (count > 0)
		set_polling(live, count > STORM ? POLL_PERIOD_STORM : POLL_PERIOD);
	return count > 0;
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct live *live = context;

	(void)fd;
	(void)events;
	look(live);
}

static void on_poll(void *context, int fd, uint32_t events)
{
	struct live *live = context;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0)
		return;
	if (look(live))
		return;
	set_polling(live, 0);
	look(live);
}

/* Deaths that come after must not be told with the old time until the next second. */
static void on_clock_set(void *context, int fd, uint32_t events)
{
	struct live *live = context;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) >= 0 || errno != ECANCELED)
		return;
	probe_encode_tick(&live->message);
	send_message(live);
}

/* Without it the next second tells. */
static void watch_clock(struct live *live)
{
	const struct itimerspec never = {.it_value = {.tv_sec = INT64_MAX / 2 / NS_PER_SEC}};

	live->clock_watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (live->clock_watch < 0)
		return;
	timerfd_settime(live->clock_watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
	loop_add_fd(live->loop, live->clock_watch, EPOLLIN, on_clock_set, live);
}

static void on_second(void *context, int fd, uint32_t events)
{
	struct live *live = context;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0)
		return;
	send_host(live);
	report(live, probe_tick(live->probe, on_message, live));
	live->flush(live->context); /* the account is saved after what it counts */
	if (live->second)
		live->second(live->context);
}

/* The loop goes on when the probes have been stopped: its own timers would ring then. */
static int open_timers(struct live *live)
{
	live->poll_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	live->second_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (live->poll_timer < 0 || live->second_timer < 0)
		return -errno;
	return 0;
}

static int watch_seconds(struct live *live)
{
	const struct timespec second = {.tv_sec = 1};
	const struct itimerspec spec = {.it_interval = second, .it_value = second};

	if (timerfd_settime(live->second_timer, 0, &spec, NULL) < 0)
		return -errno;
	return loop_add_fd(live->loop, live->second_timer, EPOLLIN, on_second, live);
}

static void close_timer(struct live *live, int fd)
{
	if (fd < 0)
		return;
	loop_remove_fd(live->loop, fd);
	close(fd);
}

static void close_timers(struct live *live)
{
	close_timer(live, live->second_timer);
	close_timer(live, live->poll_timer);
	close_timer(live, live->clock_watch);
}

/* What is there already, before what happens from now on. */
static void send_start(struct live *live)
{
	int r;

	send_host(live);
	probe_encode_reset_reasons(live->probe, clock_boottime(), &live->message);
	send_message(live);
	probe_encode_tick(&live->message);
	send_message(live);
	r = host_processes(on_process, live);
	if (r < 0)
		log_warn("cannot read /proc: %s; processes that run already have no names", strerror(-r));
	host_listeners(on_listener, on_unix_listener, live);
}

static int watch_probes(struct live *live)
{
	int r = loop_add_fd(live->loop, probe_fd(live->probe), EPOLLIN, on_ready, live);

	if (r == 0)
		r = loop_add_fd(live->loop, live->poll_timer, EPOLLIN, on_poll, live);
	return r < 0 ? r : watch_seconds(live);
}

int live_start(struct live **ret, struct loop *loop, const struct probe_config *config, probe_message_fn fn,
	void (*flush)(void *context), void (*second)(void *context), void *context)
{
	_cleanup_buf_ struct buf error = {0};
	const char *missing = host_missing_capability();
	struct live *live;
	uint64_t start = clock_boottime();
	int r;

	if (missing) {
		log_error("no right to load probes: run as root, or give %s", missing);
		return -EPERM;
	}
	live = calloc(1, sizeof(*live));
	if (!live)
		return -ENOMEM;
	*live = (struct live){.loop = loop,
		.fn = fn,
		.flush = flush,
		.second = second,
		.context = context,
		.clock_watch = -1};
	r = open_timers(live);
	if (r < 0)
		buf_printf(&error, "no timer: %s", strerror(-r));
	else
		r = probe_open(&live->probe, config, &error);
	if (r < 0) {
		log_error("%s; `lastwords doctor` tells more", buf_text(&error));
		close_timers(live);
		free(live);
		return r;
	}
	live->attach_ns = clock_boottime() - start;
	/* What libbpf needed to load is free again: give it back. */
	malloc_trim(0);
	send_start(live);
	r = watch_probes(live);
	if (r < 0) {
		log_error("cannot watch the probes: %s", strerror(-r));
		live_stop(live);
		return r;
	}
	watch_clock(live);
	/* Events come from the probes and from the helper that unwinds stacks. */
	loop_on_round(loop, flush, context);
	*ret = live;
	return 0;
}

void live_stop(struct live *live)
{
	if (!live)
		return;
	loop_remove_fd(live->loop, probe_fd(live->probe));
	close_timers(live);
	report(live, probe_finish(live->probe, on_message, live));
	live->flush(live->context);
	probe_close(live->probe);
	buf_free(&live->message);
	free(live);
}

#define SETTLE_PERIOD (5 * NS_PER_MS)

struct settling {
	struct loop *loop;
	struct enrich *enrich;
};

static void on_settle(void *context)
{
	struct settling *settling = context;

	if (enrich_unwinding(settling->enrich) == 0)
		loop_stop(settling->loop, 0);
}

void live_settle(struct loop *loop, struct enrich *enrich)
{
	struct settling settling = {.loop = loop, .enrich = enrich};

	if (enrich_unwinding(enrich) > 0 && loop_add_timer(loop, SETTLE_PERIOD, on_settle, &settling) == 0)
		loop_run(loop);
}

void live_summary(const struct live *live, struct buf *out)
{
	static const char *const states[] = {"", " (degraded)", " (missing)"};
	const struct probe_status *status;
	unsigned count;

	status = probe_status(live->probe, &count);
	buf_printf(out, "attached in %llu ms:", (unsigned long long)(live->attach_ns / NS_PER_MS));
	for (unsigned i = 0; i < count; i++)
		buf_printf(out, "%s %s%s", i ? "," : "", status[i].name, states[status[i].state]);
}
