/* SPDX-License-Identifier: Apache-2.0 */
/* Options that were accepted, on their way to another process of this very program: what the files that they
 * came from hold by then does not matter. */
#ifndef LW_SINK_OPTIONS_PASS_H
#define LW_SINK_OPTIONS_PASS_H

#include "sink/options.h"

/* Returns a descriptor (close-on-exec) of memory that holds them, secrets included, or -errno. */
int sink_options_pass(const struct sink_list *list);
/* Reads them from there, any number of times. The caller frees ret, also after a failure. Returns 0 or
 * -errno. */
int sink_options_take(struct sink_list *ret, int fd);

#endif
