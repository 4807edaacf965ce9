/* SPDX-License-Identifier: Apache-2.0 */
/* The page of lastwords status: what changed, and which connections failed. */
#include "command/status_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_tree.h"
#include "model/body.h"
#include "report/report.h"

#define JOINED (600 * NS_PER_SEC) /* a change that is declared and noticed so soon after it is one */

/* Events that are told as one, by the newest of them. */
struct entry {
	json_t *event;
	unsigned rank; /* the lowest are told first, when not all have room */
	uint64_t count;
	uint64_t units; /* connections */
	bool told;
};

/* A list of the page. */
struct part {
	const char *title;
	const char *none;
	const char *more; /* the command that tells all */
	const char *kinds[2];
	uint64_t since; /* ns, before now */
	unsigned room;  /* lines */
	bool (*wants)(const json_t *event);
	unsigned (*rank)(const json_t *event); /* NULL: all alike */
	bool (*same)(const json_t *a, const json_t *b);
	bool (*joins)(const json_t *a, const json_t *b); /* one thing that is told twice; NULL: none is */
	bool sums; /* told once with the sum of the events' counts, not with the number of events */
};

struct entries {
	const struct part *part;
	unsigned looked; /* at so many events */
	uint64_t rows;   /* of these, what is told */
	unsigned count;
	struct entry entry[STATUS_ROWS];
};

static bool is_inferred(const json_t *event)
{
	return strcmp(body_text(event, "marker.source"), "inferred") == 0;
}

/* Whether the event is told with one that is there already. */
static bool join(struct entries *entries, json_t *event)
{
	const struct part *part = entries->part;

	for (unsigned n = 0; n < entries->count; n++) {
		struct entry *entry = &entries->entry[n];

		if (part->same(entry->event, event)) {
			entries->rows++;
			entry->count++;
			entry->units += (uint64_t)json_integer_value(body_at(event, "count"));
			return true;
		}
		if (!part->joins || !part->joins(entry->event, event))
			continue;
		/* What was declared says more. */
		if (is_inferred(entry->event)) {
			json_decref(entry->event);
			entry->event = json_incref(event);
			entry->rank = part->rank(event);
		}
		return true;
	}
	return false;
}

static int keep(void *context, const struct store_row *row)
{
	struct entries *entries = context;
	const struct part *part = entries->part;
	json_t *event = json_tree(row->body, strlen(row->body));

	entries->looked++;
	if (!event || !part->wants(event) || join(entries, event)) {
		json_decref(event);
		return 0;
	}
	entries->rows++;
	entries->entry[entries->count++] = (struct entry){.event = event,
		.rank = part->rank ? part->rank(event) : 0,
		.count = 1,
		.units = (uint64_t)json_integer_value(body_at(event, "count"))};
	return 0;
}

static void entries_free(struct entries *entries)
{
	for (unsigned n = 0; n < entries->count; n++)
		json_decref(entries->entry[n].event);
	free(entries);
}

/* Chooses so many of the lowest rank, the newest ones first. */
static void choose(struct entries *entries)
{
	unsigned room = entries->part->room;

	for (unsigned rank = 0; room > 0 && rank < 3; rank++)
		for (unsigned n = 0; n < entries->count && room > 0; n++)
			if (entries->entry[n].rank == rank) {
				entries->entry[n].told = true;
				room--;
			}
}

static void put_entry(const struct entry *entry, bool sums, bool colour, struct buf *out)
{
	char *body;

	if (sums)
		json_object_set_new(entry->event, "count", json_integer((json_int_t)entry->units));
	body = json_dumps(entry->event, JSON_COMPACT);
	if (!body)
		return;
	report_event_line(body, colour, out);
	free(body);
	if (sums || entry->count == 1 || !out->len)
		return;
	out->len--; /* the end of the line */
	buf_printf(out, "  (%llu times)\n", (unsigned long long)entry->count);
}

static void put_entries(const struct entries *entries, bool colour, struct buf *out)
{
	bool cut = entries->looked >= STATUS_ROWS;
	uint64_t left = entries->rows;

	for (unsigned n = 0; n < entries->count; n++) {
		if (!entries->entry[n].told)
			continue;
		left -= entries->entry[n].count;
		put_entry(&entries->entry[n], entries->part->sums, colour, out);
	}
	if (!entries->count && cut)
		buf_printf(out, "  none among the newest %u: %s\n", STATUS_ROWS, entries->part->more);
	else if (!entries->count)
		buf_printf(out, "  %s\n", entries->part->none);
	if (left)
		buf_printf(out, "  and %s%llu more: %s\n", cut ? "at least " : "", (unsigned long long)left,
			entries->part->more);
}

static bool is_restart(const json_t *event)
{
	return is_inferred(event) && strcmp(body_text(event, "marker.kind"), "restart") == 0;
}

static bool is_change(const json_t *event)
{
	return body_at(event, "marker");
}

static unsigned rank_of_change(const json_t *event)
{
	return is_restart(event) ? 2 : is_inferred(event) ? 1 : 0;
}

static bool same_text(const json_t *a, const json_t *b, const char *path)
{
	return strcmp(body_text(a, path), body_text(b, path)) == 0;
}

static bool same_change(const json_t *a, const json_t *b)
{
	return is_restart(a) && is_restart(b) && same_text(a, b, "marker.service");
}

/* A release or a rollback: what is noticed of either is a deploy. */
static bool brings_out(const json_t *event)
{
	return strcmp(body_text(event, "marker.kind"), "deploy") == 0 ||
	       strcmp(body_text(event, "marker.kind"), "rollback") == 0;
}

static bool is_close(const json_t *a, const json_t *b)
{
	uint64_t x, y;

	if (clock_parse(body_text(a, "time"), 0, &x) < 0 || clock_parse(body_text(b, "time"), 0, &y) < 0)
		return false;
	return x < y + JOINED && y < x + JOINED;
}

static bool joins_change(const json_t *a, const json_t *b)
{
	return is_inferred(a) != is_inferred(b) && brings_out(a) && brings_out(b) &&
	       same_text(a, b, "marker.service") && same_text(a, b, "marker.version") && is_close(a, b);
}

static bool is_third_party(const json_t *event)
{
	struct body_end local, remote;

	if (!body_end(event, "remote", &remote))
		return false;
	if (remote.is_unix || strncmp(remote.address, "127.", 4) == 0 ||
		(remote.len == 3 && !memcmp(remote.address, "::1", 3)))
		return false;
	return !body_end(event, "local", &local) || local.len != remote.len ||
	       memcmp(local.address, remote.address, local.len) != 0;
}

bool status_is_third_party(const char *body)
{
	json_t *event = json_tree(body, strlen(body));
	bool other = is_third_party(event);

	json_decref(event);
	return other;
}

static bool same_peer(const json_t *a, const json_t *b)
{
	struct body_end x, y;

	return body_end(a, "remote", &x) && body_end(b, "remote", &y) && x.len == y.len &&
	       memcmp(x.address, y.address, x.len) == 0 && same_text(a, b, "service.name") &&
	       same_text(a, b, "kind") && same_text(a, b, "errno");
}

static const struct part changes = {
	.title = "changed in the last 24 hours",
	.none = "nothing that was declared or noticed",
	.more = "lastwords markers --since 24h",
	.kinds = {"marker"},
	.since = STATUS_CHANGES_SINCE,
	.room = 10,
	.wants = is_change,
	.rank = rank_of_change,
	.same = same_change,
	.joins = joins_change,
};

static const struct part third_parties = {
	.title = "connections to others that failed in the last 10 minutes",
	.none = "none",
	.more = "lastwords events --since 10m --kind connect_failure,tcp_reset",
	.kinds = {"connect_failure", "tcp_reset"},
	.since = STATUS_PEERS_SINCE,
	.room = 5,
	.wants = is_third_party,
	.same = same_peer,
	.sums = true,
};

static int put_part(struct store *store, const struct part *part, uint64_t now, bool colour, struct buf *out)
{
	const struct store_filter filter = {.since = now - part->since,
		.kinds = part->kinds,
		.kind_count = part->kinds[1] ? 2 : 1,
		.newest_first = true,
		.limit = STATUS_ROWS};
	struct entries *entries = calloc(1, sizeof(*entries));
	int r;

	if (!entries)
		return -ENOMEM;
	entries->part = part;
	r = store_query(store, &filter, keep, entries);
	choose(entries);
	buf_printf(out, "\n%s\n", part->title);
	if (r == 0)
		put_entries(entries, colour, out);
	entries_free(entries);
	return r;
}

int status_page(struct store *store, const struct alive *alive, uint64_t now, bool colour, struct buf *out)
{
	int r = status_incidents(store, alive, now, colour, out);

	if (r == 0)
		r = put_part(store, &changes, now, colour, out);
	if (r == 0)
		r = put_part(store, &third_parties, now, colour, out);
	return r < 0 ? r : out->failed ? -ENOMEM : 0;
}
