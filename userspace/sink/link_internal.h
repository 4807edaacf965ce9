/* SPDX-License-Identifier: Apache-2.0 */
/* What link.c, link_open.c and link_write.c share. */
#ifndef LW_SINK_LINK_INTERNAL_H
#define LW_SINK_LINK_INTERNAL_H

#include <netdb.h>
#include <sys/stat.h>

#include "sink/link.h"
#include "sink/options_url.h"

enum link_state {
	LINK_DOWN,
	LINK_LOOKING_UP, /* a name, for UDP */
	LINK_CONNECTING,
	LINK_WRITING,
	LINK_DRAINING, /* until nothing waits in the kernel */
	LINK_QUIET,
};

enum link_transport { LINK_UNIX_DATAGRAM, LINK_UNIX_STREAM, LINK_UDP, LINK_TCP };

struct lookup;

struct link {
	struct sink *sink;
	char *url;
	char *watch_path;
	struct sink_url to; /* into url */
	bool memfd;

	enum link_state state;
	enum link_transport transport;
	int fd;    /* -1: none; of TCP a copy of libcurl's */
	int watch; /* -1: none */
	int alarm;
	uint64_t watched;         /* since, ns of clock_boottime */
	unsigned watches_refused; /* in a row */
	struct stat place;        /* of a unix socket, when it was connected */
	struct lookup *lookup;
	size_t heard; /* bytes from the other side */

	const struct buf *body;
	size_t done;    /* bytes of body */
	unsigned index; /* messages, for datagrams */
	uint64_t pause; /* of the alarm, ns */
	uint64_t quiet; /* since, ns of clock_boottime */
};

/* link_open.c: Returns 0 when it is connected, -EINPROGRESS when link_opened is called later, or another
 * -errno.
 */
int link_open(struct link *link);
/* At the alarm of LINK_LOOKING_UP: the same. */
int link_look_up(struct link *link);
/* Ends whatever was begun. */
void link_down(struct link *link);
/* Whether the receiver of a unix socket is the one that it was. */
bool link_is_there(const struct link *link);

/* link_write.c: Returns 0 when all is written, -EAGAIN (writable again later), -ENOBUFS (later), or another
 * -errno.
 */
int link_write(struct link *link);
/* Throws away what the other side says. Returns 0, or -errno when the connection is at its end. */
int link_read_off(struct link *link);

/* link.c: reason NULL: it is connected. */
void link_opened(struct link *link, const char *reason);
int link_watch(struct link *link, uint32_t events);
void link_unwatch(struct link *link);

#endif
