/* SPDX-License-Identifier: Apache-2.0 */
/* What people decided about issues: resolved, ignored, the same as another one. */
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

static struct issue *find(struct state *s, const char *id)
{
	for (unsigned n = 0; id[0] && n < STATE_ISSUES; n++)
		if (s->issues[n].way.key && strcmp(s->issues[n].id, id) == 0)
			return &s->issues[n];
	return NULL;
}

uint64_t decision_key(struct state *s, uint64_t key, uint64_t time)
{
	const struct merge *merge = WAYS_FIND(s->merges, key);
	bool new;

	if (!merge)
		return key;
	/* What still fails is remembered longest. */
	WAYS_GET(s->merges, key, time, &new);
	return merge->into;
}

/* What is decided later does not change what it was while it lasted. */
static void end(struct issue *issue, enum issue_state state)
{
	if (!issue_has_ended(issue))
		issue->state_before = issue->state;
	issue->state = state;
}

static void resolve(struct state *s, const struct fact *f, struct issue *issue)
{
	(void)s;
	(void)f;
	end(issue, ISSUE_RESOLVED);
}

static void ignore(struct state *s, const struct fact *f, struct issue *issue)
{
	(void)s;
	(void)f;
	end(issue, ISSUE_IGNORED);
}

/* One step leads from any fingerprint to its issue: what was merged into it before goes along. */
static void merge(struct state *s, const struct fact *f, struct issue *issue)
{
	struct issue *into = find(s, f->into);
	struct merge *link;
	bool new;

	if (!into || into == issue || into->state == ISSUE_MERGED)
		return;
	for (unsigned n = 0; n < STATE_MERGES; n++)
		if (s->merges[n].into == issue->way.key)
			s->merges[n].into = into->way.key;
	link = WAYS_GET(s->merges, issue->way.key, f->time, &new);
	link->into = into->way.key;
	into->count += issue->count;
	into->decided = f->time;
	if (issue->first < into->first) {
		into->first = issue->first;
		text_copy(into->first_version, sizeof(into->first_version), issue->first_version);
	}
	if (issue->last > into->last) {
		into->last = issue->last;
		text_copy(into->last_version, sizeof(into->last_version), issue->last_version);
	}
	text_copy(issue->into, sizeof(issue->into), into->id);
	end(issue, ISSUE_MERGED);
}

static const struct {
	const char *name;
	void (*take)(struct state *s, const struct fact *f, struct issue *issue);
} actions[] = {
	{"resolve", resolve},
	{"ignore", ignore},
	{"merge", merge},
};

void decision_take(struct state *s, const struct fact *f)
{
	struct issue *issue = find(s, f->issue);

	if (!issue || issue->state == ISSUE_MERGED)
		return;
	for (size_t n = 0; n < sizeof(actions) / sizeof(*actions); n++) {
		if (strcmp(actions[n].name, f->action) != 0)
			continue;
		issue->decided = f->time;
		actions[n].take(s, f, issue);
	}
}
