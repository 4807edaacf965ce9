/* SPDX-License-Identifier: Apache-2.0 */
/* The sink file: JSON lines. A batch is written whole or cut off again, so no line is ever torn; a
 * file that was renamed (log rotation) is made anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "sink/kinds.h"
#include "sink/options_file.h"

#define TAIL       4096
#define LOCK_TRIES 50
#define LOCK_PAUSE 2000 /* us between two of them */

enum fsync_policy { FSYNC_NO, FSYNC_BATCH, FSYNC_SECOND };

struct file {
	int fd;
	dev_t device;
	ino_t inode;
	enum fsync_policy fsync;
	mode_t mode;
	uint64_t synced; /* ns of clock_boottime */
	int alarm;       /* of the next fsync, with FSYNC_SECOND */
	bool dirty;      /* it is to come */
};

static const char *check(const struct sink_options *options)
{
	char *end = NULL;
	struct stat st;
	unsigned long mode = options->mode ? strtoul(options->mode, &end, 8) : 0640;

	if ((end && (*end || end == options->mode)) || mode > 0777 || (mode & 0600) != 0600)
		return "mode = an octal mode from 0600 to 0777, such as 0640";
	if (stat(options->path, &st) == 0 && !S_ISREG(st.st_mode))
		return "path = a regular file, or nothing yet";
	return NULL;
}

static void warn(const struct sink_options *options, struct buf *why)
{
	options_file_usable(options->path, why);
}

/* The batch has been delivered for long: what can be done is to say so. */
static void sync_late(struct sink *sink)
{
	struct file *file = sink_state(sink);

	if (file->dirty && fsync(file->fd) < 0)
		log_error("sink %s: fsync: %s", sink_options(sink)->name, strerror(errno));
	file->dirty = false;
	file->synced = clock_boottime();
}

static void on_alarm(void *context)
{
	sync_late(context);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	struct file *file = calloc(1, sizeof(*file));

	(void)error;
	if (!file)
		return -ENOMEM;
	sink_set_state(sink, file);
	file->fd = -1;
	file->mode = options->mode ? (mode_t)strtoul(options->mode, NULL, 8) : 0640;
	if (options->fsync)
		file->fsync = strcmp(options->fsync, "batch") == 0    ? FSYNC_BATCH
			      : strcmp(options->fsync, "second") == 0 ? FSYNC_SECOND
								      : FSYNC_NO;
	if (file->fsync == FSYNC_SECOND)
		file->alarm = loop_add_alarm(sink_loop(sink), on_alarm, sink);
	return file->alarm < 0 ? file->alarm : 0;
}

static void close_sink(struct sink *sink)
{
	struct file *file = sink_state(sink);

	sync_late(sink);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

/* Whoever writes holds it from its look at the size to the end: `doctor --sinks` does beside the daemon. Any
 * reader can hold it as well, so it is not waited for without end. */
static int lock_file(int fd)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return 0; /* not every file system has locks */
		usleep(LOCK_PAUSE);
	}
	return -EWOULDBLOCK;
}

/* Whether a line of ours may begin there: with a bracket, or, of what never came to the disk when the power
 * went, with zeros. */
static bool is_ours(int fd, off_t at)
{
	char byte;

	return pread(fd, &byte, 1, at) == 1 && (byte == '{' || byte == '\0');
}

/* What a writer that was killed left behind its last whole line comes again. A path may lead by mistake to
 * what is somebody else's: that is not touched. */
static int cut_torn_line(int fd)
{
	char tail[TAIL];
	struct stat st;
	off_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = st.st_size;
	if (size > 0 && !is_ours(fd, 0))
		return -EBADMSG;
	while (size > 0) {
		off_t begin = size > TAIL ? size - TAIL : 0;
		ssize_t n = pread(fd, tail, (size_t)(size - begin), begin);
		const char *newline = n > 0 ? memrchr(tail, '\n', (size_t)n) : NULL;

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		size = newline ? begin + (newline - tail) + 1 : begin;
		if (newline)
			break;
	}
	if (size == st.st_size)
		return 0;
	if (!is_ours(fd, size))
		return -EBADMSG;
	return ftruncate(fd, size) < 0 ? -errno : 0;
}

static int take_file(struct file *file, int fd)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = lock_file(fd);
	if (r < 0)
		return r;
	r = cut_torn_line(fd);
	flock(fd, LOCK_UN);
	if (r < 0)
		return r;
	file->fd = fd;
	file->device = st.st_dev;
	file->inode = st.st_ino;
	return 0;
}

static int open_file(struct file *file, const char *path)
{
	mode_t mask = umask(0); /* else mode would not be what a new file has */
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, file->mode);
	int r = fd < 0 ? -errno : 0;

	umask(mask);
	if (r == 0)
		r = take_file(file, fd);
	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

/* Opens it at first, and after it was moved away or removed. */
static int follow(struct sink *sink)
{
	const char *path = sink_options(sink)->path;
	struct file *file = sink_state(sink);
	struct stat st;

	if (file->fd >= 0 && stat(path, &st) == 0 && st.st_dev == file->device && st.st_ino == file->inode)
		return 0;
	if (file->fd >= 0) {
		sync_late(sink);
		close(file->fd);
	}
	file->fd = -1;
	return open_file(file, path);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	buf_append(body, item->body, item->len);
	buf_char(body, '\n');
	return 0;
}

static int sync_file(struct file *file)
{
	uint64_t now = clock_boottime(), due = file->synced + NS_PER_SEC;

	if (file->fsync == FSYNC_NO)
		return 0;
	if (file->fsync == FSYNC_SECOND && now < due) {
		file->dirty = true;
		loop_set_alarm(file->alarm, due - now);
		return 0;
	}
	file->dirty = false;
	file->synced = now;
	return fsync(file->fd) < 0 ? -errno : 0;
}

static int append(struct file *file, const struct buf *body)
{
	struct stat st;
	size_t done = 0;
	int r = fstat(file->fd, &st) < 0 ? -errno : 0;

	while (r == 0 && done < body->len) {
		ssize_t n = write(file->fd, body->data + done, body->len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			r = n == 0 ? -ENOSPC : -errno;
	}
	if (r == 0)
		r = sync_file(file);
	if (r < 0 && done && ftruncate(file->fd, st.st_size) < 0)
		r = -errno;
	return r;
}

static int write_file(struct file *file, const struct buf *body)
{
	int r = lock_file(file->fd);

	if (r < 0)
		return r;
	r = append(file, body);
	flock(file->fd, LOCK_UN);
	return r;
}

static const char *reason(int error)
{
	return error == -EINVAL        ? "it is not a regular file"
	       : error == -EBADMSG     ? "it holds something else than lines of JSON"
	       : error == -EWOULDBLOCK ? "another process has locked it"
				       : strerror(-error);
}

static void send_file(struct sink *sink, struct buf *body, unsigned count)
{
	struct file *file = sink_state(sink);
	int r = follow(sink);

	(void)count;
	if (r == 0)
		r = write_file(file, body);
	if (r == 0)
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	else
		sink_done(sink, SINK_RETRY, 0, reason(r));
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
};
