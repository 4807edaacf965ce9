/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's side: a queue of requests, one of them in the helper, and a deadline; a helper that dies or
 * lies is replaced. */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "symbolize/answer.h"
#include "symbolize/nursery.h"
#include "symbolize/packet.h"
#include "symbolize/request.h"
#include "symbolize/vdso.h"
#include "symbolize/why.h"

#define BACKOFF_FIRST                                                                                        \
	(10 * NS_PER_MS) /* after a helper's death; doubled with each further one until one answers */
#define BACKOFF_LAST (10 * NS_PER_SEC)

struct symbolizer {
	struct loop *loop;
	int control; /* to the nursery; -1: it is gone */
	pid_t nursery;
	int channel, pidfd; /* of the helper; -1: there is none */
	bool asked;         /* for a helper */
	bool resting;       /* until the timer ends, after a death */
	int timer;          /* deadline of a running request, or the end of the rest */
	int vdso;
	uint64_t root_mount;           /* files on others are lent to the helper */
	struct request *first, **last; /* the first one is in the helper if running */
	unsigned pending;
	bool running;
	bool behind; /* the helper reads what it left out, and takes no request */
	uint32_t id;
	uint64_t backoff;
	struct answer answer;
	uint8_t message[RESULT_MAX];
};

static void pump(struct symbolizer *s);

static void set_timer(struct symbolizer *s, uint64_t ns)
{
	const struct itimerspec spec = {.it_value = {(time_t)(ns / NS_PER_SEC), (long)(ns % NS_PER_SEC)}};

	timerfd_settime(s->timer, 0, &spec, NULL);
}

static struct request *take_first(struct symbolizer *s)
{
	struct request *request = s->first;

	s->first = request->next;
	if (!s->first)
		s->last = &s->first;
	s->pending--;
	s->running = false;
	return request;
}

/* done may add requests: nothing of s is held over the call. */
static void finish_raw(struct symbolizer *s, enum why why)
{
	_cleanup_free_ struct request *request = take_first(s);

	answer_raw(&s->answer, &request->snapshot, why);
	request->done(request->context, &s->answer.symbolized);
}

static void close_helper(struct symbolizer *s)
{
	if (s->channel < 0)
		return;
	if (s->loop)
		loop_remove_fd(s->loop, s->channel);
	syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
	close(s->channel);
	close(s->pidfd);
	s->channel = s->pidfd = -1;
}

static void finish_all_raw(struct symbolizer *s, enum why why)
{
	while (s->first)
		finish_raw(s, why);
}

/* Answers the request that the helper was at, and rests. One that dies before any request cannot work here.
 */
static void lose_helper(struct symbolizer *s, enum why why)
{
	close_helper(s);
	s->resting = true;
	set_timer(s, s->backoff);
	s->backoff = s->backoff * 2 < BACKOFF_LAST ? s->backoff * 2 : BACKOFF_LAST;
	if (s->running)
		finish_raw(s, why);
	else if (!s->behind)
		finish_all_raw(s, WHY_NOT_STARTED);
	s->behind = false;
}

static void lose_nursery(struct symbolizer *s)
{
	if (s->control < 0)
		return;
	if (s->loop)
		loop_remove_fd(s->loop, s->control);
	close(s->control);
	s->control = -1;
}

static int send_request(struct symbolizer *s, struct request *request)
{
	const struct snapshot *snapshot = &request->snapshot;
	struct message_request head = {
		.type = MESSAGE_REQUEST,
		.id = request->id,
		.arch = snapshot->arch,
		.map_count = snapshot->map_count,
		.stack_size = snapshot->stack_size,
		.known = snapshot->known,
		.pc = snapshot->pc,
		.sp = snapshot->sp,
		.stack_start = snapshot->stack_start,
	};
	struct iovec parts[] = {{&head, sizeof(head)},
		{(void *)snapshot->maps, snapshot->map_count * sizeof(snapshot->maps[0])},
		{(void *)snapshot->stack, snapshot->stack_size}};

	memcpy(head.registers, snapshot->registers, sizeof(head.registers));
	return packet_send(s->channel, parts, 3, NULL, 0);
}

/* Opens what the helper asked for. Returns a descriptor or -errno. */
static int open_file(struct symbolizer *s, const struct request *request, const struct message_ask *ask)
{
	const struct snapshot_map *map = &request->snapshot.maps[ask->map];
	struct stat st;

	if (map->vdso && !ask->debug[0])
		return s->vdso < 0 ? s->vdso : fcntl(s->vdso, F_DUPFD_CLOEXEC, 0);
	if (!map->inode && strcmp(ask->debug, SYMBOLIZER_PERF_MAP) != 0)
		return -ENOENT;
	int fd = request->open(request->context, map->device, map->inode, ask->debug[0] ? ask->debug : NULL);
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -ENOENT;
}

static uint64_t mount_of(int fd, const char *path)
{
	struct statx st;

	return statx(fd, path, *path ? 0 : AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 ? 0 : st.stx_mnt_id;
}

static int give_file(struct symbolizer *s, const struct message_ask *ask, size_t length)
{
	if (!s->running || length != sizeof(*ask) || ask->map >= s->first->snapshot.map_count ||
		(ask->debug[0] && !answer_path_is_good(ask->debug)))
		return -EBADMSG;
	_cleanup_close_ int fd = open_file(s, s->first, ask);
	/* The debug folders are this host's own: nobody unmounts those. */
	bool lent = fd >= 0 && ask->debug[0] != '/' && mount_of(fd, "") != s->root_mount;
	struct message_file answer = {.type = MESSAGE_FILE, .error = fd < 0 ? fd : 0, .lent = lent};
	return packet_send(s->channel, &(struct iovec){&answer, sizeof(answer)}, 1, &fd, fd >= 0);
}

static int take_result(struct symbolizer *s, size_t length)
{
	if (!s->running ||
		answer_read(&s->answer, s->message, length, s->first->id, s->first->snapshot.map_count) < 0)
		return -EBADMSG;
	_cleanup_free_ struct request *request = take_first(s);
	s->behind = s->answer.behind;
	set_timer(s, s->behind ? SYMBOLIZER_DEADLINE : 0);
	s->backoff = BACKOFF_FIRST;
	request->done(request->context, &s->answer.symbolized);
	return 0;
}

static int take_ready(struct symbolizer *s, size_t length)
{
	if (!s->behind || length != sizeof(uint32_t))
		return -EBADMSG;
	s->behind = false;
	set_timer(s, 0);
	return 0;
}

static int take_message(struct symbolizer *s, size_t length)
{
	uint32_t type = *(uint32_t *)(void *)s->message;

	return type == MESSAGE_ASK     ? give_file(s, (const struct message_ask *)(void *)s->message, length)
	       : type == MESSAGE_READY ? take_ready(s, length)
				       : take_result(s, length);
}

static void on_channel(void *context, int fd, uint32_t events)
{
	struct symbolizer *s = context;
	int fds[PACKET_FDS];
	ssize_t length = packet_receive(fd, s->message, sizeof(s->message), fds);
	int r = -EPIPE;

	(void)events;
	if (length == -EAGAIN)
		return;
	for (size_t i = 0; i < PACKET_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]); /* no honest helper sends any */
	if (length >= (ssize_t)sizeof(uint32_t))
		r = take_message(s, (size_t)length);
	if (r < 0)
		lose_helper(s, WHY_DIED);
	pump(s);
}

static void on_control(void *context, int fd, uint32_t events)
{
	struct symbolizer *s = context;
	int r = nursery_take(fd, &s->channel, &s->pidfd);

	(void)events;
	if (r == -EAGAIN)
		return;
	s->asked = false;
	if (r == -EPIPE || r == -ECONNRESET)
		lose_nursery(s);
	else if (r < 0 || fcntl(s->channel, F_SETFL, O_NONBLOCK) < 0 ||
		 loop_add_fd(s->loop, s->channel, EPOLLIN, on_channel, s) < 0)
		lose_helper(s, WHY_NOT_STARTED);
	pump(s);
}

static void on_timer(void *context, int fd, uint32_t events)
{
	struct symbolizer *s = context;
	uint64_t times;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0) /* the result came in the same round */
		return;
	s->resting = false;
	if (s->running || s->behind)
		lose_helper(s, WHY_DEADLINE);
	pump(s);
}

/* Does the next thing that can be done for the first request. */
static void pump(struct symbolizer *s)
{
	if (!s->loop || s->running || s->behind || s->resting)
		return;
	if (s->channel < 0) {
		if (s->control < 0)
			finish_all_raw(s, WHY_NOT_STARTED);
		else
			s->asked = s->asked || nursery_ask(s->control) == 0;
		return;
	}
	if (!s->first)
		return;
	s->running = true;
	if (send_request(s, s->first) < 0)
		lose_helper(s, WHY_DIED);
	else
		set_timer(s, SYMBOLIZER_DEADLINE);
}

int symbolizer_start(struct symbolizer **ret)
{
	struct symbolizer *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->last = &s->first;
	s->channel = s->pidfd = s->timer = s->control = -1;
	s->backoff = BACKOFF_FIRST;
	int r = nursery_start(&s->control, &s->nursery);
	if (r < 0) {
		free(s);
		return r;
	}
	s->vdso = vdso_open();
	s->root_mount = mount_of(AT_FDCWD, "/");
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->timer < 0 || fcntl(s->control, F_SETFL, O_NONBLOCK) < 0) {
		r = -errno;
		symbolizer_stop(s);
		return r;
	}
	*ret = s;
	return 0;
}

pid_t symbolizer_nursery(const struct symbolizer *s)
{
	return s ? s->nursery : 0;
}

int symbolizer_attach(struct symbolizer *s, struct loop *loop)
{
	int r = loop_add_fd(loop, s->control, EPOLLIN, on_control, s);

	if (r < 0)
		return r;
	r = loop_add_fd(loop, s->timer, EPOLLIN, on_timer, s);
	if (r < 0) {
		loop_remove_fd(loop, s->control);
		return r;
	}
	s->loop = loop;
	pump(s);
	return 0;
}

void symbolizer_stop(struct symbolizer *s)
{
	if (!s)
		return;
	close_helper(s);
	lose_nursery(s);
	finish_all_raw(s, WHY_STOPPED);
	if (s->loop)
		loop_remove_fd(s->loop, s->timer);
	if (s->timer >= 0)
		close(s->timer);
	if (s->vdso >= 0)
		close(s->vdso);
	waitpid(s->nursery, NULL, 0);
	free(s);
}

void symbolizer_request(struct symbolizer *s, const struct snapshot *snapshot, symbolizer_open_fn open,
	symbolizer_done_fn done, void *context)
{
	struct request *request = NULL;
	enum why why = WHY_NOTHING;

	if (s->control < 0)
		why = WHY_NOT_STARTED;
	else if (s->pending >= SYMBOLIZER_PENDING)
		why = WHY_BUSY;
	else if (!(request = request_new(snapshot)))
		why = WHY_NO_MEMORY;
	if (why != WHY_NOTHING) {
		answer_raw(&s->answer, snapshot, why);
		done(context, &s->answer.symbolized);
		return;
	}
	request->next = NULL;
	request->id = ++s->id;
	request->open = open;
	request->done = done;
	request->context = context;
	*s->last = request;
	s->last = &request->next;
	s->pending++;
	pump(s);
}
