/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that strangers wrote, looked up without touching what may never answer: links are followed here, one
 * after the other, since each may lead there. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/internal.h"

#define LINKS_MAX 16

struct walk {
	const struct root *root;
	uint32_t device;
	enum links links;
	/* Has no links. The kernel took it without the last part; each is shorter than PATH_MAX. */
	char done[2 * PATH_MAX];
	char rest[PATH_MAX];
};

/* Opens a path without links, but for the last part: what it leads to is not touched. */
static int open_plain(const struct root *root, uint32_t device, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int fd;

	if (mounts_may_hang(root->mounts, device, path))
		return -EREMOTE;
	fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* Moves the first part of rest to the end of done. Returns its length; 0: it left no trace there. */
static size_t take_part(struct walk *w)
{
	char *part = w->rest + strspn(w->rest, "/"), *last = strrchr(w->done, '/');
	size_t len = strcspn(part, "/"), used = strlen(w->done);
	bool none = len == 0 || (len == 1 && part[0] == '.');

	if (len == 2 && strncmp(part, "..", 2) == 0) {
		*(last ? last : w->done) = '\0';
		none = true;
	} else if (!none) {
		w->done[used] = '/';
		text_copy(w->done + used + 1, len + 1, part);
	}
	memmove(w->rest, part + len, strlen(part + len) + 1);
	return none ? 0 : len;
}

/* Puts where a link leads in place of the part that it was. Returns 0; -EINVAL: fd is no link. */
static int take_link(struct walk *w, int fd, size_t part)
{
	char link[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlinkat(fd, "", link, sizeof(link) - 1);

	if (len < 0)
		return -EINVAL;
	link[len] = '\0';
	memcpy(rest, w->rest, sizeof(rest));
	if (snprintf(w->rest, sizeof(w->rest), "%s%s", link, rest) >= (int)sizeof(w->rest))
		return -ENAMETOOLONG;
	w->done[link[0] == '/' ? 0 : strlen(w->done) - part - 1] = '\0';
	return 0;
}

static int walk(struct walk *w)
{
	unsigned links = 0;

	while (w->rest[strspn(w->rest, "/")]) {
		size_t part = take_part(w);
		_cleanup_close_ int fd = part ? open_plain(w->root, w->device, w->done) : -1;
		int r;

		if (!part || (!w->rest[0] && w->links == LINKS_BEFORE))
			continue;
		if (fd < 0)
			return fd;
		r = take_link(w, fd, part);
		if (r < 0 && r != -EINVAL)
			return r;
		if (r == 0 && ++links > LINKS_MAX)
			return -ELOOP;
	}
	return open_plain(w->root, w->device, w->done[0] ? w->done : "/");
}

static bool is_link(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

int root_find(const struct root *root, uint32_t device, const char *path, enum links links)
{
	struct walk w = {.root = root, .device = device, .links = links};
	int fd;

	if (strlen(path) >= sizeof(w.rest))
		return -ENAMETOOLONG;
	/* Nearly always there is no link. What ".." leads to depends on those before it. */
	fd = strstr(path, "/..") ? -ELOOP : open_plain(root, device, path);
	if (links == LINKS_NONE || (fd < 0 && fd != -ELOOP) ||
		(fd >= 0 && (links == LINKS_BEFORE || !is_link(fd))))
		return fd;
	if (fd >= 0)
		close(fd);
	text_copy(w.rest, sizeof(w.rest), path);
	return walk(&w);
}

/* Of a folder, or of a link to one. In a sticky one what is another's stays. */
static bool is_guarded(const struct root *root, const char *path, enum links links, bool last)
{
	_cleanup_close_ int fd = root_find(root, 0, path, links);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || (st.st_uid != 0 && st.st_uid != geteuid()))
		return false;
	if (S_ISLNK(st.st_mode))
		return links == LINKS_BEFORE && is_guarded(root, path, LINKS_ALL, last);
	return S_ISDIR(st.st_mode) && (!(st.st_mode & 022) || (st.st_mode & S_ISVTX && !last));
}

bool root_guards(const struct root *root, const char *folder)
{
	char part[PATH_MAX];
	size_t len = 0;

	if (folder[0] != '/' || strlen(folder) >= sizeof(part))
		return false;
	do {
		len += 1 + strcspn(folder + len + 1, "/");
		text_copy(part, len + 1, folder);
		if (!is_guarded(root, part, LINKS_BEFORE, !folder[len]))
			return false;
	} while (folder[len]);
	return true;
}
