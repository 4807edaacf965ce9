/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of control groups, told when somebody writes another one (inotify works there, too). */
#ifndef LW_HOST_LIMITS_H
#define LW_HOST_LIMITS_H

#include <stdbool.h>

#define LIMITS_GROUPS 256 /* that are watched; the one whose service started longest ago makes room */
#define LIMITS_VALUE  48

struct limits;

/* unit: of which the group is, or empty; file: as memory.max; before and after: "64M", "max" or as the kernel
 * has it. All live until fn returns. */
typedef void (*limits_fn)(void *context, const char *service, const char *unit, const char *file,
	const char *before, const char *after);

/* Returns 0 or -errno. */
int limits_new(struct limits **ret, limits_fn fn, void *context);
/* Takes NULL. */
void limits_free(struct limits *limits);

/* A program of a service was started in a group, by its path from the root of the hierarchy. unit: of the
 * system's manager, or empty. The group is watched from now on; when it is the first program, and the group
 * had other limits the last time, that is told. */
void limits_add(struct limits *limits, const char *cgroup, const char *service, const char *unit, bool first);

/* Readable when there is something to be told; then call limits_read. */
int limits_fd(const struct limits *limits);
void limits_read(struct limits *limits);

#endif
