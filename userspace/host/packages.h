/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes use files of a package, by dpkg's lists of what a package owns; of other package managers
 * by what they put in the place of files that are in use. */
#ifndef LW_HOST_PACKAGES_H
#define LW_HOST_PACKAGES_H

#include <stddef.h>
#include <stdint.h>

#define PACKAGES_FOLDER "/var/lib/dpkg/info"
#define PACKAGES_MOST   32    /* lists that are looked through at a time */
#define PACKAGES_FILES  65536 /* files of all of them together; further ones are left out */

struct packages;

/* Returns 0 or -ENOMEM. */
int packages_new(struct packages **ret);
/* Takes NULL. */
void packages_free(struct packages *packages);

/* Adds the files of a list, one path a line (of 8 MiB at most). Returns the number that uses are told with,
 * or -errno; -ENOSPC when there are too many. */
int packages_add(struct packages *packages, const char *list);

/* Calls fn once for each package of which the process has a file mapped, the program itself too. path lives
 * until fn returns. A process that has gone has none. */
typedef void (*packages_fn)(void *context, int package, const char *path);
void packages_used(struct packages *packages, uint32_t pid, packages_fn fn, void *context);

/* Whether another file took the place of one that the process has mapped, since then (ns since the epoch):
 * the first such path into buf. A file system that may hang is not asked. Returns 0 or -ENOENT. */
int packages_replaced(uint32_t pid, uint64_t since, char *buf, size_t size);

#endif
