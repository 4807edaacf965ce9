/* SPDX-License-Identifier: Apache-2.0 */
/* What the groups of services may use: of v2, and of the hierarchies of v1 where those have the controller.
 */
#include "host/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define PATH_ROOM 4096
#define NAME_ROOM 256

/* Where a file of limits is to be found. */
static const struct {
	const char *hierarchy; /* a controller of v1, or NULL: v2 */
	const char *file;
} rows[] = {
	{NULL, "memory.max"},
	{NULL, "memory.high"},
	{NULL, "cpu.max"},
	{NULL, "pids.max"},
	{"memory", "memory.limit_in_bytes"},
	{"cpu", "cpu.cfs_quota_us"},
	{"pids", "pids.max"},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

struct group {
	char *path; /* NULL: unused */
	char service[NAME_ROOM];
	char unit[NAME_ROOM]; /* empty: the group is none's, or one below it */
	uint64_t used;
	int watches[ROWS]; /* -1: none. Rows of one folder have the same */
	char values[ROWS][LIMITS_VALUE];
};

struct limits {
	limits_fn fn;
	void *context;
	int fd;
	uint64_t uses;
	char *roots[ROWS]; /* NULL: not mounted */
	struct group groups[LIMITS_GROUPS];
};

static void find_roots(struct limits *l)
{
	FILE *mounts = setmntent("/proc/mounts", "re");
	char buf[PATH_ROOM];
	struct mntent entry;

	while (mounts && getmntent_r(mounts, &entry, buf, sizeof(buf)))
		for (size_t n = 0; n < ROWS; n++) {
			const char *h = rows[n].hierarchy;

			if (!l->roots[n] && strcmp(entry.mnt_type, h ? "cgroup" : "cgroup2") == 0 &&
				(!h || hasmntopt(&entry, h)))
				l->roots[n] = strdup(entry.mnt_dir);
		}
	if (mounts)
		endmntent(mounts);
}

int limits_new(struct limits **ret, limits_fn fn, void *context)
{
	struct limits *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (l->fd < 0) {
		int r = -errno;

		free(l);
		return r;
	}
	l->fn = fn;
	l->context = context;
	find_roots(l);
	*ret = l;
	return 0;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (size_t n = 0; n < ROWS; n++)
		free(l->roots[n]);
	for (size_t n = 0; n < LIMITS_GROUPS; n++)
		free(l->groups[n].path);
	close(l->fd);
	free(l);
}

int limits_fd(const struct limits *l)
{
	return l->fd;
}

/* Bytes as people write them; v1 has no word for "no limit" but the largest number of pages. */
static void shorten(char *value, size_t size)
{
	static const char units[] = "KMGT";
	uint64_t bytes;
	int unit = -1;

	if (text_parse_u64(value, UINT64_MAX, &bytes) < 0)
		return;
	if (bytes >= 1ull << 62) {
		text_copy(value, size, "max");
		return;
	}
	while (bytes && bytes % 1024 == 0 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	snprintf(
		value, size, "%llu%.*s", (unsigned long long)bytes, unit >= 0, unit >= 0 ? units + unit : "");
}

/* Returns 0, or -errno where the group has no such file. */
static int read_value(const char *folder, const char *file, char value[LIMITS_VALUE])
{
	_cleanup_close_ int fd = -1;
	char path[PATH_ROOM];
	ssize_t len;

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	len = read(fd, value, LIMITS_VALUE - 1);
	if (len < 0)
		return -errno;
	value[len] = '\0';
	value[strcspn(value, "\n")] = '\0';
	if (strcmp(value, "-1") == 0)
		text_copy(value, LIMITS_VALUE, "max");
	else if (strncmp(file, "memory", 6) == 0)
		shorten(value, LIMITS_VALUE);
	return 0;
}

static bool folder_of(const struct limits *l, const struct group *g, size_t row, char path[PATH_ROOM])
{
	return l->roots[row] && snprintf(path, PATH_ROOM, "%s%s", l->roots[row], g->path) < PATH_ROOM;
}

/* Reads all values anew. What cannot be read stays as it was. */
static void compare(struct limits *l, struct group *g)
{
	char folder[PATH_ROOM], value[LIMITS_VALUE], before[LIMITS_VALUE];

	for (size_t n = 0; n < ROWS; n++) {
		if (!folder_of(l, g, n, folder) || read_value(folder, rows[n].file, value) < 0)
			continue;
		text_copy(before, sizeof(before), g->values[n]);
		text_copy(g->values[n], LIMITS_VALUE, value);
		if (before[0] && strcmp(before, value) != 0)
			l->fn(l->context, g->service, g->unit, rows[n].file, before, value);
	}
}

/* A group that was made anew is another folder of the same name; the kernel does not always say that the old
 * one went. */
static void watch(struct limits *l, struct group *g)
{
	int watches[ROWS];
	char folder[PATH_ROOM];

	for (size_t n = 0; n < ROWS; n++)
		watches[n] = folder_of(l, g, n, folder) && g->values[n][0]
				     ? inotify_add_watch(
					       l->fd, folder, IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW)
				     : -1;
	for (size_t n = 0; n < ROWS; n++) {
		bool kept = g->watches[n] < 0;

		for (size_t i = 0; i < ROWS; i++)
			kept |= g->watches[n] == watches[i];
		if (!kept)
			inotify_rm_watch(l->fd, g->watches[n]);
	}
	memcpy(g->watches, watches, sizeof(watches));
}

static struct group *group_get(struct limits *l, const char *cgroup)
{
	struct group *oldest = &l->groups[0];
	char *path;

	for (size_t n = 0; n < LIMITS_GROUPS; n++) {
		struct group *g = &l->groups[n];

		if (g->path && strcmp(g->path, cgroup) == 0)
			return g;
		if (g->used < oldest->used)
			oldest = g;
	}
	path = strdup(cgroup);
	if (!path)
		return NULL;
	for (size_t n = 0; oldest->path && n < ROWS; n++)
		if (oldest->watches[n] >= 0)
			inotify_rm_watch(l->fd, oldest->watches[n]);
	free(oldest->path);
	*oldest = (struct group){.path = path};
	memset(oldest->watches, -1, sizeof(oldest->watches));
	return oldest;
}

void limits_add(struct limits *l, const char *cgroup, const char *service, const char *unit, bool first)
{
	const char *slash = strrchr(cgroup, '/');
	struct group *g =
		cgroup[0] == '/' && cgroup[1] && !strstr(cgroup, "/../") ? group_get(l, cgroup) : NULL;

	if (!g || (g->used && !first))
		return;
	g->used = ++l->uses;
	text_copy(g->service, sizeof(g->service), service);
	text_copy(g->unit, sizeof(g->unit), strcmp(slash + 1, unit) == 0 ? unit : "");
	compare(l, g);
	watch(l, g);
}

static bool is_limit(const char *name)
{
	for (size_t n = 0; n < ROWS; n++)
		if (strcmp(rows[n].file, name) == 0)
			return true;
	return false;
}

static void written(struct limits *l, int wd)
{
	for (size_t n = 0; n < LIMITS_GROUPS; n++)
		for (size_t i = 0; l->groups[n].path && i < ROWS; i++)
			if (l->groups[n].watches[i] == wd) {
				compare(l, &l->groups[n]);
				return;
			}
}

void limits_read(struct limits *l)
{
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t len;

	while ((len = read(l->fd, buf, sizeof(buf))) > 0) {
		for (const char *at = buf; at < buf + len;) {
			const struct inotify_event *event = (const void *)at;

			if (event->mask & IN_CLOSE_WRITE && event->len && is_limit(event->name))
				written(l, event->wd);
			at += sizeof(*event) + event->len;
		}
	}
}
