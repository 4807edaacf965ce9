/* SPDX-License-Identifier: Apache-2.0 */
/* Which packages pip has installed in a virtual environment. */
#ifndef LW_HOST_ENVIRONMENT_H
#define LW_HOST_ENVIRONMENT_H

#include <stdint.h>

#include "base/buf.h"

/* Puts "NAME VERSION" of each into out, a line each, in no order; ret_changed: when the last one came or went
 * (ns since the epoch). Returns 0 or -errno; -ENOENT: home is no environment, or others than root can change
 * which programs are in it. What may never answer is not touched. */
int environment_read(const char *home, struct buf *out, uint64_t *ret_changed);

#endif
