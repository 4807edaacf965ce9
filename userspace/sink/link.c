/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a link: connect, write a batch, wait until the kernel has nothing of it left, watch the
 * receiver. */
#include "sink/link.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/un.h>

#include "base/clock.h"
#include "sink/http.h"
#include "sink/link_internal.h"

#define PAUSE_LEAST    (200000ull)
#define PAUSE_MOST     (20 * NS_PER_MS)
#define REFUSED_WITHIN (300 * NS_PER_MS)
#define LOOK           (100 * NS_PER_MS) /* at a socket whose end is told by nobody */
#define LOOK_TIME      (700 * NS_PER_MS) /* longer than a batch takes to settle */

static const char *reason_of(int r)
{
	switch (r) {
	case -EPIPE: return "the receiver closed the connection";
	case -EPROTO: return "the receiver talks, which one of syslog does not";
	default: return strerror(-r);
	}
}

static void lose(struct link *link, const char *reason)
{
	link_down(link);
	sink_lost(link->sink, reason);
}

static void ring(struct link *link)
{
	link->pause = link->pause ? 2 * link->pause : PAUSE_LEAST;
	if (link->pause > PAUSE_MOST)
		link->pause = PAUSE_MOST;
	loop_set_alarm(link->alarm, link->pause);
}

/* Of TCP the other kernel has it then, of a unix socket the receiver. */
static void drain(struct link *link)
{
	int left = 0;

	if (ioctl(link->fd, SIOCOUTQ, &left) == 0 && left > 0) {
		ring(link);
		return;
	}
	link->state = LINK_QUIET;
	link->quiet = clock_boottime();
	loop_set_alarm(link->alarm, link->transport == LINK_UNIX_DATAGRAM ? LOOK : UINT64_MAX);
	sink_done(link->sink, SINK_SENT, 0, NULL);
}

static void go_on(struct link *link)
{
	int r = link_write(link);

	if (r == 0)
		link->state = LINK_DRAINING;
	if (r == 0 || r == -EAGAIN) {
		int watched =
			link_watch(link, r == 0 ? EPOLLIN | EPOLLRDHUP : EPOLLIN | EPOLLRDHUP | EPOLLOUT);

		r = watched < 0 ? watched : r;
	}
	if (r == 0)
		drain(link);
	else if (r == -ENOBUFS)
		ring(link);
	else if (r != -EAGAIN)
		lose(link, reason_of(r));
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct link *link = context;
	int r = events & ~(uint32_t)EPOLLOUT ? link_read_off(link) : 0;

	(void)fd;
	if (r < 0)
		lose(link, reason_of(r));
	else if (link->state == LINK_WRITING)
		go_on(link);
}

/* One that is closed at once again and again is not for us: journald closes on those of another PID
 * namespace. */
static void on_watch(void *context, int fd, uint32_t events)
{
	struct link *link = context;

	(void)fd;
	(void)events;
	if (clock_boottime() < link->watched + REFUSED_WITHIN)
		link->watches_refused++;
	else
		link->watches_refused = 0;
	lose(link, "the receiver ended");
}

int link_watch(struct link *link, uint32_t events)
{
	struct loop *loop = sink_loop(link->sink);

	loop_remove_fd(loop, link->fd);
	return loop_add_fd(loop, link->fd, events, on_ready, link);
}

void link_unwatch(struct link *link)
{
	struct loop *loop = sink_loop(link->sink);

	if (link->fd >= 0)
		loop_remove_fd(loop, link->fd);
	if (link->watch >= 0)
		loop_remove_fd(loop, link->watch);
	loop_set_alarm(link->alarm, UINT64_MAX);
}

void link_opened(struct link *link, const char *reason)
{
	int r = 0;

	link->watched = clock_boottime();
	if (!reason && link->watch >= 0)
		r = loop_add_fd(sink_loop(link->sink), link->watch, EPOLLIN | EPOLLRDHUP, on_watch, link);
	if (!reason && r == 0) {
		link->state = LINK_WRITING;
		go_on(link);
		return;
	}
	link_down(link);
	sink_done(link->sink, SINK_RETRY, 0, reason ? reason : strerror(-r));
}

static void begin(struct link *link, int r)
{
	if (r == -EINPROGRESS && link->state == LINK_LOOKING_UP)
		ring(link);
	else if (r != -EINPROGRESS)
		link_opened(link, r == 0 ? NULL : reason_of(r));
}

static void on_alarm(void *context)
{
	struct link *link = context;

	switch (link->state) {
	case LINK_LOOKING_UP: begin(link, link_look_up(link)); break;
	case LINK_WRITING: go_on(link); break;
	case LINK_DRAINING: drain(link); break;
	case LINK_QUIET:
		if (!link_is_there(link))
			lose(link, "the receiver is gone");
		else if (clock_boottime() < link->quiet + LOOK_TIME)
			loop_set_alarm(link->alarm, LOOK);
		break;
	default: break;
	}
}

void link_frame(struct buf *body, const struct buf *message)
{
	buf_printf(body, "%zu ", message->len);
	buf_append(body, message->data, message->len);
	if (message->failed)
		body->failed = true;
}

void link_send(struct sink *sink, struct buf *body, unsigned count)
{
	struct link *link = sink_state(sink);

	(void)count;
	link->body = body;
	link->done = 0;
	link->index = 0;
	link->pause = 0;
	if (link->state == LINK_DOWN) {
		begin(link, link_open(link));
		return;
	}
	link->state = LINK_WRITING;
	go_on(link);
}

void link_cancel(struct sink *sink)
{
	link_down(sink_state(sink));
}

void link_close(struct sink *sink)
{
	struct link *link = sink_state(sink);

	link_down(link);
	free(link->url);
	free(link->watch_path);
	free(link);
	sink_set_state(sink, NULL);
}

int link_make(struct sink *sink, const struct link_target *target, struct buf *error)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	sink_set_state(sink, link);
	link->sink = sink;
	link->fd = link->watch = -1;
	link->memfd = target->memfd;
	link->url = strdup(target->url);
	link->watch_path = target->watch ? strdup(target->watch) : NULL;
	link->alarm = loop_add_alarm(sink_loop(sink), on_alarm, link);
	if (!link->url || (target->watch && !link->watch_path) || link->alarm < 0)
		return link->alarm < 0 ? link->alarm : -ENOMEM;
	if (!options_url_parse(link->url, &link->to) ||
		(!*link->to.host && strlen(link->to.path) >= sizeof(((struct sockaddr_un *)0)->sun_path))) {
		buf_printf(error, "%s: a path of a socket has at most 107 bytes", link->url);
		return -EINVAL;
	}
	if (!link->to.port)
		link->to.port = target->port;
	return 0;
}
