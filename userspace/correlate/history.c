/* SPDX-License-Identifier: Apache-2.0 */
/* What was done about incidents, whether it helped, and how long that took: said of the present one, learned
 * from those that are over. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define ACTS        MINUTE        /* until then an action need not show */
#define COMES_BACK  (30 * MINUTE) /* what fails again so soon after an action was not ended by it */
#define LEARNED     3             /* cases that say something about this host */
#define GUESS_WORTH 4.0           /* cases that the stated delay is worth */
#define STRETCH     10.0          /* no further from the stated delay than so many times */

static bool is_one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(text, *list) == 0)
			return true;
	return false;
}

/* A supervisor's restart after a death, or one that a change brings with it, is nobody's attempt to help. */
static bool is_by_the_way(const struct state *s, const struct incident *i, const struct marker *m, unsigned n)
{
	const struct marker *before;

	if (strcmp(m->kind, "restart") != 0 || strcmp(m->source, "inferred") != 0)
		return false;
	if (i->mechanisms & (MECHANISM_CRASH | MECHANISM_OOM | MECHANISM_KILL | MECHANISM_EXIT))
		return true;
	while ((before = marker_newest(s, ++n)) && before->time + MINUTE > m->time)
		if (before->service == m->service && strcmp(before->kind, "restart") != 0)
			return true;
	return false;
}

/* What is remembered of an action of an incident that is over. */
static const struct past *remembered(const struct state *s, const struct incident *i, const struct marker *m)
{
	for (unsigned n = 0; n < STATE_PAST && n < s->past_count; n++)
		if (s->past[n].started == i->started && s->past[n].acted == m->time)
			return &s->past[n];
	return NULL;
}

/* Halved at least, as rates. */
static bool rate_fell(const struct state *s, const struct incident *i, const struct marker *m)
{
	uint64_t before = incident_failures(s, i, i->started, m->time);
	uint64_t after = incident_failures(s, i, m->time + ACTS, i->last);

	return (double)after * 2 * (double)(m->time - i->started + MINUTE) <=
	       (double)before * (double)(i->last - m->time);
}

static bool brings_out(const struct marker *m)
{
	return strcmp(m->kind, "deploy") == 0 || strcmp(m->kind, "rollback") == 0;
}

/* Whether one release takes the place of another: what failed until then was ended by it. */
static bool is_instead(const struct marker *m, const struct marker *next)
{
	return m->service == next->service && brings_out(m) && brings_out(next);
}

static enum action_result result_of(
	const struct state *s, const struct incident *i, const struct marker *m, const struct marker *next)
{
	bool over = i->state == INCIDENT_CLOSED;
	const struct past *x = over ? remembered(s, i, m) : NULL;
	uint64_t between = i->count > 1 ? (i->last - i->started) / (i->count - 1) : 0;

	if (x && !x->helped)
		return ACTION_FAILED;
	if (over && incident_failures(s, i, i->last + 2 * MINUTE, m->time + COMES_BACK))
		return ACTION_FAILED;
	if (x)
		return ACTION_HELPED;
	if (next && is_instead(m, next) && i->last > m->time && i->last <= next->time &&
		next->time <= i->last + 3 * between + CLOCK_SLACK)
		return ACTION_FAILED;
	if (i->last <= m->time + ACTS)
		return over || s->now > m->time + ACTS + 3 * between ? ACTION_HELPED : ACTION_OPEN;
	if ((next && i->last > next->time) || !rate_fell(s, i, m))
		return ACTION_FAILED;
	return over ? ACTION_HELPED : ACTION_OPEN;
}

/* What the action went back on: NULL when nothing like that was there before the incident. */
static const struct marker *undone_by(const struct state *s, const struct incident *i, const struct marker *m)
{
	const char *kind = strcmp(m->kind, "rollback") == 0 ? "deploy" : m->kind;
	const struct marker *old;

	for (unsigned n = 0; (old = marker_newest(s, n)); n++)
		if (old->time <= i->started + CLOCK_SLACK && old->service == m->service &&
			strcmp(old->kind, kind) == 0)
			return strcmp(kind, "restart") == 0 ? NULL : old;
	return NULL;
}

/* A folder of settings need not have the name of the service that reads it. */
static bool is_about(const struct state *s, const struct incident *i, const struct marker *m)
{
	return marker_service(i, m) ||
	       (strcmp(m->kind, "config") == 0 && place_is_named(i, m) && undone_by(s, i, m));
}

unsigned history_actions(const struct state *s, const struct incident *i, struct action *ret)
{
	static const char *const kinds[] = {
		"rollback", "restart", "deploy", "config", "schema", "flag", NULL};
	const struct marker *m, *next = NULL;
	unsigned count = 0;

	for (unsigned n = 0; (m = marker_newest(s, n)) && count < ACTIONS; n++) {
		if (m->time <= i->started + CLOCK_SLACK || m->time > i->last + ACTS || m->time > s->now)
			continue;
		if (!is_one_of(m->kind, kinds) || !is_about(s, i, m) || is_by_the_way(s, i, m, n))
			continue;
		ret[count].marker = m;
		ret[count].result = result_of(s, i, m, next);
		ret[count].taken = i->last > m->time ? i->last - m->time : 0;
		count++;
		next = m;
	}
	return count;
}

static struct past *add_past(struct state *s, const struct incident *i, const char *cause)
{
	struct past *x = &s->past[s->past_count++ % STATE_PAST];

	memset(x, 0, sizeof(*x));
	x->started = i->started;
	x->service = i->service_count ? i->services[0].key : 0;
	x->issue = i->issue_count ? i->issues[0] : 0;
	x->slow = i->mechanisms & (MECHANISM_OOM | MECHANISM_RESOURCE);
	text_copy(x->cause, sizeof(x->cause), cause);
	return x;
}

/* It comes back with this one: what was done the last time was no help after all. */
static void revise(struct state *s, const struct incident *i)
{
	for (unsigned n = 0; n < STATE_PAST && n < s->past_count; n++) {
		struct past *x = &s->past[n];

		if (x->acted && x->started < i->started && i->started < x->acted + COMES_BACK &&
			(x->issue ? x->issue == i->issues[0] : incident_service(i, x->service) != NULL)) {
			x->helped = false;
			x->undone[0] = 0;
		}
	}
}

void history_note(struct state *s, const struct incident *i)
{
	struct action actions[ACTIONS];
	unsigned count = history_actions(s, i, actions);
	const struct marker *undone;
	struct verdict verdict;
	const char *cause;
	struct past *x;

	revise(s, i);
	verdict_of(s, i, &verdict);
	cause = verdict.abstains ? "unknown" : verdict.suspects[0].cause;
	x = add_past(s, i, cause);
	x->taken = i->last - i->started;
	x->helped = true;
	for (unsigned n = count; n-- > 0;) {
		x = add_past(s, i, cause);
		text_copy(x->action, sizeof(x->action), actions[n].marker->kind);
		x->acted = actions[n].marker->time;
		x->taken = actions[n].taken;
		x->helped = actions[n].result == ACTION_HELPED;
		undone = x->helped ? undone_by(s, i, actions[n].marker) : NULL;
		if (!undone)
			continue;
		x->delay = i->started > undone->time ? i->started - undone->time : 0;
		text_copy(x->undone, sizeof(x->undone), undone->kind);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How much a case has in common with an incident; the less, the less it tells. */
enum likeness { SAME_ISSUE, SAME_SERVICE_AND_CAUSE, ANY_SERVICE };

static bool is_like(const struct incident *i, const char *cause, const struct past *x, enum likeness likeness)
{
	if (x->started >= i->started)
		return false;
	if (likeness == ANY_SERVICE)
		return true;
	if (likeness == SAME_SERVICE_AND_CAUSE)
		return incident_service(i, x->service) && strcmp(x->cause, cause) == 0;
	for (unsigned n = 0; n < i->issue_count; n++)
		if (i->issues[n] == x->issue)
			return true;
	return false;
}

/* The median, where what did not help took longer than all that did: with no more than half of them helping
 * nobody knows how long it takes. */
static bool estimate_from(const struct state *s, const struct incident *i, const char *cause,
	const char *action, enum likeness likeness, struct estimate *ret)
{
	uint64_t values[STATE_PAST];
	unsigned count = 0, helped = 0;

	for (unsigned n = 0; n < STATE_PAST && n < s->past_count; n++) {
		const struct past *x = &s->past[n];

		if (strcmp(x->action, action) != 0 || !is_like(i, cause, x, likeness))
			continue;
		values[count++] = x->helped ? x->taken : UINT64_MAX;
		helped += x->helped;
	}
	if (!count)
		return false;
	qsort(values, count, sizeof(*values), by_value);
	*ret = (struct estimate){.known = values[count / 2] != UINT64_MAX,
		.time = values[count / 2],
		.cases = count,
		.helped = helped,
		.others = likeness == ANY_SERVICE};
	text_copy(ret->action, sizeof(ret->action), action);
	return true;
}

void history_restore(const struct state *s, const struct incident *i, const char *cause, const char *action,
	struct estimate *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (enum likeness n = SAME_ISSUE; n <= ANY_SERVICE; n++)
		if (estimate_from(s, i, cause, action, n, ret))
			return;
}

void history_fix(const struct state *s, const struct incident *i, const char *cause, struct estimate *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (enum likeness n = SAME_ISSUE; n <= SAME_SERVICE_AND_CAUSE; n++)
		if (estimate_from(s, i, cause, "", n, ret))
			return;
}

double history_stretch(
	const struct state *s, const struct incident *i, const char *kind, bool slow, unsigned *ret_cases)
{
	double usual = slow ? 3600 : 60, sum = 0, stretch;
	unsigned cases = 0;

	for (unsigned n = 0; n < STATE_PAST && n < s->past_count; n++) {
		const struct past *x = &s->past[n];

		if (strcmp(x->undone, kind) != 0 || x->slow != slow || x->started >= i->started)
			continue;
		cases++;
		sum += log(fmax((double)x->delay / (double)SECOND, 1) / usual);
	}
	*ret_cases = cases;
	if (cases < LEARNED)
		return 1;
	stretch = exp(sum / (cases + GUESS_WORTH));
	return fmin(fmax(stretch, 1 / STRETCH), STRETCH);
}
