/* SPDX-License-Identifier: Apache-2.0 */
/* A process that stays as small as the daemon was at its start and does nothing but fork helpers: from the
 * daemon itself a fork would cost milliseconds later, and would show a helper all that the daemon has in
 * memory. */
#ifndef LW_SYMBOLIZE_NURSERY_H
#define LW_SYMBOLIZE_NURSERY_H

#include <sys/types.h>

/* Forks it. It lives until its end of *ret_control is closed. Returns 0 or -errno. */
int nursery_start(int *ret_control, pid_t *ret_pid);
/* Asks for a helper. */
int nursery_ask(int control);
/* Takes the answer once control is readable: the helper's socket and its pidfd. Returns 0, -errno of what
 * failed there, or -EPIPE when the nursery is gone. */
int nursery_take(int control, int *ret_channel, int *ret_pidfd);

#endif
