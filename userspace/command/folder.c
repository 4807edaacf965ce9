/* SPDX-License-Identifier: Apache-2.0 */
/* Marker files: a few a second, however many there are, so that deaths need not wait. */
#include "command/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "host/watch.h"

#define SHARE   200              /* files a second */
#define SETTLED (2 * NS_PER_SEC) /* without being written */
#define KEPT    (30 * 24 * 3600) /* s that what was taken stays there */
#define SWEEP   (3600 * NS_PER_SEC)

struct folder {
	struct loop *loop;
	struct watch *watch;
	http_mark_fn mark;
	void *context;
	int dir;
	size_t path_len;
	unsigned left;   /* of this second's share */
	bool behind;     /* there may be files that were not taken */
	bool unfinished; /* one was still open for writing */
	uint64_t sweep;  /* ns of clock_boottime: when to look for what may go */
};

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static bool is_meant(const char *name)
{
	static const char *const others[] = {".done", ".bad", ".why", ".tmp", "~"};

	if (name[0] == '.' || strlen(name) > NAME_MAX - sizeof(".bad.why"))
		return false;
	for (size_t n = 0; n < sizeof(others) / sizeof(*others); n++)
		if (ends_with(name, others[n]))
			return false;
	return true;
}

/* Whether somebody may still write to it: the kernel gives no lease of reading then. The signal that would
 * tell of the end of a lease is one that does nothing. */
static bool is_being_written(int fd, const struct stat *st)
{
	fcntl(fd, F_SETSIG, SIGURG);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		fcntl(fd, F_SETLEASE, F_UNLCK);
		return false;
	}
	/* Not each file system has leases. */
	return errno == EAGAIN || clock_realtime() < (uint64_t)st->st_mtim.tv_sec * NS_PER_SEC + SETTLED;
}

/* Reads a regular file that is not too long. Returns its length, or -errno. */
static ssize_t read_whole(int dir, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	if (is_being_written(fd, &st))
		return -ETXTBSY;
	while (len < size && (n = read(fd, buf + len, size - len)) != 0) {
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	return len == size ? -EFBIG : (ssize_t)len;
}

static void explain(const struct folder *f, const char *name, const char *why)
{
	_cleanup_close_ int fd = -1;

	unlinkat(f->dir, name, 0);
	fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || dprintf(fd, "%s\n", why) < 0)
		log_warn("a marker file is wrong, and the reason cannot be put beside it: %s", why);
}

static void settle(const struct folder *f, const char *name, const char *why)
{
	char to[NAME_MAX + 1];

	if (why) {
		snprintf(to, sizeof(to), "%s.bad.why", name);
		explain(f, to, why);
	}
	snprintf(to, sizeof(to), "%s.%s", name, why ? "bad" : "done");
	/* What cannot be renamed would be taken again and again. */
	if (renameat(f->dir, name, f->dir, to) < 0 && unlinkat(f->dir, name, 0) < 0 && errno != ENOENT)
		log_warn("a marker file can neither be renamed nor removed: %s", strerror(errno));
	/* From now on it is kept for a while. */
	utimensat(f->dir, to, NULL, AT_SYMLINK_NOFOLLOW);
}

static void take(struct folder *f, const char *name)
{
	_cleanup_free_ char *text = malloc(WEBHOOK_MAX + 1);
	_cleanup_buf_ struct buf why = {0};
	struct webhook webhook;
	char id[ID_SIZE];
	ssize_t len = text ? read_whole(f->dir, name, text, WEBHOOK_MAX + 1) : -ENOMEM;
	int r;

	/* Taken already, a folder or a link: no file of ours. */
	if (len == -ENOENT || len == -EISDIR || len == -ELOOP || len == -ENOMEM)
		return;
	if (len == -ETXTBSY) {
		f->unfinished = true;
		return;
	}
	f->left--;
	if (len < 0) {
		settle(f, name,
			len == -EFBIG ? "a marker file has at most 65536 bytes" : strerror((int)-len));
		return;
	}
	r = webhook_read_file(text, (size_t)len, clock_realtime(), &webhook, &why);
	if (r == 0 && f->mark(f->context, &webhook, id) < 0) {
		/* It stays where it is, for when the store works again. */
		f->left = 0;
		f->behind = true;
		return;
	}
	settle(f, name, r < 0 && r != -ENODATA ? buf_text(&why) : NULL);
}

static DIR *open_dir(const struct folder *f)
{
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Where a file tells of each release, there would be ever more of them. */
static void sweep(const struct folder *f)
{
	time_t before = (time_t)(clock_realtime() / NS_PER_SEC) - KEPT;
	DIR *dir = open_dir(f);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (name[0] != '.' &&
			(ends_with(name, ".done") || ends_with(name, ".bad") ||
				ends_with(name, ".bad.why")) &&
			fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
			st.st_mtim.tv_sec < before)
			unlinkat(f->dir, name, 0);
	}
	if (dir)
		closedir(dir);
}

static void scan(struct folder *f)
{
	DIR *dir = open_dir(f);
	struct dirent *entry;

	if (!dir)
		return;
	f->unfinished = false;
	while (f->left > 0 && (entry = readdir(dir)))
		if (is_meant(entry->d_name))
			take(f, entry->d_name);
	f->behind = f->left == 0 || f->unfinished;
	closedir(dir);
}

static void on_file(void *context, const char *path, enum watch_what what, uint64_t time)
{
	struct folder *f = context;
	const char *name = path ? path + f->path_len : NULL;

	(void)time;
	if (!name || f->left == 0)
		f->behind = true;
	else if (what == WATCH_WRITTEN && *name && !strchr(name, '/') && is_meant(name))
		take(f, name);
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct folder *f = context;

	(void)fd;
	(void)events;
	watch_read(f->watch);
}

void folder_second(struct folder *f)
{
	if (!f)
		return;
	f->left = SHARE;
	if (f->behind || f->unfinished)
		scan(f);
	if (clock_boottime() >= f->sweep) {
		f->sweep = clock_boottime() + SWEEP;
		sweep(f);
	}
}

int folder_open(struct folder **ret, struct loop *loop, const char *path, http_mark_fn fn, void *context)
{
	struct folder *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	*f = (struct folder){.mark = fn, .context = context, .path_len = strlen(path) + 1, .behind = true};
	f->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = f->dir < 0 ? -errno : watch_new(&f->watch, on_file, f);
	if (r == 0)
		r = watch_add(f->watch, path);
	if (r >= 0)
		r = loop_add_fd(loop, watch_fd(f->watch), EPOLLIN, on_readable, f);
	if (r < 0) {
		folder_close(f);
		return r;
	}
	f->loop = loop;
	*ret = f;
	return 0;
}

void folder_close(struct folder *f)
{
	if (!f)
		return;
	if (f->loop)
		loop_remove_fd(f->loop, watch_fd(f->watch));
	watch_free(f->watch);
	if (f->dir >= 0)
		close(f->dir);
	free(f);
}
