/* SPDX-License-Identifier: Apache-2.0 */
/* Files by their paths, and how each was at the last look. */
#include "host/configs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/id.h"
#include "host/internal.h"

#define MISSED  2  /* looks: editors move the old one away first */
#define AT_ONCE 32 /* files that are looked at in one go, the others in their turn */
#define FOLDERS 64
#define LOOKED  (10 * NS_PER_SEC)

struct configs {
	watch_fn fn;
	void *context;
	unsigned count, next, turn;
	struct config_file {
		char *path;
		unsigned missed;
		struct statx was;
	} files[CONFIGS_FILES];
	struct folder {
		uint64_t key;  /* hash of service and path */
		uint64_t time; /* when it was looked through */
	} folders[FOLDERS];
};

int configs_new(struct configs **ret, watch_fn fn, void *context)
{
	struct configs *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->context = context;
	*ret = c;
	return 0;
}

void configs_free(struct configs *c)
{
	for (unsigned n = 0; c && n < c->count; n++)
		free(c->files[n].path);
	free(c);
}

/* Whoever may write to its folder may put a link in its place that leads to where nobody ever answers. */
static int look(const struct root *root, const char *path, struct statx *ret)
{
	_cleanup_close_ int place = root_find(root, 0, path, LINKS_ALL);

	if (place < 0)
		return place;
	return statx(place, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, ret) < 0 ? -errno : 0;
}

/* Returns 0, also for one that is there already, or -errno. */
static int add(struct configs *c, const struct root *root, const char *path)
{
	struct config_file file = {0}, *place;
	int r;

	for (unsigned n = 0; n < c->count; n++)
		if (strcmp(c->files[n].path, path) == 0)
			return 0;
	r = look(root, path, &file.was);
	if (r < 0)
		return r;
	if (!S_ISREG(file.was.stx_mode))
		return -EINVAL;
	file.path = strdup(path);
	if (!file.path)
		return -ENOMEM;
	place = &c->files[c->next++ % CONFIGS_FILES];
	free(place->path);
	*place = file;
	if (c->count < CONFIGS_FILES)
		c->count++;
	return 0;
}

int configs_add(struct configs *c, const char *path)
{
	struct root root = {.fd = -1, .mounts = -1};
	int r = root_open((uint32_t)getpid(), &root);

	if (r == 0)
		r = add(c, &root, path);
	root_close(&root);
	return r;
}

/* A service in a crash loop is started many times a second. */
static bool was_looked_through(struct configs *c, const char *service, const char *folder)
{
	uint64_t hash = id_hash(id_hash(0, service, strlen(service)), folder, strlen(folder)),
		 now = clock_boottime();
	struct folder *known = &c->folders[hash % FOLDERS];

	if (known->key == hash && now - known->time < LOOKED)
		return true;
	*known = (struct folder){hash, now};
	return false;
}

void configs_add_below(struct configs *c, const char *service, const char *folder, const char *const *names,
	configs_fn fn, void *context)
{
	struct root root = {.fd = -1, .mounts = -1};
	char path[PATH_MAX];

	if (was_looked_through(c, service, folder) || root_open((uint32_t)getpid(), &root) < 0)
		return;
	for (; *names; names++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, *names) < (int)sizeof(path) &&
			add(c, &root, path) == 0)
			fn(context, path);
	root_close(&root);
}

static bool is_other(const struct statx *a, const struct statx *b)
{
	return a->stx_ino != b->stx_ino || a->stx_size != b->stx_size ||
	       a->stx_mtime.tv_sec != b->stx_mtime.tv_sec || a->stx_mtime.tv_nsec != b->stx_mtime.tv_nsec;
}

static bool is_otherwise_owned(const struct statx *a, const struct statx *b)
{
	return a->stx_mode != b->stx_mode || a->stx_uid != b->stx_uid || a->stx_gid != b->stx_gid;
}

static uint64_t time_of(const struct statx *file)
{
	return watch_time_of((uint64_t)file->stx_ctime.tv_sec * NS_PER_SEC + file->stx_ctime.tv_nsec);
}

static void look_again(const struct configs *c, const struct root *root, struct config_file *file)
{
	struct statx now;
	int r = look(root, file->path, &now);

	if (r == -EREMOTE) /* nothing is known of it */
		return;
	if (r < 0) {
		if (file->missed < MISSED && ++file->missed == MISSED)
			c->fn(c->context, file->path, WATCH_REMOVED, watch_time(NULL));
		return;
	}
	if (file->missed == MISSED || is_other(&file->was, &now))
		c->fn(c->context, file->path, WATCH_WRITTEN, time_of(&now));
	else if (is_otherwise_owned(&file->was, &now))
		c->fn(c->context, file->path, WATCH_OWNED, time_of(&now));
	file->missed = 0;
	file->was = now;
}

void configs_look(struct configs *c)
{
	unsigned count = c->count < AT_ONCE ? c->count : AT_ONCE;
	struct root root = {.fd = -1, .mounts = -1};

	if (count && root_open((uint32_t)getpid(), &root) == 0)
		for (unsigned n = 0; n < count; n++)
			look_again(c, &root, &c->files[c->turn++ % c->count]);
	root_close(&root);
}
