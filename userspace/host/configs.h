/* SPDX-License-Identifier: Apache-2.0 */
/* Single files, told when they are another one than they were. They are looked at by their paths, as often as
 * asked: who replaces, moves or makes them anew leaves nothing behind that one could hold on to. */
#ifndef LW_HOST_CONFIGS_H
#define LW_HOST_CONFIGS_H

#include "host/watch.h"

#define CONFIGS_FILES 256 /* the last added */

struct configs;

/* Returns 0 or -ENOMEM. */
int configs_new(struct configs **ret, watch_fn fn, void *context);
/* Takes NULL. */
void configs_free(struct configs *configs);

/* From now on this file is looked at; one that is known already stays as it is. Returns 0, or -errno when it
 * cannot be read now, or lies where another machine or process answers for it (-EREMOTE). */
int configs_add(struct configs *configs, const char *path);

/* The same for those of these names (NULL-terminated) that are there below the folder that a service works
 * in; fn is told the path of each. For one service a folder is looked through once in ten seconds. */
typedef void (*configs_fn)(void *context, const char *path);
void configs_add_below(struct configs *configs, const char *service, const char *folder,
	const char *const *names, configs_fn fn, void *context);

/* Tells what has changed since the last look. A file is told as removed when it is missed the second time. */
void configs_look(struct configs *configs);

#endif
