/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written, replaced, removed or given to others beneath some folders, told as it happens
 * (inotify).
 */
#ifndef LW_HOST_WATCH_H
#define LW_HOST_WATCH_H

#include <stdint.h>

#define WATCH_FOLDERS 4096 /* that are watched at most, and remembered by their path */

struct watch;

enum watch_what {
	WATCH_WRITTEN, /* or replaced, or a link to another file made */
	WATCH_REMOVED, /* or moved away; also a folder with all in it */
	WATCH_OWNED,   /* has another owner, other permissions or times */
};

/* path is absolute and lives until fn returns; NULL: so much was written that some of it is not known. time
 * is when that happened, ns since the epoch, also where that is told of late. */
typedef void (*watch_fn)(void *context, const char *path, enum watch_what what, uint64_t time);

/* When a file was changed last, unless its file system tells a time that is long ago, or to come: now. NULL:
 * now. ns since the epoch. */
uint64_t watch_time(const char *path);
/* The same of what is known: the time of its last change. */
uint64_t watch_time_of(uint64_t changed);

/* Returns 0 or -errno. */
int watch_new(struct watch **ret, watch_fn fn, void *context);
/* Takes NULL. */
void watch_free(struct watch *watch);

/* Watches a folder and all beneath it, also folders that are made later. Links are not followed. Returns the
 * number of folders, or -errno; -ENOSPC when the bound or that of the kernel is reached: what is beyond is
 * not watched. */
int watch_add(struct watch *watch, const char *folder);

/* Readable when there is something to be told; then call watch_read. */
int watch_fd(const struct watch *watch);
void watch_read(struct watch *watch);

#endif
