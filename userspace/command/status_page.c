/* SPDX-License-Identifier: Apache-2.0 */
/* The page of lastwords status. */
#include "command/status_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_tree.h"
#include "model/body.h"
#include "report/report.h"
#include "store/finding.h"

#define INCIDENTS 3u /* told each as a page */
#define ISSUES    16u

/* Events that are told as one, by the newest of them. */
struct entry {
	json_t *event;
	char *body;
	unsigned rank; /* the lowest are told first, when not all have room */
	uint64_t count;
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
};

struct entries {
	const struct part *part;
	uint64_t rows;
	unsigned count;
	struct entry entry[STATUS_ROWS];
};

static int keep(void *context, const struct store_row *row)
{
	struct entries *entries = context;
	struct entry *entry = &entries->entry[entries->count];
	json_t *event = json_tree(row->body, strlen(row->body));

	if (!event || !entries->part->wants(event)) {
		json_decref(event);
		return 0;
	}
	entries->rows++;
	for (unsigned n = 0; n < entries->count; n++) {
		if (!entries->part->same(entries->entry[n].event, event))
			continue;
		entries->entry[n].count++;
		json_decref(event);
		return 0;
	}
	*entry = (struct entry){.event = event,
		.body = strdup(row->body),
		.rank = entries->part->rank ? entries->part->rank(event) : 0,
		.count = 1};
	entries->count++;
	return entry->body ? 0 : -ENOMEM;
}

static void entries_free(struct entries *entries)
{
	for (unsigned n = 0; n < entries->count; n++) {
		json_decref(entries->entry[n].event);
		free(entries->entry[n].body);
	}
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

static void put_entries(const struct entries *entries, bool colour, struct buf *out)
{
	uint64_t left = entries->rows;

	for (unsigned n = 0; n < entries->count; n++) {
		const struct entry *entry = &entries->entry[n];

		if (!entry->told)
			continue;
		left -= entry->count;
		report_event_line(entry->body, colour, out);
		if (entry->count == 1 || !out->len)
			continue;
		out->len--; /* the end of the line */
		buf_printf(out, "  (%llu times)\n", (unsigned long long)entry->count);
	}
	if (!entries->count)
		buf_printf(out, "  %s\n", entries->part->none);
	if (left)
		buf_printf(out, "  and %s%llu more: %s\n", entries->rows >= STATUS_ROWS ? "at least " : "",
			(unsigned long long)left, entries->part->more);
}

static bool is_inferred(const json_t *event)
{
	return strcmp(body_text(event, "marker.source"), "inferred") == 0;
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

struct issues {
	unsigned count;
	json_t *issue[ISSUES];
};

static int keep_issue(void *context, const struct store_finding *finding)
{
	struct issues *issues = context;
	json_t *issue = json_tree(finding->body, strlen(finding->body));

	if (issue)
		issues->issue[issues->count++] = issue;
	return 0;
}

static int by_count(const void *a, const void *b)
{
	json_int_t x = json_integer_value(body_at(*(json_t *const *)a, "count")),
		   y = json_integer_value(body_at(*(json_t *const *)b, "count"));

	return x < y ? 1 : x > y ? -1 : 0;
}

struct incidents {
	struct store *store;
	bool colour;
	struct buf *out;
	uint64_t count;
};

/* The incident alone knows its issues by their ids. */
static int put_incident(void *context, const struct store_finding *finding)
{
	struct incidents *incidents = context;
	json_t *incident = json_tree(finding->body, strlen(finding->body));
	const json_t *ids = body_at(incident, "issues");
	struct issues issues = {0};

	if (incidents->count++ >= INCIDENTS) {
		report_finding_line(finding->body, incidents->colour, incidents->out);
		json_decref(incident);
		return 0;
	}
	for (size_t n = 0; n < json_array_size(ids) && issues.count < ISSUES; n++)
		(void)!store_finding_get(
			incidents->store, body_text(json_array_get(ids, n), ""), keep_issue, &issues);
	qsort(issues.issue, issues.count, sizeof(json_t *), by_count);
	if (incidents->count > 1)
		buf_char(incidents->out, '\n');
	report_incident_brief(incident, issues.issue, issues.count, incidents->colour, incidents->out);
	while (issues.count > 0)
		json_decref(issues.issue[--issues.count]);
	json_decref(incident);
	return 0;
}

static int put_line(void *context, const struct store_finding *finding)
{
	struct incidents *incidents = context;

	incidents->count++;
	report_finding_line(finding->body, incidents->colour, incidents->out);
	return 0;
}

static int put_incidents(struct store *store, bool colour, struct buf *out)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open", .limit = 64},
					  ended = {.kind = "incident",
						  .state = "closed",
						  .limit = STATUS_ENDED};
	struct incidents incidents = {store, colour, out, 0};
	int r;

	buf_str(out, "now\n");
	r = store_findings(store, &open, put_incident, &incidents);
	if (!incidents.count)
		buf_str(out, "  nothing is broken, as far as can be seen from here\n");
	incidents.count = 0;
	buf_str(out, "\nended last\n");
	if (r == 0)
		r = store_findings(store, &ended, put_line, &incidents);
	if (!incidents.count)
		buf_str(out, "  none\n");
	return r;
}

int status_page(struct store *store, uint64_t now, bool colour, struct buf *out)
{
	int r = put_incidents(store, colour, out);

	if (r == 0)
		r = put_part(store, &changes, now, colour, out);
	if (r == 0)
		r = put_part(store, &third_parties, now, colour, out);
	return r < 0 ? r : out->failed ? -ENOMEM : 0;
}
