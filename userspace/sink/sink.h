/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks: where events go. Each reads the store behind a cursor of its own, a batch at a time, and moves the
 * cursor when the other side has taken the batch: at least once, in order, with nothing in memory but the
 * batch at hand. They run in one loop of one process, which is not the daemon's. */
#ifndef LW_SINK_SINK_H
#define LW_SINK_SINK_H

#include "base/loop.h"
#include "sink/options.h"
#include "store/store.h"

#define SINK_NAME   64  /* bytes, the NUL included */
#define SINK_REASON 256 /* bytes of an error for people */
#define SINK_TRIES  3   /* an event that is refused so many times alone is set aside */

/* What was delivered: numbers of store_row and store_finding. */
struct sink_cursor {
	uint64_t event;
	uint64_t finding;
};

struct sink_progress {
	struct sink_cursor cursor;
	uint64_t delivered;      /* these four since the process began */
	uint64_t refused;        /* set aside */
	uint64_t skipped;        /* wanted, and over the backlog before they were delivered */
	uint64_t failures;       /* attempts that failed */
	char error[SINK_REASON]; /* of the last attempt; empty: it worked */
	uint64_t events;         /* of the first three those of the store: no issues and incidents */
};

/* What the sinks tell. Names and texts live until the call returns. */
struct sink_listener {
	/* After each batch and each failure. */
	void (*progress)(void *context, const char *sink, const struct sink_progress *progress);
	/* An event that the other side will never take was set aside. */
	void (*refused)(void *context, const char *sink, const char *event, const char *reason);
	void *context;
};

struct sinks;

/* store is borrowed and only read. cursors tells where each sink goes on, in the order of options. An
 * option's fault that shows only now is told by log_error and leaves that sink out, not the others. Returns 0
 * or -errno. */
int sinks_open(struct sinks **ret, struct loop *loop, struct store *store, const struct sink_list *list,
	const struct sink_cursor *cursors, const struct sink_listener *listener);
/* At once after sinks_open: a process before this one was killed, or sinks_close returned true in it. */
void sinks_after_half(struct sinks *sinks);
/* There may be something new in the store. */
void sinks_wake(struct sinks *sinks);
/* Whether all that was in the store at the last look was delivered or is being waited for to no end (a dead
 * receiver). */
bool sinks_idle(const struct sinks *sinks);
/* Takes NULL. Batches under way are dropped, and come again. Returns whether half a line was left on the
 * standard output. */
bool sinks_close(struct sinks *sinks);

/* Delivers one event, that is in no store, to the sink of options; runs a loop of its own until the outcome
 * is known, at most for the sink's time-out. Returns 0, or -errno with what the other side said in reason. */
int sink_probe(const struct sink_options *options, const struct store_row *row, char reason[SINK_REASON]);

#endif
