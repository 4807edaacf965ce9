/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files; the format is in capture.h. */
#include "probe/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "bpf/events.h"

#define FORMAT_VERSION 1

static const char magic[8] = {'L', 'W', 'C', 'A', 'P', 'T', 'U', 'R'};

struct file_head {
	char magic[8];
	uint32_t version;
	uint32_t crc;
};

struct frame_head {
	uint32_t size; /* of the payload; 0: this is the end */
	uint32_t crc;
};

struct file_end {
	uint64_t frames;
	uint64_t bytes;
};

struct capture {
	FILE *file;
	char *path;
	char *part;
	struct file_end end;
	int error;
};

static uint32_t crc_of(uint32_t size, const void *payload, size_t len)
{
	uLong crc = crc32(0, (const Bytef *)&size, sizeof(size));

	return (uint32_t)crc32(crc, payload, (uInt)len);
}

static void put(struct capture *c, const void *bytes, size_t len)
{
	if (c->error == 0 && fwrite(bytes, 1, len, c->file) != len)
		c->error = errno ? -errno : -EIO;
}

static void capture_free(struct capture *c)
{
	if (c->file)
		fclose(c->file);
	free(c->path);
	free(c->part);
	free(c);
}

/* The partial file, for this recording alone: another one keeps its lock until the file has its name. */
static int open_part(const char *part, struct buf *error)
{
	/* What processes wrote and were asked for may be in it: for the owner alone. */
	int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), r = 0;
	struct stat named, opened;

	if (fd < 0) {
		r = -errno;
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	} else if (stat(part, &named) < 0 || fstat(fd, &opened) < 0 || named.st_ino != opened.st_ino ||
		   named.st_dev != opened.st_dev) {
		r = -EBUSY; /* it was finished between the two */
	} else if (ftruncate(fd, 0) < 0) {
		r = -errno;
	}
	if (r == 0)
		return fd;
	if (r == -EBUSY)
		buf_printf(error, "another recording is writing %s; name another file", part);
	else
		buf_printf(error, "cannot write %s: %s", part, strerror(-r));
	if (fd >= 0)
		close(fd);
	return r;
}

int capture_create(struct capture **ret, const char *path, struct buf *error)
{
	struct file_head head = {.version = FORMAT_VERSION};
	struct capture *c = calloc(1, sizeof(*c));
	int fd, r;

	if (!c)
		return -ENOMEM;
	if (access(path, F_OK) == 0) {
		buf_printf(error, "%s exists already; name a new file", path);
		r = -EEXIST;
		goto fail;
	}
	c->path = strdup(path);
	if (!c->path || asprintf(&c->part, "%s.part", path) < 0) {
		c->part = NULL;
		r = -ENOMEM;
		goto fail;
	}
	fd = open_part(c->part, error);
	if (fd < 0) {
		r = fd;
		goto fail;
	}
	c->file = fdopen(fd, "w");
	if (!c->file) {
		close(fd);
		r = -ENOMEM;
		goto fail;
	}
	memcpy(head.magic, magic, sizeof(magic));
	head.crc = (uint32_t)crc32(0, (const Bytef *)&head, offsetof(struct file_head, crc));
	put(c, &head, sizeof(head));
	*ret = c;
	return 0;
fail:
	capture_free(c);
	return r;
}

int capture_add(struct capture *c, const void *message, size_t size)
{
	struct frame_head frame = {.size = (uint32_t)size, .crc = crc_of((uint32_t)size, message, size)};

	put(c, &frame, sizeof(frame));
	put(c, message, size);
	c->end.frames++;
	c->end.bytes += size;
	return c->error;
}

int capture_finish(struct capture *c, struct buf *error)
{
	struct frame_head frame = {.size = 0, .crc = crc_of(0, &c->end, sizeof(c->end))};
	int r;

	put(c, &frame, sizeof(frame));
	put(c, &c->end, sizeof(c->end));
	if (c->error == 0 && (fflush(c->file) != 0 || fsync(fileno(c->file)) < 0))
		c->error = -errno;
	if (c->error == 0 && rename(c->part, c->path) < 0)
		c->error = -errno;
	r = c->error;
	if (r < 0) {
		buf_printf(error, "cannot write %s: %s", c->part, strerror(-r));
		unlink(c->part);
	}
	capture_free(c);
	return r;
}

void capture_abandon(struct capture *c)
{
	if (!c)
		return;
	unlink(c->part);
	capture_free(c);
}

static int damaged(struct buf *error, const char *path, size_t at, const char *what)
{
	buf_printf(error, "%s: byte %zu: %s; nothing of it was used", path, at, what);
	return -EBADMSG;
}

/* Walks all frames; with fn NULL it just checks them. */
static int walk(const char *path, const char *data, size_t size, probe_message_fn fn, void *context,
	struct buf *error)
{
	uint64_t message[LW_MSG_LARGEST / sizeof(uint64_t)]; /* aligned, as the ring's are */
	struct file_end seen = {0}, end;
	struct frame_head frame;
	size_t at = sizeof(struct file_head);

	for (;;) {
		if (size - at < sizeof(frame))
			return damaged(error, path, size, "the file is cut off");
		memcpy(&frame, data + at, sizeof(frame));
		if (frame.size == 0)
			break;
		if (frame.size > LW_MSG_LARGEST)
			return damaged(error, path, at, "a frame is larger than any message");
		if (size - at - sizeof(frame) < frame.size)
			return damaged(error, path, size, "the file is cut off");
		if (crc_of(frame.size, data + at + sizeof(frame), frame.size) != frame.crc)
			return damaged(error, path, at, "a frame fails its checksum");
		if (fn) {
			memcpy(message, data + at + sizeof(frame), frame.size);
			fn(context, message, frame.size);
		}
		seen.frames++;
		seen.bytes += frame.size;
		at += sizeof(frame) + frame.size;
	}
	if (size - at < sizeof(frame) + sizeof(end))
		return damaged(error, path, size, "the file is cut off");
	memcpy(&end, data + at + sizeof(frame), sizeof(end));
	if (crc_of(0, &end, sizeof(end)) != frame.crc || end.frames != seen.frames || end.bytes != seen.bytes)
		return damaged(error, path, at, "the end fails its checksum");
	if (size - at > sizeof(frame) + sizeof(end))
		return damaged(error, path, at + sizeof(frame) + sizeof(end), "bytes follow the end");
	return 0;
}

static int check_head(const char *path, const char *data, size_t size, struct buf *error)
{
	struct file_head head;

	if (size < sizeof(head)) {
		buf_printf(error, "%s: not a capture of lastwords: it has %zu bytes", path, size);
		return -EBADMSG;
	}
	memcpy(&head, data, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0) {
		buf_printf(error, "%s: not a capture of lastwords (they are made by `lastwords record FILE`)",
			path);
		return -EBADMSG;
	}
	if (crc32(0, (const Bytef *)&head, offsetof(struct file_head, crc)) != head.crc)
		return damaged(error, path, 0, "the file's head fails its checksum");
	if (head.version != FORMAT_VERSION) {
		buf_printf(error, "%s: format %u, this program reads format %d", path, head.version,
			FORMAT_VERSION);
		return -EBADMSG;
	}
	return 0;
}

int capture_read(const char *path, probe_message_fn fn, void *context, struct buf *error)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	char *data;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		buf_printf(error, "cannot read %s: %s", path, strerror(-r));
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		buf_printf(error, "%s is not a regular file", path);
		return -EINVAL;
	}
	if (st.st_size == 0)
		return check_head(path, NULL, 0, error);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		r = -errno;
		buf_printf(error, "cannot read %s: %s", path, strerror(-r));
		return r;
	}
	r = check_head(path, data, (size_t)st.st_size, error);
	if (r == 0)
		r = walk(path, data, (size_t)st.st_size, NULL, NULL, error);
	if (r == 0)
		r = walk(path, data, (size_t)st.st_size, fn, context, error);
	munmap(data, (size_t)st.st_size);
	return r;
}
