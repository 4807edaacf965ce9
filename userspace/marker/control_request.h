/* SPDX-License-Identifier: Apache-2.0 */
/* What the control socket understands, without the socket. */
#ifndef LW_MARKER_CONTROL_REQUEST_H
#define LW_MARKER_CONTROL_REQUEST_H

#include <sys/types.h>

#include "base/buf.h"
#include "marker/control.h"

/* Who asks, and what takes the marker. */
struct control_caller {
	control_mark_fn mark;
	control_decide_fn decide; /* NULL: there is none */
	control_knows_fn knows;   /* the same */
	void *context;
	uid_t uid;
	pid_t pid;
};

/* Carries out one request and appends the answer as a line: {"id":…}, with a "warning" where there is one,
 * {"ok":true} or {"error":…}. */
void control_request(const struct control_caller *caller, const char *line, size_t len, struct buf *out);

/* Appends {"error":message} as a line. */
void control_error(const char *message, struct buf *out);

#endif
