/* SPDX-License-Identifier: Apache-2.0 */
/* The vtable of a sink, one file a kind, and what a kind may call. A new kind is a file and a row in kinds.c.
 */
#ifndef LW_SINK_KIND_H
#define LW_SINK_KIND_H

#include <jansson.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/loop.h"
#include "model/severity.h"
#include "sink/sink.h"

#define SINK_ID (ID_SIZE + 24)

/* One event, or the present state of an issue or incident, on its way out. */
struct sink_item {
	char id[SINK_ID];    /* for receivers that drop doubles: the event's, or FINDING-NUMBER, one for each
				change */
	uint64_t time;       /* ns since the epoch */
	const char *kind;    /* as in docs/EVENTS.md, or "issue", "incident" */
	const char *service; /* NULL: none */
	const char *body;    /* JSON, one line, what is to be removed is gone; of len bytes, ended by NUL */
	size_t len;
	json_t *object;           /* the same, parsed; NULL for a raw kind */
	struct severity severity; /* not set for a raw kind */
};

struct sink; /* one of the configuration */

enum sink_outcome {
	SINK_DELIVERED,
	SINK_SENT,    /* on its way without an answer to come: counts as delivered once the connection has
			 outlived it */
	SINK_RETRY,   /* nobody there, too busy, wrong rights: again later, nothing is given up */
	SINK_REFUSED, /* for what it holds: the batch is halved until the one event is found, which is set
			 aside */
};

struct sink_kind {
	const char *name;
	/* The keys that it takes beside those of all sinks, words; "KEY!" must be there, "KEY=a|b" takes one
	 * of these. */
	const char *keys;
	/* Schemes of url, words; NULL: it has none. */
	const char *schemes;
	const char *kinds; /* of events, patterns, when the configuration does not say; NULL: all */
	uint64_t repeat;   /* ns; open incidents are sent again so often, unchanged; 0: they are not */
	bool raw;          /* it takes body as it is */
	unsigned batch;    /* events at most, when the configuration does not say */
	/* What one key alone cannot show; returns what is expected instead, or NULL. May be NULL. */
	const char *(*check)(const struct sink_options *options);
	/* What fails as things are, but may come yet, such as a folder that is mounted later: appends a line
	 * to why. May be NULL. */
	void (*warn)(const struct sink_options *options, struct buf *why);
	/* Makes the state; connects to nothing yet. Returns 0 or -errno with a line for people. May be NULL.
	 */
	int (*open)(struct sink *sink, struct buf *error);
	void (*close)(struct sink *sink);
	/* Appends the item to the batch in its form on the wire. Returns 0, or -errno: it cannot be told in
	 * this form and is set aside. body is as it was then. */
	int (*encode)(struct sink *sink, const struct sink_item *item, struct buf *body);
	/* Begins to send; sink_done is called once, from here or later. body lives until then. NULL: others
	 * ask; there is no batch and no encode, and what there is to tell is read through sink_store. */
	void (*send)(struct sink *sink, struct buf *body, unsigned count);
	/* Of a kind without send: asks as others do whether it answers, without a loop. Returns 0, or -errno
	 * with the reason. */
	int (*ask)(const struct sink_options *options, char reason[SINK_REASON]);
	/* What was begun is given up for the time it takes, or since the sink closes: sink_done is not called
	 * any more. NULL: it cannot be given up, and there is no time-out. */
	void (*cancel)(struct sink *sink);
};

/* NULL: there is no such kind. */
const struct sink_kind *sink_kind_find(const char *name);
/* NULL behind the last one. */
const char *sink_kind_name(size_t index);

/* What was configured, which lives as long as the sink. */
const struct sink_options *sink_options(const struct sink *sink);
/* The name of this host: issues and incidents do not hold it. */
const char *sink_host(const struct sink *sink);
struct loop *sink_loop(const struct sink *sink);
/* What all sinks read; not to be written. */
struct store *sink_store(const struct sink *sink);
/* The options of all sinks of the process, this one among them; NULL behind the last one. */
const struct sink_options *sink_sibling(const struct sink *sink, size_t index);
void *sink_state(const struct sink *sink);
void sink_set_state(struct sink *sink, void *state);
/* From open: encode takes body alone, as of a raw kind. */
void sink_take_raw(struct sink *sink);
/* From open: never more events in a batch, whatever the configuration says. */
void sink_limit_batch(struct sink *sink, unsigned events);
/* A sink that cannot take back what it wrote. After: a process before this one may have left half of
 * something there. Leave: from close, this one does. */
bool sink_after_half(const struct sink *sink);
void sink_leave_half(struct sink *sink);
/* Shared by the sinks of a process: see http.h. NULL without memory or libcurl. */
struct http_client *sink_http(struct sink *sink);

/* The end of what send began. wait is the least pause before the next attempt in ns, 0 for the usual one;
 * reason is for people, and may be NULL for DELIVERED. */
void sink_done(struct sink *sink, enum sink_outcome outcome, uint64_t wait, const char *reason);
/* The connection ended on which SINK_SENT was said: what it has not outlived is sent again. */
void sink_lost(struct sink *sink, const char *reason);
/* Before sink_done with SINK_DELIVERED (sink_refuse also with SINK_SENT): these of the batch were not taken.
 * Refused: set aside at once, since the receiver said so of this one. Again: the batch begins with it next
 * time (those behind it may come twice). */
void sink_refuse(struct sink *sink, unsigned index, const char *reason);
void sink_again(struct sink *sink, unsigned index);
/* Refused, too: so many of the batch, when the receiver does not say which. */
void sink_refuse_some(struct sink *sink, unsigned count, const char *reason);
/* Whether the batch holds as much as it may: what comes behind it does not join it when it is tried again. */
bool sink_is_full(const struct sink *sink);
/* The id of one of the batch. */
const char *sink_batch_id(const struct sink *sink, unsigned index);

#endif
