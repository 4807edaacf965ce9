/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed of a crash loop: the first events of an issue in full, then a line that counts, once an
 * interval. So it is with failed calls, of which each process that is started again has its own, and with
 * connections that fail or are reset. Time is that
 * of the events, and is moved on between them by fold_advance. */
#ifndef LW_COMMAND_FOLD_H
#define LW_COMMAND_FOLD_H

#include "base/buf.h"
#include "command/correlation.h"
#include "model/event.h"

#define FOLD_FULL     3u                /* events of an issue that are told one by one, in an interval */
#define FOLD_INTERVAL (60 * NS_PER_SEC) /* the default */
#define FOLD_ROWS     256u              /* issues at a time; with more, those beyond are told in full */
#define FOLD_CALLS    (FOLD_ROWS / 2)   /* of these, failed calls and connections take so many at most */

/* One fingerprint, one call and errno, or one peer, of one service, since its interval began. */
struct fold_row {
	char what[160]; /* "4:61f0…", "openat ENOENT", "10.0.0.7:443 ECONNREFUSED"; empty: unused */
	char service[EVENT_SERVICE_NAME];
	enum event_kind kind;
	uint64_t since;   /* ns */
	uint64_t last;    /* ns, of the newest event that was counted */
	unsigned told;    /* in full */
	uint64_t counted; /* deaths, exceptions, calls or connections that are not told yet */
};

struct fold {
	uint64_t interval; /* ns; 0: every event is told in full */
	struct fold_row rows[FOLD_ROWS];
};

/* Whether the event is to be told in full. If not, it is counted, and a later line tells of it. */
bool fold_take(struct fold *fold, const struct event *event);
/* It is that late (ns): appends a line for each row whose interval is over, or with all for each at once.
 * What they are about is asked of correlation. */
void fold_advance(struct fold *fold, uint64_t now, bool all, struct correlation *correlation, bool colour,
	struct buf *out);

#endif
