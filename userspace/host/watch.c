/* SPDX-License-Identifier: Apache-2.0 */
/* A tree of folders under inotify. */
#include "host/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"

#define WANTED                                                                                               \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR |     \
		IN_DONT_FOLLOW | IN_EXCL_UNLINK)
#define DEPTH     16
#define TOLD_LATE (60 * NS_PER_SEC) /* at most */
#define NEW_NAMES 64                /* that are remembered as such */

struct watch {
	watch_fn fn;
	void *context;
	int fd;
	int count;
	uint64_t new_names[NEW_NAMES]; /* hashes of the paths that were made last */
	unsigned next_name;
	struct folder {
		int wd;
		char *path;
	} folders[WATCH_FOLDERS];
};

int watch_new(struct watch **ret, watch_fn fn, void *context)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0) {
		int r = -errno;

		free(w);
		return r;
	}
	w->fn = fn;
	w->context = context;
	*ret = w;
	return 0;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (int n = 0; n < w->count; n++)
		free(w->folders[n].path);
	close(w->fd);
	free(w);
}

int watch_fd(const struct watch *w)
{
	return w->fd;
}

static struct folder *folder_find(struct watch *w, int wd)
{
	for (int n = 0; n < w->count; n++)
		if (w->folders[n].wd == wd)
			return &w->folders[n];
	return NULL;
}

/* A folder that is there already, under whatever path, has the same number. */
static int folder_add(struct watch *w, const char *path)
{
	int wd = inotify_add_watch(w->fd, path, WANTED);
	struct folder *folder;
	char *copy;

	if (wd < 0)
		return -errno;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	folder = folder_find(w, wd);
	if (folder) {
		free(folder->path);
		folder->path = copy;
		return 0;
	}
	if (w->count == WATCH_FOLDERS) {
		inotify_rm_watch(w->fd, wd);
		free(copy);
		return -ENOSPC;
	}
	w->folders[w->count++] = (struct folder){wd, copy};
	return 1;
}

/* What its file system tells may be another host's clock, or the time of what was moved here by one that
 * keeps it. */
uint64_t watch_time_of(uint64_t changed)
{
	uint64_t now = clock_realtime();

	return changed < now && now - changed < TOLD_LATE ? changed : now;
}

uint64_t watch_time(const char *path)
{
	struct stat st;

	if (!path || lstat(path, &st) < 0)
		return clock_realtime();
	return watch_time_of((uint64_t)st.st_ctim.tv_sec * NS_PER_SEC + (uint64_t)st.st_ctim.tv_nsec);
}

/* fresh: the folder has just come, and files that came with it, or before it was watched, are told. */
static int add_tree(struct watch *w, const char *path, int depth, bool fresh)
{
	int r = folder_add(w, path), count = r, below;
	struct dirent *entry;
	char child[PATH_MAX];
	DIR *dir;

	if (r < 0 || depth == DEPTH)
		return r;
	dir = opendir(path);
	if (!dir)
		return count;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) >= (int)sizeof(child))
			continue;
		if (fresh && (entry->d_type == DT_REG || entry->d_type == DT_LNK))
			w->fn(w->context, child, WATCH_WRITTEN, watch_time(child));
		if (entry->d_type != DT_DIR)
			continue;
		below = add_tree(w, child, depth + 1, fresh);
		if (below == -ENOSPC) {
			count = below;
			break;
		}
		if (below > 0)
			count += below;
	}
	closedir(dir);
	return count;
}

int watch_add(struct watch *w, const char *folder)
{
	return add_tree(w, folder, 0, false);
}

static void folder_drop(struct watch *w, int wd)
{
	struct folder *folder = folder_find(w, wd);

	if (!folder)
		return;
	free(folder->path);
	*folder = w->folders[--w->count];
}

static void note_name(struct watch *w, const char *path)
{
	w->new_names[w->next_name++ % NEW_NAMES] = id_hash(1, path, strlen(path));
}

static bool is_new_name(const struct watch *w, const char *path)
{
	uint64_t hash = id_hash(1, path, strlen(path));

	for (unsigned n = 0; n < NEW_NAMES; n++)
		if (w->new_names[n] == hash)
			return true;
	return false;
}

/* What is there now counts: of a file that was written beside the right place and then moved to it only that
 * is told, and what was moved away is not gone when another one has its name. */
static void take_file(struct watch *w, const char *path, uint32_t mask)
{
	struct stat st;
	bool there = lstat(path, &st) == 0;

	if (mask & IN_CREATE)
		note_name(w, path);
	if (mask & (IN_DELETE | IN_MOVED_FROM)) {
		if (!there && !is_new_name(w, path))
			w->fn(w->context, path, WATCH_REMOVED, watch_time(NULL));
	} else if (!there) {
		return;
	} else if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) {
		w->fn(w->context, path, WATCH_WRITTEN, watch_time(path));
	} else if (mask & IN_CREATE) {
		/* Nobody writes to a link. */
		if (S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink > 1))
			w->fn(w->context, path, WATCH_WRITTEN, watch_time(path));
	} else if (mask & IN_ATTRIB) {
		w->fn(w->context, path, WATCH_OWNED, watch_time(path));
	}
}

static void take(struct watch *w, const struct inotify_event *event)
{
	const struct folder *folder = folder_find(w, event->wd);
	char path[PATH_MAX];

	if (event->mask & IN_Q_OVERFLOW) {
		w->fn(w->context, NULL, WATCH_WRITTEN, clock_realtime());
		return;
	}
	if (event->mask & IN_IGNORED) {
		folder_drop(w, event->wd);
		return;
	}
	if (!folder || !event->len ||
		snprintf(path, sizeof(path), "%s/%s", folder->path, event->name) >= (int)sizeof(path))
		return;
	if (event->mask & IN_ISDIR) {
		if (event->mask & (IN_CREATE | IN_MOVED_TO))
			add_tree(w, path, 1, true);
		else if (event->mask & IN_MOVED_FROM)
			w->fn(w->context, path, WATCH_REMOVED, watch_time(NULL));
	} else {
		take_file(w, path, event->mask);
	}
}

void watch_read(struct watch *w)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t len;

	while ((len = read(w->fd, buf, sizeof(buf))) > 0) {
		for (const char *at = buf; at < buf + len;) {
			const struct inotify_event *event = (const void *)at;

			take(w, event);
			at += sizeof(*event) + event->len;
		}
	}
}
