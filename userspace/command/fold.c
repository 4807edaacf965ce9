/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each issue, failing call or peer that is happening; no row outlives a quiet interval. */
#include "command/fold.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/names.h"
#include "report/report.h"

/* What a living process meets, which may be any number of things. */
static bool is_met(enum event_kind kind)
{
	return kind == EVENT_SYSCALL_ERRORS || kind == EVENT_CONNECT_FAILURE || kind == EVENT_TCP_RESET;
}

/* Without the port: that of a client is another one each time. */
static void reset_of(const struct event_tcp *tcp, char *buf, size_t size)
{
	const char *port = strrchr(tcp->remote, ':');
	int host = (int)(port ? (size_t)(port - tcp->remote) : strlen(tcp->remote));

	snprintf(buf, size, "%s %.*s", strcmp(tcp->direction, "sent") == 0 ? "sent to" : "received from",
		host, tcp->remote);
}

/* What is the same in events that are told as one; empty: it has none like it. */
static void what_of(const struct event *event, char *buf, size_t size)
{
	if (event->kind == EVENT_SYSCALL_ERRORS)
		snprintf(buf, size, "%s %s", event->syscall.name, name_errno(event->syscall.error));
	else if (event->kind == EVENT_CONNECT_FAILURE)
		snprintf(buf, size, "%s %s", event->tcp.remote, name_errno(event->tcp.error));
	else if (event->kind == EVENT_TCP_RESET)
		reset_of(&event->tcp, buf, size);
	else
		text_copy(buf, size, event->fingerprint);
}

static bool is_row(const struct fold_row *row, const struct event *event, const char *what)
{
	return row->kind == event->kind && strcmp(row->what, what) == 0 &&
	       strcmp(row->service, event->service.name) == 0;
}

static struct fold_row *row_of(struct fold *fold, const struct event *event, const char *what)
{
	struct fold_row *unused = NULL;

	/* However many calls fail, there is room for what dies. */
	for (unsigned n = is_met(event->kind) ? FOLD_ROWS - FOLD_CALLS : 0; n < FOLD_ROWS; n++) {
		struct fold_row *row = &fold->rows[n];

		if (is_row(row, event, what))
			return row;
		if (!unused && !row->what[0])
			unused = row;
	}
	if (!unused)
		return NULL;
	*unused = (struct fold_row){.kind = event->kind, .since = event->time};
	text_copy(unused->what, sizeof(unused->what), what);
	text_copy(unused->service, sizeof(unused->service), event->service.name);
	return unused;
}

static uint64_t units_of(const struct event *event)
{
	return event->kind == EVENT_SYSCALL_ERRORS ? event->syscall.count
	       : is_met(event->kind)               ? event->tcp.count
						   : 1;
}

bool fold_take(struct fold *fold, const struct event *event)
{
	char what[sizeof(fold->rows->what)];
	struct fold_row *row;

	what_of(event, what, sizeof(what));
	row = fold->interval && what[0] ? row_of(fold, event, what) : NULL;
	if (!row)
		return true;
	if (row->told < FOLD_FULL) {
		row->told++;
		return true;
	}
	row->counted += units_of(event);
	if (event->time > row->last)
		row->last = event->time;
	return false;
}

/* A clock that was put back ends an interval too. */
static bool is_over(const struct fold *fold, const struct fold_row *row, uint64_t now)
{
	return now >= row->since + fold->interval || now + fold->interval < row->since;
}

static const char *name_of(enum event_kind kind)
{
	switch (kind) {
	case EVENT_EXCEPTION: return "exceptions";
	case EVENT_SYSCALL_ERRORS: return "failed calls";
	case EVENT_CONNECT_FAILURE: return "failed connections";
	case EVENT_TCP_RESET: return "resets";
	default: return "deaths";
	}
}

static void tell(const struct fold_row *row, uint64_t until, struct correlation *correlation, bool colour,
	struct buf *out)
{
	struct report_repeat repeat = {
		.time = row->last,
		.kind = event_kind_name(row->kind),
		.service = row->service,
		.what = name_of(row->kind),
		.title = row->what,
		.count = row->counted,
		.seconds = until > row->since + NS_PER_SEC ? (until - row->since) / NS_PER_SEC : 1,
	};

	if (!is_met(row->kind))
		correlation_issue(correlation, row->what, &repeat.title, &repeat.incident);
	report_repeat_line(&repeat, colour, out);
}

void fold_advance(struct fold *fold, uint64_t now, bool all, struct correlation *correlation, bool colour,
	struct buf *out)
{
	for (unsigned n = 0; n < FOLD_ROWS; n++) {
		struct fold_row *row = &fold->rows[n];

		if (!row->what[0] || (!all && !is_over(fold, row, now)))
			continue;
		if (!row->counted) {
			row->what[0] = '\0';
			continue;
		}
		tell(row, all ? row->last : now, correlation, colour, out);
		/* It goes on: what comes next is counted again, not told in full. */
		row->since = now;
		row->counted = 0;
	}
}
