/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and restarts the process of the sinks, and keeps its account. */
#include "command/delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/delivery_account.h"
#include "command/delivery_seat.h"
#include "sink/options_pass.h"
#include "store/finding.h"

#define STOP_TIME  (3 * NS_PER_SEC)
#define PAUSE_MAX  60u /* s between two starts */
#define REAP_TRIES 50
#define REAP_PAUSE 10000 /* us between two of them */

struct delivery {
	struct pipeline *pipeline;
	struct loop *loop;
	const char *state;
	int options;  /* what the process has for its configuration: see sink_options_pass */
	int next;     /* what the process after it will have, which ends now; -1: nothing else */
	uint64_t end; /* when it is ended, if it does not end by itself */
	void (*taken)(void *context);
	void *context;
	struct seat seats[SINKS_MAX];
	size_t count;
	int fd; /* -1: there is no process */
	pid_t pid;
	pid_t left; /* one that was killed and does not end, since a file system does not answer; 0: none */
	bool half;  /* the last one was killed, or says that it left half a line on the standard output */
	uint64_t events; /* of the pipeline, at the last waking */
	uint64_t finding;
	unsigned pause; /* s */
	uint64_t due;   /* of the next start */
};

static void clear_seats(struct delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		loss_clear(&d->seats[i].loss);
	memset(d->seats, 0, sizeof(d->seats));
	d->count = 0;
}

/* In *ret, which is closed before. Above the numbers that descriptors get in the process: there none is put
 * in the place of this one. */
static int keep_options(int *ret, const struct sink_list *list)
{
	int memory = sink_options_pass(list);
	int fd = memory < 0 ? memory : fcntl(memory, F_DUPFD_CLOEXEC, DELIVERY_OPTIONS_FD + 1);
	int r = memory < 0 ? memory : fd < 0 ? -errno : 0;

	if (memory >= 0)
		close(memory);
	if (r < 0)
		return r;
	if (*ret >= 0)
		close(*ret);
	*ret = fd;
	return 0;
}

static int sit_all(struct delivery *d, const struct sink_list *list)
{
	int r = 0;

	clear_seats(d);
	for (size_t i = 0; i < list->count && r == 0; i++)
		r = seat_take(&d->seats[d->count++], d->pipeline->store, &list->sinks[i]);
	return r == 0 ? store_commit(d->pipeline->store, NULL) : r;
}

int delivery_new(
	struct delivery **ret, struct pipeline *pipeline, const struct sink_list *list, const char *state)
{
	struct delivery *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->pipeline = pipeline;
	d->state = state;
	d->fd = d->options = d->next = -1;
	r = keep_options(&d->options, list);
	if (r == 0)
		r = sit_all(d, list);
	if (r < 0) {
		delivery_stop(d);
		return r;
	}
	*ret = d;
	return 0;
}

static struct seat *seat_of(struct delivery *d, const char *sink)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->seats[i].name, sink) == 0)
			return &d->seats[i];
	return NULL;
}

static void on_progress(struct delivery *d, const struct delivery_message *message)
{
	struct seat *seat = seat_of(d, message->sink);

	if (seat)
		seat_progress(seat, d->pipeline, &message->progress);
}

/* The event itself stays in the store; this says that one receiver has not got it. */
static void on_refused(struct delivery *d, const struct delivery_message *message)
{
	(void)!delivery_save_refusal(d->pipeline->store, message->sink, message->event, message->reason);
	log_warn("sink %s: event %s was refused for good and set aside: %s", message->sink, message->event,
		message->reason);
}

static void rest(struct delivery *d)
{
	d->pause = d->pause ? 2 * d->pause : 1;
	if (d->pause > PAUSE_MAX)
		d->pause = PAUSE_MAX;
	d->due = clock_boottime() + d->pause * NS_PER_SEC;
}

/* Nobody waits for ever for one that a file system does not let go. Its work is done: it runs no code any
 * more. */
static void reap(struct delivery *d)
{
	pid_t gone = 0;
	int status = 0;

	if (d->loop)
		loop_remove_fd(d->loop, d->fd);
	close(d->fd);
	d->fd = -1;
	kill(d->pid, SIGKILL);
	for (unsigned n = 0; n < REAP_TRIES; n++) {
		gone = waitpid(d->pid, &status, WNOHANG);
		if (gone)
			break;
		usleep(REAP_PAUSE);
	}
	d->half = gone != d->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	if (!gone)
		d->left = d->pid;
}

/* Returns false at the end of the process. */
static bool take_messages(struct delivery *d)
{
	struct delivery_message message;
	ssize_t n;

	while ((n = recv(d->fd, &message, sizeof(message), MSG_DONTWAIT)) == sizeof(message)) {
		message.sink[sizeof(message.sink) - 1] = '\0';
		message.event[sizeof(message.event) - 1] = '\0';
		message.reason[sizeof(message.reason) - 1] = '\0';
		message.progress.error[sizeof(message.progress.error) - 1] = '\0';
		if (message.type == DELIVERY_PROGRESS)
			on_progress(d, &message);
		else if (message.type == DELIVERY_REFUSED)
			on_refused(d, &message);
		d->pause = 0;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int spawn(struct delivery *d)
{
	char *argv[] = {"lastwords", "deliver", "--state", (char *)(uintptr_t)d->state,
		d->half ? "--after-half" : NULL, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	/* Libraries that want to ask somebody find no terminal. */
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fds[1], DELIVERY_FD);
	posix_spawn_file_actions_adddup2(&actions, d->options, DELIVERY_OPTIONS_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attributes, &none);
	r = -posix_spawn(&d->pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (r < 0)
		close(fds[0]);
	else
		d->fd = fds[0];
	return r;
}

static void on_ready(void *context, int fd, uint32_t events);

static void start(struct delivery *d)
{
	int r;

	if (!d->count || d->fd >= 0)
		return;
	for (size_t i = 0; i < d->count; i++)
		seat_begin(&d->seats[i], d->pipeline);
	r = spawn(d);
	if (r == 0)
		r = loop_add_fd(d->loop, d->fd, EPOLLIN, on_ready, d);
	if (r == 0)
		return;
	if (d->fd >= 0)
		reap(d);
	rest(d);
	log_error("cannot start the process that delivers to the sinks: %s", strerror(-r));
}

/* The last process has ended: the next one is of the new list. */
static void begin_next(struct delivery *d)
{
	struct sink_list list = {0};
	int r = sink_options_take(&list, d->next);

	(void)!store_commit(d->pipeline->store, NULL);
	close(d->options);
	d->options = d->next;
	d->next = -1;
	if (r == 0)
		r = sit_all(d, &list);
	sink_options_free(&list);
	if (r < 0)
		log_error("cannot begin with the new sinks: %s", strerror(-r));
	d->pause = 0;
	d->taken(d->context);
	start(d);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct delivery *d = context;

	(void)fd;
	(void)events;
	if (take_messages(d))
		return;
	reap(d);
	if (d->next >= 0) {
		begin_next(d);
		return;
	}
	rest(d);
	log_error("the process that delivers to the sinks ended; it is started again in %u s", d->pause);
}

void delivery_start(struct delivery *d, struct loop *loop)
{
	d->loop = loop;
	start(d);
}

static void say(struct delivery *d, enum delivery_type type)
{
	const struct delivery_message message = {.type = type};

	/* One that cannot take it has others waiting, which wake it as well. */
	if (d->fd >= 0)
		send(d->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void delivery_wake(struct delivery *d)
{
	if (!d || d->events == d->pipeline->events)
		return;
	d->events = d->pipeline->events;
	say(d, DELIVERY_WAKE);
}

static int on_removal(void *context, const struct store_row *row)
{
	struct delivery *d = context;
	int r = 0;

	for (size_t i = 0; i < d->count && r == 0; i++) {
		if (row)
			loss_removing(&d->seats[i].loss, row);
		else
			r = seat_save_leaving(&d->seats[i], d->pipeline->store);
	}
	return r;
}

void delivery_removing(struct delivery *d)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; d && i < d->count; i++)
		if (d->seats[i].loss.filter && d->seats[i].loss.cursor < least)
			least = d->seats[i].loss.cursor;
	if (d)
		store_watch_removal(d->pipeline->store, least, least < UINT64_MAX ? on_removal : NULL, d);
}

void delivery_removed(struct delivery *d, bool committed)
{
	for (size_t i = 0; d && i < d->count; i++)
		loss_removed(&d->seats[i].loss, committed);
	if (d)
		store_watch_removal(d->pipeline->store, 0, NULL, NULL);
}

void delivery_second(struct delivery *d)
{
	uint64_t finding;

	if (!d || !d->loop)
		return;
	if (d->left && waitpid(d->left, NULL, WNOHANG) != 0)
		d->left = 0;
	if (d->next >= 0 && clock_boottime() >= d->end) {
		reap(d);
		begin_next(d);
	}
	if (!d->count)
		return;
	if (d->fd < 0 && clock_boottime() >= d->due)
		start(d);
	if (store_last_finding(d->pipeline->store, &finding) == 0 && finding != d->finding) {
		d->finding = finding;
		say(d, DELIVERY_WAKE);
	}
}

static void finish(struct delivery *d)
{
	uint64_t end = clock_boottime() + STOP_TIME;

	if (d->fd < 0)
		return;
	say(d, DELIVERY_FINISH);
	for (;;) {
		uint64_t now = clock_boottime();
		struct pollfd ready = {.fd = d->fd, .events = POLLIN};

		if (now >= end || poll(&ready, 1, (int)((end - now) / NS_PER_MS) + 1) < 0 ||
			!take_messages(d))
			break;
	}
	reap(d);
	(void)!store_commit(d->pipeline->store, NULL);
}

int delivery_reload(
	struct delivery *d, const struct sink_list *list, void (*taken)(void *context), void *context)
{
	int r = keep_options(&d->next, list);

	if (r < 0)
		return r;
	d->taken = taken;
	d->context = context;
	d->end = clock_boottime() + STOP_TIME;
	say(d, DELIVERY_FINISH);
	if (d->fd < 0)
		begin_next(d);
	return 0;
}

void delivery_stop(struct delivery *d)
{
	if (!d)
		return;
	finish(d);
	if (d->options >= 0)
		close(d->options);
	if (d->next >= 0)
		close(d->next);
	clear_seats(d);
	free(d);
}
