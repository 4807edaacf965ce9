/* SPDX-License-Identifier: Apache-2.0 */
/* The sink stdout: JSON lines. A reader that is slow is waited for, without holding up the other sinks.
 * Nothing can be taken back from it: so a line that was begun is ended, by its rest or, where that is not
 * known any more, by a newline before what comes next. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/kinds.h"

#define CHUNK     4096 /* PIPE_BUF: a pipe that can be written to takes so much at once, or none of it */
#define LINE_TIME (300 * NS_PER_MS) /* for the rest of a line at the end */

struct out {
	const struct buf *body; /* of the batch at hand */
	size_t done;
	bool begun;
	bool half; /* what was written last does not end a line */
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

/* As many whole lines as are taken at once, or a part of one that is longer. Returns -errno or 0. */
static int write_piece(struct out *out)
{
	const char *from = out->body->data + out->done;
	size_t left = out->body->len - out->done, size = left < CHUNK ? left : CHUNK;
	const char *newline = memrchr(from, '\n', size);
	bool mend = out->half && out->done == 0;
	ssize_t n;

	if (newline)
		size = (size_t)(newline - from) + 1;
	n = mend ? write(STDOUT_FILENO, "\n", 1) : write(STDOUT_FILENO, from, size);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!mend)
		out->done += (size_t)n;
	if (n > 0)
		out->half = !mend && from[n - 1] != '\n';
	return 0;
}

/* Whether the descriptor cannot be waited for is found by poll; a file is always ready. */
static void go_on(struct sink *sink)
{
	struct out *out = sink_state(sink);
	int r = 0;

	while (r == 0 && out->done < out->body->len) {
		struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

		if (poll(&ready, 1, 0) == 0) {
			watch(sink, true);
			return;
		}
		r = write_piece(out);
	}
	watch(sink, false);
	out->body = NULL;
	if (r == 0)
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	else
		sink_done(sink, SINK_RETRY, 0, strerror(-r));
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

/* The rest of the line, and whole ones that are taken with its end. */
static void end_line(struct out *out)
{
	uint64_t end = clock_boottime() + LINE_TIME, now;
	int r = 0;

	while (r == 0 && out->half && out->done && (now = clock_boottime()) < end) {
		struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

		if (poll(&ready, 1, (int)((end - now) / NS_PER_MS) + 1) > 0)
			r = write_piece(out);
	}
}

static void close_sink(struct sink *sink)
{
	struct out *out = sink_state(sink);

	watch(sink, false);
	if (out->body)
		end_line(out);
	if (out->half)
		sink_leave_half(sink);
	free(out);
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
	if (!out->begun)
		out->half = sink_after_half(sink);
	out->begun = true;
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
