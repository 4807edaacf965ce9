/* SPDX-License-Identifier: Apache-2.0 */
/* All that touches the file: a batch is written whole or cut off again, so no line is ever torn. */
#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define TAIL       4096
#define LOCK_TRIES 50
#define LOCK_PAUSE 2000 /* us between two of them */

void file_out_sync(struct file_out *file)
{
	if (file->dirty && fsync(file->fd) < 0)
		log_error("sink %s: fsync: %s", file->sink, strerror(errno));
	file->dirty = false;
	file->synced = clock_boottime();
}

void file_out_close(struct file_out *file)
{
	if (file->fd < 0)
		return;
	file_out_sync(file);
	close(file->fd);
	file->fd = -1;
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

static int take_file(struct file_out *file, int fd)
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

static int open_file(struct file_out *file)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(file->path, flags);
	int r;

	if (fd < 0 && errno == ENOENT) {
		fd = open(file->path, flags | O_CREAT, file->mode);
		/* The umask is the process's, and this may be a thread. Not every file system has modes. */
		if (fd >= 0)
			(void)!fchmod(fd, file->mode);
	}
	r = fd < 0 ? -errno : take_file(file, fd);
	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

/* Opens it at first, and after it was moved away or removed. */
static int follow(struct file_out *file)
{
	struct stat st;

	if (file->fd >= 0 && stat(file->path, &st) == 0 && st.st_dev == file->device &&
		st.st_ino == file->inode)
		return 0;
	file_out_close(file);
	return open_file(file);
}

static int sync_batch(struct file_out *file)
{
	uint64_t now = clock_boottime();

	if (file->fsync == FSYNC_NO)
		return 0;
	file->dirty = file->fsync == FSYNC_SECOND && now < file->synced + NS_PER_SEC;
	if (file->dirty)
		return 0;
	file->synced = now;
	return fsync(file->fd) < 0 ? -errno : 0;
}

static int append(struct file_out *file, const struct buf *body)
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
		r = sync_batch(file);
	if (r < 0 && done && ftruncate(file->fd, st.st_size) < 0)
		r = -errno;
	return r;
}

int file_out_write(struct file_out *file, const struct buf *body)
{
	int r = follow(file);

	if (r == 0)
		r = lock_file(file->fd);
	if (r < 0)
		return r;
	r = append(file, body);
	flock(file->fd, LOCK_UN);
	return r;
}

const char *file_out_reason(int error)
{
	return error == -EINVAL        ? "it is not a regular file"
	       : error == -EBADMSG     ? "it holds something else than lines of JSON"
	       : error == -EWOULDBLOCK ? "another process has locked it"
				       : strerror(-error);
}
