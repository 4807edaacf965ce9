/* SPDX-License-Identifier: Apache-2.0 */
/* The sink stdout: JSON lines. A reader that is slow is waited for, without holding up the other sinks. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sink/kinds.h"

#define CHUNK 4096 /* PIPE_BUF: a pipe that can be written to takes so much without blocking */

struct out {
	const struct buf *body; /* of the batch at hand */
	size_t done;
	bool watched;
};

static int open_sink(struct sink *sink, struct buf *error)
{
	struct out *out = calloc(1, sizeof(*out));

	(void)error;
	sink_set_state(sink, out);
	return out ? 0 : -ENOMEM;
}

static void watch(struct sink *sink, bool on);

/* Whether the descriptor cannot be waited for is found by poll; a file is always ready. */
static void go_on(struct sink *sink)
{
	struct out *out = sink_state(sink);

	while (out->done < out->body->len) {
		struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
		size_t left = out->body->len - out->done;
		ssize_t n;

		if (poll(&ready, 1, 0) == 0) {
			watch(sink, true);
			return;
		}
		n = write(STDOUT_FILENO, out->body->data + out->done, left < CHUNK ? left : CHUNK);
		if (n < 0 && errno != EINTR)
			break;
		out->done += n > 0 ? (size_t)n : 0;
	}
	watch(sink, false);
	if (out->done == out->body->len)
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	else
		sink_done(sink, SINK_RETRY, 0, strerror(errno));
}

static void on_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	go_on(context);
}

static void watch(struct sink *sink, bool on)
{
	struct out *out = sink_state(sink);

	if (on == out->watched)
		return;
	out->watched = on;
	if (on)
		loop_add_fd(sink_loop(sink), STDOUT_FILENO, EPOLLOUT, on_ready, sink);
	else
		loop_remove_fd(sink_loop(sink), STDOUT_FILENO);
}

static void close_sink(struct sink *sink)
{
	watch(sink, false);
	free(sink_state(sink));
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	buf_append(body, item->body, item->len);
	buf_char(body, '\n');
	return 0;
}

static void send_lines(struct sink *sink, struct buf *body, unsigned count)
{
	struct out *out = sink_state(sink);

	(void)count;
	out->body = body;
	out->done = 0;
	go_on(sink);
}

const struct sink_kind sink_stdout = {
	.name = "stdout",
	.keys = "",
	.raw = true,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_lines,
};
