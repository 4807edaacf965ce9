/* SPDX-License-Identifier: Apache-2.0 */
/* The sink file: JSON lines. A file that was renamed (log rotation) is made anew. Where another machine or
 * process answers for the file system, a thread writes: it may wait for ever. */
#include "sink/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "host/host.h"
#include "sink/kinds.h"
#include "sink/options_file.h"
#include "sink/worker.h"

struct file {
	struct sink *sink;
	struct file_out out; /* the thread's while it is busy */
	int alarm;           /* of the next fsync, with FSYNC_SECOND */

	struct worker *worker; /* NULL: the loop writes */
	struct buf body;       /* what it writes */
	int result;
};

static const char *check(const struct sink_options *options)
{
	char *end = NULL;
	struct stat st;
	unsigned long mode = options->mode ? strtoul(options->mode, &end, 8) : 0640;

	if ((end && (*end || end == options->mode)) || mode > 0777 || (mode & 0600) != 0600)
		return "mode = an octal mode from 0600 to 0777, such as 0640";
	if (!host_may_hang(options->path) && stat(options->path, &st) == 0 && !S_ISREG(st.st_mode))
		return "path = a regular file, or nothing yet";
	return NULL;
}

static void warn(const struct sink_options *options, struct buf *why)
{
	if (!host_may_hang(options->path))
		options_file_usable(options->path, why);
}

static void on_alarm(void *context)
{
	struct file *file = sink_state(context);

	file_out_sync(&file->out);
}

static void work(void *context)
{
	struct file *file = context;

	file->result = file_out_write(&file->out, &file->body);
}

static void tell(struct sink *sink, int r)
{
	if (r == 0)
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	else
		sink_done(sink, SINK_RETRY, 0, file_out_reason(r));
}

static void done(void *context)
{
	struct file *file = context;

	tell(file->sink, file->result);
}

static void end(void *context)
{
	struct file *file = context;

	file_out_close(&file->out);
}

static enum fsync_policy policy_of(const struct sink_options *options, bool worker)
{
	if (!options->fsync || strcmp(options->fsync, "no") == 0)
		return FSYNC_NO;
	return worker || strcmp(options->fsync, "batch") == 0 ? FSYNC_BATCH : FSYNC_SECOND;
}

static int open_sink(struct sink *sink, struct buf *error)
{
	static const struct worker_calls calls = {.work = work, .done = done, .end = end};
	const struct sink_options *options = sink_options(sink);
	struct file *file = calloc(1, sizeof(*file));
	bool remote = host_may_hang(options->path);

	(void)error;
	if (!file)
		return -ENOMEM;
	sink_set_state(sink, file);
	file->sink = sink;
	file->body.max = SIZE_MAX;
	file->out = (struct file_out){.sink = strdup(options->name),
		.path = strdup(options->path),
		.fsync = policy_of(options, remote),
		.mode = options->mode ? (mode_t)strtoul(options->mode, NULL, 8) : 0640,
		.fd = -1};
	if (!file->out.sink || !file->out.path)
		return -ENOMEM;
	if (remote)
		return worker_new(&file->worker, sink_loop(sink), &calls, file);
	if (file->out.fsync == FSYNC_SECOND)
		file->alarm = loop_add_alarm(sink_loop(sink), on_alarm, sink);
	return file->alarm < 0 ? file->alarm : 0;
}

static void close_sink(struct sink *sink)
{
	struct file *file = sink_state(sink);

	if (file->worker && !worker_free(file->worker))
		return;
	file_out_close(&file->out);
	free(file->out.sink);
	free(file->out.path);
	buf_free(&file->body);
	free(file);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	buf_append(body, item->body, item->len);
	buf_char(body, '\n');
	return 0;
}

static void write_here(struct file *file, const struct buf *body)
{
	int r = file_out_write(&file->out, body);
	uint64_t now = clock_boottime(), due = file->out.synced + NS_PER_SEC;

	if (file->out.dirty)
		loop_set_alarm(file->alarm, due > now ? due - now : 0);
	tell(file->sink, r);
}

static void send_file(struct sink *sink, struct buf *body, unsigned count)
{
	struct file *file = sink_state(sink);
	int r;

	(void)count;
	if (!file->worker) {
		write_here(file, body);
		return;
	}
	if (worker_is_busy(file->worker)) {
		sink_done(sink, SINK_RETRY, 0, "the file system still does not answer");
		return;
	}
	buf_reset(&file->body);
	buf_append(&file->body, body->data, body->len);
	r = file->body.failed ? -ENOMEM : worker_give(file->worker);
	if (r < 0)
		tell(sink, r);
}

static void cancel(struct sink *sink)
{
	struct file *file = sink_state(sink);

	if (file->worker)
		worker_forget(file->worker);
}

const struct sink_kind sink_file = {
	.name = "file",
	.keys = "path! fsync=no|second|batch mode",
	.raw = true,
	.batch = 1000,
	.check = check,
	.warn = warn,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_file,
	.cancel = cancel,
};
