/* SPDX-License-Identifier: Apache-2.0 */
/* The sink journald: systemd's native protocol, a datagram for each event. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/journald.h"
#include "sink/kinds.h"
#include "sink/link.h"

#define SOCKET "/run/systemd/journal/socket"
/* Beside it, made by journald itself, while the socket of messages is the service manager's and outlives it.
 */
#define WATCH "io.systemd.journal"

static int open_sink(struct sink *sink, struct buf *error)
{
	const char *path = sink_options(sink)->path;
	_cleanup_buf_ struct buf url = {0}, watch = {0};
	struct link_target target = {.memfd = true};

	path = path ? path : SOCKET;
	buf_printf(&url, "unix:%s", path);
	buf_printf(&watch, "%.*s/" WATCH, (int)(strrchr(path, '/') - path), path);
	target.url = buf_text(&url);
	target.watch = buf_text(&watch);
	return link_make(sink, &target, error);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	_cleanup_buf_ struct buf message = {0};

	(void)sink;
	journald_fields(item, &message);
	link_frame(body, &message);
	return 0;
}

const struct sink_kind sink_journald = {
	.name = "journald",
	.keys = "path",
	.open = open_sink,
	.close = link_close,
	.encode = encode,
	.send = link_send,
	.cancel = link_cancel,
};
