/* SPDX-License-Identifier: Apache-2.0 */
/* The store: one SQLite database (WAL) in the state directory, and the lock that keeps a second daemon out.
 * It is the only user of sqlite3.h, and knows an event only as id, time, kind, service and a line of JSON. */
#ifndef LW_STORE_STORE_H
#define LW_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "base/buf.h"

struct store;

enum store_mode {
	STORE_READ,   /* must exist; never writes */
	STORE_APPEND, /* one event from a command line tool; made when missing */
	STORE_OWN,    /* the daemon: made when missing, exclusive by a lock file beside it */
	STORE_MEMORY, /* nothing on disk; dir is ignored */
};

/* Defaults of retention, written in docs/OPERATIONS.md */
#define STORE_MAX_AGE_DEFAULT  (30ull * 24 * 3600 * 1000000000ull) /* ns */
#define STORE_MAX_SIZE_DEFAULT (1ull << 30)                        /* bytes */

/* Opens DIR/lastwords.db. On failure returns -errno and a one-line message for people in error: what, where,
 * what to do. -EBUSY: another daemon owns the state (the message names its pid); -ENOENT; -EACCES; -EBADMSG:
 * the file is corrupt or no database of ours (application_id is checked); -EPROTO: a newer schema. What fails
 * to open is left byte for byte as it was. The lock is a flock: a process forked afterwards shares it until
 * it execs, exits or closes its descriptors. */
int store_open(struct store **ret, const char *dir, enum store_mode mode, struct buf *error);
/* Takes NULL; commits nothing that is pending without store_commit. */
void store_close(struct store *store);

struct store_event {
	const char *id;
	uint64_t time; /* ns since the epoch */
	const char *kind;
	const char *service; /* NULL: none */
	const char *body;    /* JSON, one line */
	const void *remains; /* a blob that is kept as long as the event; NULL: none */
	size_t remains_size;
};

/* Adds one event in the open transaction, beginning one when needed. An id that is there already is left as
 * it is and counted as a duplicate (returns 1). Returns 0, 1, or -errno (-ENOSPC, -EIO, -EINVAL, …); after an
 * error the transaction is still usable or was rolled back: *ret_lost, when not NULL, is always set, to the
 * number of events added before that are gone with it (0 mostly; the event that this call refused is not
 * among them). A loss in a call that cannot report it is in the next report. Other processes wait for the
 * open transaction: commit once a second or so. Queries of this store see it, too. */
int store_add(struct store *store, const struct store_event *event, uint64_t *ret_lost);
/* Makes everything added so far durable against a crash of the daemon. Returns 0, or -errno with ret_lost as
 * above. */
int store_commit(struct store *store, uint64_t *ret_lost);

#define STORE_FINGERPRINTS 200 /* of one issue, the last seen */

struct store_fingerprints {
	unsigned count;
	char text[STORE_FINGERPRINTS][24];
};

struct store_filter {
	uint64_t since; /* ns; 0: no bound */
	uint64_t until; /* ns; the first instant that is not meant; 0: no bound */
	const char *const *kinds;
	unsigned kind_count;                 /* 0: all; over 16: -E2BIG */
	const char *service;                 /* NULL: all */
	const struct store_fingerprints *of; /* failures with one of these alone; NULL: all events */
	const char *with;   /* a text that the body has, byte for byte; NULL: any. Each row is read for it */
	uint64_t after_seq; /* only rows stored after this sequence number */
	bool by_seq; /* in the order of storing: for readers with a cursor, which begins at after_seq 0 */
	bool newest_first; /* else in the order of time; with after_seq in the order of storing, as by_seq */
	uint64_t limit;    /* 0: none */
};

struct store_row {
	uint64_t seq; /* order of storing */
	const char *id;
	uint64_t time;
	const char *kind;
	const char *service;
	const char *body;
};

/* Returns 0 to go on, anything else to stop with that result. The row lives until it returns. */
typedef int (*store_row_fn)(void *context, const struct store_row *row);

/* Calls fn for each event that the filter lets through. Returns 0, -errno, or what fn returned to stop. */
int store_query(struct store *store, const struct store_filter *filter, store_row_fn fn, void *context);

/* One event by its id, or by a unique prefix of at least 6 characters. Returns 0, -ENOENT, -ENOTUNIQ, or what
 * fn returned. */
int store_get(struct store *store, const char *id, store_row_fn fn, void *context);

/* The blob of one event, found as by store_get; it lives until fn returns. Also -ENODATA: it has none. */
typedef int (*store_remains_fn)(void *context, const void *blob, size_t size);
int store_remains(struct store *store, const char *id, store_remains_fn fn, void *context);

/* The highest sequence number given out so far, also when that event was removed since; 0: none yet. */
int store_last_seq(struct store *store, uint64_t *ret_seq);

/* Bytes of the database and its write-ahead log as the file system has them; 0 in memory. */
uint64_t store_disk_size(const struct store *store);

/* Small named numbers that survive a restart (counters). set begins or joins the open transaction. */
int store_counter_set(struct store *store, const char *name, uint64_t value);
typedef int (*store_counter_fn)(void *context, const char *name, uint64_t value);
int store_counters(struct store *store, store_counter_fn fn, void *context);

struct store_retention {
	uint64_t max_age;  /* ns; 0: no bound */
	uint64_t max_size; /* bytes of the database, its write-ahead log included; 0: no bound */
};

/* fn is called for each event that store_trim is about to remove and whose number is over after_seq, and once
 * with NULL behind the last one, in the transaction that removes them: what fn writes into the store is kept
 * or undone with the removal. What it returns is a failure of store_trim when it is below 0. NULL: no more.
 */
void store_watch_removal(struct store *store, uint64_t after_seq, store_row_fn fn, void *context);

/* Removes at most a few thousand of the oldest events that are over the bounds, so that one call is short
 * (some 10 ms); call it once a second or so, and sooner while it removes any. Commits what is pending first.
 * ret_removed: how many. */
int store_trim(
	struct store *store, const struct store_retention *bounds, uint64_t now, uint64_t *ret_removed);

#endif
