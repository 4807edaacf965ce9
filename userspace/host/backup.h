/* SPDX-License-Identifier: Apache-2.0 */
/* What editors and package managers leave beside a file that they change. */
#ifndef LW_HOST_BACKUP_H
#define LW_HOST_BACKUP_H

#include <stddef.h>
#include <stdint.h>

/* The path of a regular file beside path that was made of it not long before it was changed at that time (ns
 * since the epoch): app.conf.dpkg-old, app.conf~, app.conf.bak and the like; of several the last made.
 * Returns 0, or -ENOENT: there is none, what there is is older, or others than root can change the folder.
 * What may never answer is not touched. */
int backup_find(const char *path, uint64_t time, char *buf, size_t size);

#endif
