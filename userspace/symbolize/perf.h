/* SPDX-License-Identifier: Apache-2.0 */
/* perf-PID.map: the names that compilers at run time give to what they made. */
#ifndef LW_SYMBOLIZE_PERF_H
#define LW_SYMBOLIZE_PERF_H

#include "symbolize/space.h"

#define PERF_MAP_MAX (64u << 20) /* bytes that are looked at */

/* Names those frames that have neither a module nor a name. Asks for the file once, and only when there is
 * such a frame in executable memory. */
void perf_name(const struct space *space, struct frames *frames);
/* The same from a file that is open, for tests. */
void perf_name_from(int fd, const struct space *space, struct frames *frames);

#endif
