/* SPDX-License-Identifier: Apache-2.0 */
/* What the stored events tell of an issue or incident: short queries, each for a few rows. */
#include "command/story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json_tree.h"
#include "base/text.h"
#include "model/body.h"
#include "report/report.h"
#include "store/finding.h"

#define BEFORE  (3600 * NS_PER_SEC)
#define CHANGES 12u /* before an incident was detected, and as many after that */
#define LINES   64u
#define LAST    5u /* events of an issue */

static const char *const changes[] = {"marker", "decision"};
static const char *const failures[] = {
	"crash", "oom_kill", "kill", "exit_failure", "exception", "connect_failure", "tcp_reset", "listen"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct line {
	uint64_t time;
	char id[ID_SIZE];
	char *text;
};

struct story {
	struct store *store;
	bool colour;
	unsigned count;
	struct line lines[LINES];
};

/* The event's line with its id. One that is there already is left out, and so are those beyond LINES. */
static int keep(void *context, const struct store_row *row)
{
	struct story *story = context;
	struct line *line = &story->lines[story->count];
	_cleanup_buf_ struct buf text = {0};

	for (unsigned n = 0; n < story->count; n++)
		if (strcmp(story->lines[n].id, row->id) == 0)
			return 0;
	if (story->count == LINES)
		return 0;
	report_event_line(row->body, story->colour, &text);
	if (text.len)
		text.len--;
	buf_str(&text, "  ");
	text_escape(&text, row->id, strlen(row->id));
	line->text = text.failed ? NULL : strdup(buf_text(&text));
	if (!line->text)
		return -ENOMEM;
	line->time = row->time;
	text_copy(line->id, sizeof(line->id), row->id);
	story->count++;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->time != y->time ? (x->time < y->time ? -1 : 1) : strcmp(x->id, y->id);
}

/* Appends and forgets the lines. */
static int tell(struct story *story, const char *title, const char *none, struct buf *out)
{
	qsort(story->lines, story->count, sizeof(*story->lines), by_time);
	buf_printf(out, "\n%s\n%s", title, story->count ? "" : none);
	for (unsigned n = 0; n < story->count; n++) {
		buf_printf(out, "  %s\n", story->lines[n].text);
		free(story->lines[n].text);
	}
	story->count = 0;
	return out->failed ? -ENOMEM : 0;
}

struct issues {
	unsigned count;
	json_t **issue;
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

unsigned story_issues(struct store *store, const json_t *incident, json_t *ret[STORY_ISSUES])
{
	const json_t *ids = body_at(incident, "issues");
	struct issues issues = {.issue = ret};

	for (size_t n = 0; n < json_array_size(ids) && issues.count < STORY_ISSUES; n++)
		(void)!store_finding_get(store, body_text(json_array_get(ids, n), ""), keep_issue, &issues);
	qsort(ret, issues.count, sizeof(void *), by_count);
	return issues.count;
}

static uint64_t time_at(const json_t *object, const char *path)
{
	uint64_t time;

	return clock_parse(body_text(object, path), 0, &time) == 0 ? time : 0;
}

/* The nearest ones before it was detected, and the first after that. */
static int keep_changes(struct story *story, uint64_t started, uint64_t detected, uint64_t end)
{
	struct store_filter before = {.since = started > BEFORE ? started - BEFORE : 0,
		.until = detected,
		.kinds = changes,
		.kind_count = COUNT(changes),
		.newest_first = true,
		.limit = CHANGES};
	struct store_filter after = before;
	int r = store_query(story->store, &before, keep, story);

	after.since = detected;
	after.until = end;
	after.newest_first = false;
	return r ? r : store_query(story->store, &after, keep, story);
}

/* Those that it blames may be older than that. */
static int keep_suspects(struct story *story, const json_t *incident)
{
	const json_t *suspects = body_at(incident, "suspects");
	int r = 0;

	for (size_t n = 0; n < json_array_size(suspects) && r == 0; n++) {
		const char *id = body_text(json_array_get(suspects, n), "marker");

		r = *id ? store_get(story->store, id, keep, story) : 0;
		if (r == -ENOENT) /* too old to be kept */
			r = 0;
	}
	return r;
}

/* Of one service the first failure of each kind; of failed calls those that lack what is used up. */
static int keep_of_service(struct story *story, const json_t *incident, struct store_filter filter)
{
	static const char *const calls[] = {"syscall_errors"};
	const json_t *suspect = json_array_get(body_at(incident, "suspects"), 0);
	const char *lacks = body_text(suspect, "subject");
	char mark[64];
	int r = 0;

	for (size_t kind = 0; kind < COUNT(failures) && r == 0; kind++) {
		filter.kinds = &failures[kind];
		r = store_query(story->store, &filter, keep, story);
	}
	if (r || strcmp(body_text(suspect, "cause"), "resource") != 0 || lacks[0] != 'E')
		return r;
	snprintf(mark, sizeof(mark), "\"errno\":\"%.*s\"", (int)strcspn(lacks, " "), lacks);
	filter.kinds = calls;
	filter.with = mark;
	return store_query(story->store, &filter, keep, story);
}

static int keep_last(struct story *story, struct store_filter filter)
{
	filter.kinds = failures;
	filter.kind_count = COUNT(failures);
	filter.newest_first = true;
	return store_query(story->store, &filter, keep, story);
}

static int keep_failures(struct story *story, const json_t *incident, struct store_filter filter)
{
	const json_t *issues = body_at(incident, "issues"), *services = body_at(incident, "services");
	struct store_fingerprints fingerprints;
	int r = 0;

	filter.of = &fingerprints;
	for (size_t n = 0; n < json_array_size(issues) && r == 0; n++)
		if (store_fingerprints(
			    story->store, body_text(json_array_get(issues, n), ""), &fingerprints) == 0)
			r = store_query(story->store, &filter, keep, story);
	filter.kind_count = 1;
	filter.of = NULL;
	for (size_t n = 0; n < json_array_size(services) && r == 0; n++) {
		filter.service = body_text(json_array_get(services, n), "name");
		r = keep_of_service(story, incident, filter);
		if (r == 0)
			r = keep_last(story, filter);
	}
	return r;
}

int story_of_incident(struct store *store, const char *body, bool colour, struct buf *out)
{
	struct story story = {.store = store, .colour = colour};
	json_t *incident = json_tree(body, strlen(body));
	uint64_t started = time_at(incident, "started"), detected = time_at(incident, "detected");
	uint64_t end = time_at(incident, "ended"), last = time_at(incident, "last_seen");
	struct store_filter filter = {.since = started, .until = (end > last ? end : last) + 1, .limit = 1};
	int r = keep_suspects(&story, incident);

	if (r == 0)
		r = keep_changes(&story, started, detected, end ? end + 1 : 0);
	if (r == 0)
		r = keep_failures(&story, incident, filter);
	json_decref(incident);
	if (tell(&story,
		    "timeline: changes, the first failure of each issue and kind, and the last of each "
		    "service",
		    "  the events are not stored any more\n", out) < 0 &&
		r == 0)
		r = -ENOMEM;
	return r;
}

struct place {
	struct buf *out;
	bool colour;
};

static int put_place(void *context, const struct store_row *row)
{
	const struct place *place = context;
	size_t before = place->out->len;

	if (strstr(row->body, "\"frames\":["))
		report_event_place(row->body, place->colour, place->out);
	return place->out->len > before;
}

int story_of_issue(struct store *store, const char *body, bool colour, struct buf *out)
{
	struct story story = {.store = store, .colour = colour};
	json_t *issue = json_tree(body, strlen(body));
	struct place place = {out, colour};
	struct store_fingerprints fingerprints = {0};
	struct store_filter filter = {.since = time_at(issue, "first_seen"),
		.until = time_at(issue, "last_seen") + 1,
		.of = &fingerprints,
		.newest_first = true,
		.limit = LAST};
	int r = store_fingerprints(store, body_text(issue, "id"), &fingerprints);

	if (r == 0 || r == -ENOENT)
		r = store_query(store, &filter, keep, &story);
	json_decref(issue);
	if (r == 0)
		r = tell(&story, "the last of them", "  not stored any more\n", out);
	if (r == 0)
		r = store_query(store, &filter, put_place, &place);
	return r < 0 ? r : 0;
}
