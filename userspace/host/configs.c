/* SPDX-License-Identifier: Apache-2.0 */
/* Files by their paths, and how each was at the last look. */
#include "host/configs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "host/host.h"

#define MISSED 2 /* looks: editors move the old one away first */

struct configs {
	watch_fn fn;
	void *context;
	unsigned count, next;
	struct config_file {
		char *path;
		unsigned missed;
		struct statx was;
	} files[CONFIGS_FILES];
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

static int look(int fd, const char *path, struct statx *ret)
{
	int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | (*path ? 0 : AT_EMPTY_PATH);

	return statx(fd, path, flags, STATX_BASIC_STATS, ret) < 0 ? -errno : 0;
}

int configs_add(struct configs *c, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct config_file file = {0}, *place;
	int r;

	for (unsigned n = 0; n < c->count; n++)
		if (strcmp(c->files[n].path, path) == 0)
			return 0;
	fd = host_open_file(path, 0);
	if (fd < 0)
		return fd;
	r = look(fd, "", &file.was);
	if (r < 0)
		return r;
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

static bool is_other(const struct statx *a, const struct statx *b)
{
	return a->stx_ino != b->stx_ino || a->stx_size != b->stx_size ||
	       a->stx_mtime.tv_sec != b->stx_mtime.tv_sec || a->stx_mtime.tv_nsec != b->stx_mtime.tv_nsec;
}

static bool is_otherwise_owned(const struct statx *a, const struct statx *b)
{
	return a->stx_mode != b->stx_mode || a->stx_uid != b->stx_uid || a->stx_gid != b->stx_gid;
}

static void look_again(const struct configs *c, struct config_file *file)
{
	struct statx now;

	if (look(AT_FDCWD, file->path, &now) < 0) {
		if (file->missed < MISSED && ++file->missed == MISSED)
			c->fn(c->context, file->path, WATCH_REMOVED, watch_time(NULL));
		return;
	}
	if (file->missed == MISSED || is_other(&file->was, &now))
		c->fn(c->context, file->path, WATCH_WRITTEN, watch_time(file->path));
	else if (is_otherwise_owned(&file->was, &now))
		c->fn(c->context, file->path, WATCH_OWNED, watch_time(file->path));
	file->missed = 0;
	file->was = now;
}

void configs_look(struct configs *c)
{
	for (unsigned n = 0; n < c->count; n++)
		look_again(c, &c->files[n]);
}
