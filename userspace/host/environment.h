/* SPDX-License-Identifier: Apache-2.0 */
/* Which packages pip has installed in a virtual environment, or npm in the folder of an application. */
#ifndef LW_HOST_ENVIRONMENT_H
#define LW_HOST_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The innermost folder from place on outwards that has node_modules, and when something last came or went
 * there (ns since the epoch). Returns 0 or -errno. */
int environment_find(const char *place, char *home, size_t size, uint64_t *ret_changed);

/* Puts "NAME VERSION" of each into out, a line each, in no order; ret_changed: when the last one came or went
 * (ns since the epoch). Returns 0 or -errno; -ENOENT: home is no environment, or others than root can change
 * which programs are in it. What may never answer is not touched. */
int environment_read(const char *home, bool npm, struct buf *out, uint64_t *ret_changed);

#endif
