/* SPDX-License-Identifier: Apache-2.0 */
/* The page of lastwords status: what is broken, and what ended last. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_tree.h"
#include "command/status_page.h"
#include "command/story.h"
#include "model/body.h"
#include "report/report.h"
#include "store/finding.h"

#define PAGES 3u /* incidents that are told each as a page */
#define OPEN  64u
#define QUIET (60 * NS_PER_SEC) /* without a failure: what was done may have helped */

struct open_incident {
	char *body;
	json_t *incident;
	unsigned rank; /* the lowest first */
	unsigned order;
	uint64_t quiet; /* ns since its last failure */
};

struct incidents {
	struct store *store;
	uint64_t now;
	bool colour;
	struct buf *out;
	unsigned count;
	struct open_incident open[OPEN];
};

static bool is_down(const json_t *incident)
{
	const json_t *services = body_at(incident, "services");

	for (size_t n = 0; n < json_array_size(services); n++)
		if (strcmp(body_text(json_array_get(services, n), "impact_now"), "total") == 0)
			return true;
	return false;
}

static int keep_open(void *context, const struct store_finding *finding)
{
	struct incidents *incidents = context;
	struct open_incident *i = &incidents->open[incidents->count];
	uint64_t last;

	*i = (struct open_incident){.body = strdup(finding->body),
		.incident = json_tree(finding->body, strlen(finding->body)),
		.order = incidents->count++};
	if (clock_parse(body_text(i->incident, "last_seen"), 0, &last) == 0 && last < incidents->now)
		i->quiet = incidents->now - last;
	i->rank = is_down(i->incident) ? 0 : i->quiet < QUIET ? 1 : 2;
	return 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct open_incident *x = a, *y = b;

	return x->rank != y->rank ? (int)x->rank - (int)y->rank : (int)x->order - (int)y->order;
}

static void put_page(const struct incidents *incidents, const struct open_incident *i)
{
	json_t *issues[STORY_ISSUES];
	unsigned count = story_issues(incidents->store, i->incident, issues);

	report_incident_brief(i->incident, issues, count, incidents->now, incidents->colour, incidents->out);
	while (count > 0)
		json_decref(issues[--count]);
}

static void put_quiet(const struct incidents *incidents, const struct open_incident *i)
{
	struct buf *out = incidents->out;
	uint64_t seconds = i->quiet / NS_PER_SEC;

	report_finding_line(i->body, incidents->colour, out);
	if (i->rank < 2 || !out->len)
		return;
	out->len--; /* the end of the line */
	buf_str(out, "  quiet for ");
	report_duration((double)seconds, out);
	buf_char(out, '\n');
}

/* What is quiet has a line, unless there is nothing else. */
static void put_open(struct incidents *incidents)
{
	unsigned pages = 0;

	qsort(incidents->open, incidents->count, sizeof(incidents->open[0]), by_rank);
	for (unsigned n = 0; n < incidents->count; n++) {
		struct open_incident *i = &incidents->open[n];

		if (n == 0 || (i->rank < 2 && pages < PAGES)) {
			buf_str(incidents->out, n ? "\n" : "");
			put_page(incidents, i);
			pages++;
		} else {
			buf_str(incidents->out, n == pages ? "\n" : "");
			put_quiet(incidents, i);
		}
		json_decref(i->incident);
		free(i->body);
	}
}

static int put_line(void *context, const struct store_finding *finding)
{
	struct incidents *incidents = context;

	incidents->count++;
	report_finding_line(finding->body, incidents->colour, incidents->out);
	return 0;
}

static void put_head(const struct alive *alive, uint64_t now, struct buf *out)
{
	char text[CLOCK_TEXT_SIZE];
	size_t before;

	clock_format(now, text);
	buf_printf(out, "now, %.10s %.8s UTC\n", text, text + 11);
	before = out->len;
	alive_say(alive, now, out);
	buf_str(out, out->len > before ? "\n" : "");
}

int status_incidents(
	struct store *store, const struct alive *alive, uint64_t now, bool colour, struct buf *out)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open", .limit = OPEN},
					  ended = {.kind = "incident",
						  .state = "closed",
						  .limit = STATUS_ENDED};
	struct incidents incidents = {.store = store, .now = now, .colour = colour, .out = out};
	int r;

	put_head(alive, now, out);
	r = store_findings(store, &open, keep_open, &incidents);
	put_open(&incidents);
	if (!incidents.count && alive->state == ALIVE_RUNS)
		buf_str(out, "  nothing is broken, as far as can be seen from here\n");
	else if (!incidents.count)
		buf_str(out, "  nothing was broken that is known of\n");
	incidents.count = 0;
	buf_str(out, "\nended last\n");
	if (r == 0)
		r = store_findings(store, &ended, put_line, &incidents);
	if (!incidents.count)
		buf_str(out, "  none\n");
	return r;
}
