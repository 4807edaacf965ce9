/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a receiver that never answers: syslog, journald. What was sent counts once nothing of it
 * waits in the kernel's queue, and the receiver has lived on for a while; its end is watched for.
 *
 * A batch is a row of messages, each as RFC 6587 counts it: "LENGTH MESSAGE". Streams get it as it is,
 * datagrams one message each. */
#ifndef LW_SINK_LINK_H
#define LW_SINK_LINK_H

#include "sink/kind.h"

struct link_target {
	const char *url;   /* unix:/PATH (datagrams or a stream, whatever listens), udp://, tcp://, tls:// */
	uint16_t port;     /* when url has none */
	const char *watch; /* path of a stream socket that the receiver holds open while it lives, and whose
			      end is its end; NULL, or not there: done without */
	bool memfd;        /* what is longer than a datagram may be goes in a file of memory */
};

/* Makes the link, which becomes the sink's state. What target points to is copied. Returns 0, or -errno with
 * a line for people. */
int link_make(struct sink *sink, const struct link_target *target, struct buf *error);
void link_frame(struct buf *body, const struct buf *message);

/* For the vtable. */
void link_send(struct sink *sink, struct buf *body, unsigned count);
void link_cancel(struct sink *sink);
void link_close(struct sink *sink);

#endif
