/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sink nats share. libnats waits for names, handshakes and full sockets: a thread of
 * its own speaks with it (worker.h). */
#ifndef LW_SINK_NATS_H
#define LW_SINK_NATS_H

#include "base/nats_library.h"
#include "sink/kind.h"

/* One event's fate. */
enum nats_fate { NATS_OPEN, NATS_TAKEN, NATS_REFUSED, NATS_FAILED };

struct nats_line {
	const struct nats_library *library;
	const struct sink_options *options;
	const char *host;
	natsConnection *connection; /* NULL: none */
	natsSubscription *answers;
	char inbox[64]; /* answers come to INBOX.ROUND-INDEX */
	bool careful;   /* the first event goes alone: after a failure, none may come before it */
	unsigned round;
};

struct nats_batch {
	const struct buf *body;
	unsigned count;
	uint64_t deadline; /* ns of clock_boottime */
	const bool *stop;  /* read by __atomic: give up */

	enum nats_fate *fates;
	unsigned open;             /* of them */
	char reason[SINK_REASON];  /* of the first that failed */
	char refusal[SINK_REASON]; /* of the last one that was refused */
};

/* Sends a batch and waits for the answers; connects before, when there is no connection. */
void nats_line_send(struct nats_line *line, struct nats_batch *batch);
/* Returns false with a reason. */
bool nats_line_connect(struct nats_line *line, uint64_t deadline, char reason[SINK_REASON]);
void nats_line_close(struct nats_line *line);

/* The subject of an event: pattern with {kind} and {service} in the form of a token. Returns false when it
 * does not fit. */
bool nats_subject(const char *pattern, const char *kind, const char *service, char *ret, size_t size);
/* Returns NULL, or what is expected instead. */
const char *nats_check(const struct sink_options *options);

#define NATS_SUBJECT "lastwords.{kind}"

#endif
