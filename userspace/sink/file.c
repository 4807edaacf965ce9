/* SPDX-License-Identifier: Apache-2.0 */
/* The sink file: JSON lines. A batch is written whole or cut off again, so no line is ever torn; a
 * file that was renamed (log rotation) is made anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/kinds.h"

#define TAIL 4096

enum fsync_policy { FSYNC_NO, FSYNC_BATCH, FSYNC_SECOND };

struct file {
	int fd;
	dev_t device;
	ino_t inode;
	enum fsync_policy fsync;
	mode_t mode;
	uint64_t synced; /* ns of clock_boottime */
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

static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	struct file *file = calloc(1, sizeof(*file));

	(void)error;
	if (!file)
		return -ENOMEM;
	file->fd = -1;
	file->mode = options->mode ? (mode_t)strtoul(options->mode, NULL, 8) : 0640;
	if (options->fsync)
		file->fsync = strcmp(options->fsync, "batch") == 0    ? FSYNC_BATCH
			      : strcmp(options->fsync, "second") == 0 ? FSYNC_SECOND
								      : FSYNC_NO;
	sink_set_state(sink, file);
	return 0;
}

static void close_sink(struct sink *sink)
{
	struct file *file = sink_state(sink);

	if (file && file->fd > STDERR_FILENO)
		close(file->fd);
	free(file);
}

/* What a writer that was killed left behind its last whole line comes again. */
static int cut_torn_line(int fd, off_t size)
{
	char tail[TAIL];

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
	r = cut_torn_line(fd, st.st_size);
	if (r < 0)
		return r;
	file->fd = fd;
	file->device = st.st_dev;
	file->inode = st.st_ino;
	return 0;
}

static int open_file(struct file *file, const char *path)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, file->mode);
	int r = fd < 0 ? -errno : take_file(file, fd);

	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

/* Opens it at first, and after it was moved away or removed. */
static int follow(struct file *file, const char *path)
{
	struct stat st;

	if (file->fd >= 0 && stat(path, &st) == 0 && st.st_dev == file->device && st.st_ino == file->inode)
		return 0;
	if (file->fd >= 0) {
		if (file->fsync != FSYNC_NO)
			fsync(file->fd);
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
	uint64_t now = clock_boottime();

	if (file->fsync == FSYNC_NO || (file->fsync == FSYNC_SECOND && now < file->synced + NS_PER_SEC))
		return 0;
	file->synced = now;
	return fsync(file->fd) < 0 ? -errno : 0;
}

static int write_file(struct file *file, const struct buf *body)
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
	/* Others that append are not expected: the file is ours. */
	if (r < 0 && done && ftruncate(file->fd, st.st_size) < 0)
		r = -errno;
	return r;
}

static void send_file(struct sink *sink, struct buf *body, unsigned count)
{
	const char *path = sink_options(sink)->path;
	struct file *file = sink_state(sink);
	int r = follow(file, path);

	(void)count;
	if (r == 0)
		r = write_file(file, body);
	if (r == 0)
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	else
		sink_done(sink, SINK_RETRY, 0, r == -EINVAL ? "it is not a regular file" : strerror(-r));
}

const struct sink_kind sink_file = {
	.name = "file",
	.keys = "path! fsync=no|second|batch mode",
	.raw = true,
	.batch = 1000,
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_file,
};
