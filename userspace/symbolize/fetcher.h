/* SPDX-License-Identifier: Apache-2.0 */
/* The process that downloads debug information: it has nothing of the daemon's but a socket. Each download
 * runs in a child of its own, which has no rights and no descriptor but the file that it writes, and is
 * killed when it takes too long. */
#ifndef LW_SYMBOLIZE_FETCHER_H
#define LW_SYMBOLIZE_FETCHER_H

#include <stdint.h>
#include <sys/types.h>

#include "model/snapshot.h"

#define FETCH_SECONDS 600 /* that a download may take */

struct fetch_request {
	char build_id[2 * SNAPSHOT_BUILD_ID + 1]; /* hex */
};

/* Forks it; to be called before anything else is opened. It lives until its end of *ret_control is closed,
 * and gives up what it is at then. Returns 0, -ELIBACC when there is no libcurl here, or -errno. */
int fetcher_start(const char *urls, uint64_t max, int *ret_control, pid_t *ret_pid);
/* Has the debug information of request written to file, from its beginning. One at a time. Returns 0 or
 * -errno. */
int fetcher_ask(int control, const struct fetch_request *request, int file);
/* Takes the answer once control is readable: *ret_result is 0 when all is there, or -errno: what is in the
 * file then means nothing. Returns 0, -EAGAIN, or -EPIPE when the process is gone. */
int fetcher_take(int control, int *ret_result);

#endif
