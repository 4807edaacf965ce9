/* SPDX-License-Identifier: Apache-2.0 */
/* What speaks for a change as the cause of an incident, and against: each row of the table weighs one thing,
 * in decibans (ten times the decimal logarithm of a likelihood ratio), and says it in words. weights.c tells
 * how much. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

void reason_add(struct suspect *x, enum weight_row row, double amount, const char *format, ...)
{
	struct reason *reason;
	va_list args;

	x->weight += weights[row].decibans * amount;
	if (x->reason_count == REASONS)
		return;
	reason = &x->reasons[x->reason_count++];
	reason->row = row;
	reason->amount = amount;
	va_start(args, format);
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
}

/* 340 ms, 12 s, 5 min, 3 h, 2 days */
static const char *span(uint64_t ns, char *buf, size_t size)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = {{2 * DAY, "days"}, {2 * HOUR, "h"}, {2 * MINUTE, "min"}, {0, "s"}};
	size_t i = 0;

	if (ns < SECOND) {
		snprintf(buf, size, "%llu ms", (unsigned long long)(ns / (SECOND / 1000)));
		return buf;
	}
	while (ns < units[i].unit)
		i++;
	snprintf(buf, size, "%llu %s",
		(unsigned long long)(ns / (units[i].unit ? units[i].unit / 2 : SECOND)), units[i].name);
	return buf;
}

static void weigh_kind(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	static const struct {
		const char *kind;
		enum weight_row row;
	} priors[] = {{"restart", WEIGHT_KIND_RESTART}, {"rollback", WEIGHT_KIND_ROLLBACK},
		{"infra", WEIGHT_KIND_INFRA}};

	(void)s;
	for (size_t n = 0; n < sizeof(priors) / sizeof(*priors); n++)
		if (strcmp(m->kind, priors[n].kind) == 0)
			reason_add(
				x, priors[n].row, 1, "a change of the kind %s seldom is the cause", m->kind);
	if (strcmp(m->kind, "schema") == 0 && i->resource[0])
		reason_add(x, WEIGHT_KIND_UNFIT, 1, "a change of the schema seldom uses something up");
	if ((strcmp(m->kind, "config") == 0 || strcmp(m->kind, "flag") == 0) &&
		(strcmp(i->resource, "ENOSPC") == 0 || strcmp(i->resource, "EDQUOT") == 0))
		reason_add(x, WEIGHT_KIND_UNFIT, 0.5, "a change of a setting seldom fills a disk");
}

/* How much a delay speaks for a change, 1 being most: by straight lines between the points, over the
 * logarithm of time. */
struct point {
	double seconds;
	double amount;
};

static const struct point at_once[] = {
	{1, 1}, {60, 0.9}, {600, 0.7}, {3600, 0.3}, {6 * 3600, 0}, {86400, -0.4}, {3 * 86400, -1}};
static const struct point slowly[] = {
	{1, 0.5}, {60, 1}, {3600, 1}, {6 * 3600, 0.7}, {86400, 0.2}, {3 * 86400, -1}};

#define TAKEN_LATER  0.9 /* of what an immediate effect weighs */
#define SILENT_FEW   4
#define SILENT_TIMES 50 /* as long as the usual pause between its failures */

static double curve(const struct point *points, size_t count, double seconds)
{
	if (seconds <= points[0].seconds)
		return points[0].amount;
	for (size_t n = 1; n < count; n++) {
		const struct point *a = &points[n - 1], *b = &points[n];

		if (seconds <= b->seconds)
			return a->amount + (b->amount - a->amount) * log(seconds / a->seconds) /
						   log(b->seconds / a->seconds);
	}
	return points[count - 1].amount;
}

/* By how much it may be told to be later than it was. A noticed restart has the kernel's time, and follows a
 * death more often than it precedes one. */
static uint64_t slack_of(const struct marker *m)
{
	return strcmp(m->kind, "restart") == 0 && strcmp(m->source, "inferred") == 0 ? 0 : CLOCK_SLACK;
}

/* Since when it was in force: what a service reads at its start, from the first start after it on. */
static uint64_t in_force(const struct state *s, const struct incident *i, const struct marker *m)
{
	bool waits = strcmp(m->kind, "config") == 0 || strcmp(m->kind, "infra") == 0 || i->address_taken;
	const struct marker *start;
	uint64_t time = m->time;

	for (unsigned n = 0; waits && (start = marker_newest(s, n)) && start->time > m->time; n++)
		if (start->time <= i->started + slack_of(start) && strcmp(start->kind, "restart") == 0 &&
			(start->service == m->service || start->service == i->services[0].key))
			time = start->time;
	return time;
}

static double at(
	const struct point *points, size_t count, const struct incident *i, uint64_t time, double stretch)
{
	double seconds = i->started > time ? (double)(i->started - time) / (double)SECOND : 0;

	return curve(points, count, seconds / stretch);
}

/* Under the same load it would have failed at once, if it did so by itself: a leak takes its time, and so do
 * changes of this host where they were seen to. */
static void weigh_silence(const struct incident *i, uint64_t time, double stretch, struct suspect *x)
{
	uint64_t silent = i->started > time ? i->started - time : 0, between;
	char text[32], pause[32];

	if (i->count < SILENT_FEW || i->mechanisms & (MECHANISM_OOM | MECHANISM_RESOURCE))
		return;
	between = (i->last - i->started) / (i->count - 1);
	if ((double)silent > (double)MINUTE * stretch &&
		(double)silent > (double)between * SILENT_TIMES * stretch)
		reason_add(x, WEIGHT_TIME_SILENT, 1, "%s went well, and then it failed every %s",
			span(silent, text, sizeof(text)), span(between, pause, sizeof(pause)));
}

static void weigh_time(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	/* A leak takes its time, but need not. */
	bool slow = i->mechanisms & (MECHANISM_OOM | MECHANISM_RESOURCE);
	char text[32], usual[64] = "", taken[80] = "";
	double stretch, amount, later;
	unsigned cases;
	uint64_t force;

	if (i->started + slack_of(m) < m->time) {
		reason_add(x, WEIGHT_TIME_BEFORE, 1, "failures began %s before it",
			span(m->time - i->started, text, sizeof(text)));
		return;
	}
	stretch = history_stretch(s, i, m->kind, slow, &cases);
	if (stretch < 1 || stretch > 1)
		snprintf(usual, sizeof(usual), ", as weighed by %u cases of this host", cases);
	amount = at(at_once, sizeof(at_once) / sizeof(*at_once), i, m->time, stretch);
	force = in_force(s, i, m);
	later = TAKEN_LATER * at(at_once, sizeof(at_once) / sizeof(*at_once), i, force, stretch);
	if (later > amount) {
		amount = later;
		snprintf(taken, sizeof(taken), ", %s after the start that took it up",
			span(i->started > force ? i->started - force : 0, text, sizeof(text)));
	}
	if (slow) {
		later = at(slowly, sizeof(slowly) / sizeof(*slowly), i, m->time, stretch);
		slow = later * weights[WEIGHT_TIME_SLOW].decibans >
		       amount * weights[WEIGHT_TIME_AT_ONCE].decibans;
	}
	reason_add(x, slow ? WEIGHT_TIME_SLOW : WEIGHT_TIME_AT_ONCE, slow ? later : amount,
		"failures began %s%s%s%s",
		i->started > m->time ? span(i->started - m->time, text, sizeof(text)) : "with it",
		i->started > m->time ? " after it" : "", slow ? "" : taken, usual);
	weigh_silence(i, *taken ? force : m->time, stretch, x);
}

static void weigh_novelty(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	unsigned new = 0, back = 0, old = 0;
	const struct series *series;
	uint64_t seen_before = m->time > s->first ? m->time - s->first : 0;

	for (unsigned n = 0; n < i->issue_count; n++) {
		const struct issue *issue = WAYS_FIND(s->issues, i->issues[n]);

		if (!issue)
			continue;
		if (issue->first + CLOCK_SLACK >= m->time)
			new ++;
		else if (issue->returned && issue->returned + CLOCK_SLACK >= m->time)
			back++;
		else
			old++;
	}
	/* What has no fingerprint is known by its kind. */
	for (unsigned n = 0; n < i->series_count && !i->issue_count; n++) {
		series = WAYS_FIND(s->series, i->series[n]);
		if (series && series->first + CLOCK_SLACK >= m->time)
			new ++;
		else if (series)
			old++;
	}
	if (old && old >= new + back)
		reason_add(x, WEIGHT_NOVELTY_OLD, 1, "the same failure was there before it");
	else if (back && back >= new)
		reason_add(x, WEIGHT_NOVELTY_BACK, 1, "the failure had been gone and came back after it");
	else if (new &&seen_before >= MINUTE)
		reason_add(x, seen_before > HOUR ? WEIGHT_NOVELTY_HOUR : WEIGHT_NOVELTY_NEW, 1,
			"the failure was never seen before it");
}

/* The rates before and after as those of two Poisson processes, with a count added to each. */
static void weigh_dose(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	uint64_t window = 30 * MINUTE, before, after;
	uint64_t seen = m->time > s->first ? m->time - s->first : 0,
		 went_on = i->last > m->time ? i->last - m->time : 0;
	double ratio;

	if (seen > window)
		seen = window;
	if (went_on > window)
		went_on = window;
	if (seen < 2 * MINUTE)
		return;
	/* Counts are by the minute: that of the change is after it. */
	before = incident_failures(s, i, m->time - seen, m->time / MINUTE * MINUTE - 1);
	after = incident_failures(s, i, m->time, m->time + went_on);
	ratio = ((double)after + 1) / ((double)went_on + (double)MINUTE) * ((double)seen + (double)MINUTE) /
		((double)before + 1);
	if (before && ratio < 2)
		reason_add(x, WEIGHT_DOSE_NONE, 1,
			"the rate did not rise at it (%llu failures before, %llu after)",
			(unsigned long long)before, (unsigned long long)after);
	else if (before && ratio >= 4)
		reason_add(x, WEIGHT_DOSE_RISE, 1, "the rate rose at it (%llu failures before, %llu after)",
			(unsigned long long)before, (unsigned long long)after);
}

/* When the service went back to the version before it; never, as far as is known: the end of time. */
static uint64_t undone_at(const struct state *s, const struct marker *m)
{
	uint64_t time = UINT64_MAX;
	const struct marker *later;

	for (unsigned n = 0; (later = marker_newest(s, n)) && later->time > m->time; n++)
		if (later->service == m->service && strcmp(later->kind, "rollback") == 0)
			time = later->time;
	return time;
}

static bool is_of_changed(
	const struct incident *i, const struct incident_process *process, const struct marker *m)
{
	const struct incident_service *service = incident_service(i, process->service);

	return process->service == m->service || (service && marker_changes(m, service->key, service->name));
}

/* Of the service that it changed, processes of its version fail, and others do not. */
static void weigh_coverage(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	uint64_t undone = undone_at(s, m);
	unsigned own = 0, others = 0, since = 0;

	/* A schema or an infrastructure bites those that run already. */
	if (strcmp(m->kind, "deploy") != 0 && strcmp(m->kind, "rollback") != 0)
		return;
	for (unsigned n = 0; n < i->process_count; n++)
		if (!is_of_changed(i, &i->processes[n], m))
			continue;
		else if (i->processes[n].start > undone)
			since++;
		else if (i->processes[n].start + CLOCK_SLACK < m->time)
			others++;
		else
			own++;
	if (since > 1)
		reason_add(x, WEIGHT_COVERAGE_UNDONE, 1,
			"processes that were started after it was undone fail, too (%u)", since);
	else if ((others += since) && others >= own)
		reason_add(x, WEIGHT_COVERAGE_OTHERS, 1, "processes of other versions fail, too (%u of %u)",
			others, others + own);
	else if (own && !others)
		reason_add(x, WEIGHT_COVERAGE_OWN, 1, "only processes that were started after it fail (%u)",
			own);
}

/* A change of one service does not make another one miss a peer that is not on this host. */
static void weigh_alone(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	(void)s;
	if (is_everywhere(m) || !marker_service(i, m))
		return;
	for (unsigned n = 0; n < i->peer_count; n++)
		if (!peer_is_local(i->peers[n].remote) && __builtin_popcountll(i->peers[n].services) > 1) {
			reason_add(x, WEIGHT_ALONE, 1, "services that it did not change miss the same peer");
			return;
		}
}

/* Whether it tells of the very address that is missed. */
static bool names_address(const struct incident *i, const struct marker *m)
{
	char address[FACT_NAME];

	for (unsigned n = 0; n < i->peer_count; n++)
		if (peer_host(i->peers[n].remote, address) && !peer_is_local(i->peers[n].remote) &&
			(strstr(m->note, address) || strstr(m->evidence, address)))
			return true;
	return false;
}

static void weigh_words(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	uint64_t tokens[INCIDENT_TOKENS];
	unsigned count = words_of_change(m, tokens, INCIDENT_TOKENS), same = 0;

	(void)s;
	for (unsigned a = 0; a < count; a++)
		for (unsigned b = 0; b < i->token_count; b++)
			same += tokens[a] == i->tokens[b];
	same += 2 * names_address(i, m);
	if (same)
		reason_add(x, same > 1 ? WEIGHT_WORDS_SEVERAL : WEIGHT_WORDS, 1,
			"the failure names what it changed");
}

/* Whether it helped to go back on it. That it went on after another change than a rollback tells nothing. */
static void weigh_reversal(
	const struct action *actions, unsigned count, const struct marker *m, struct suspect *x)
{
	bool deploy = strcmp(m->kind, "deploy") == 0;

	for (unsigned n = 0; n < count; n++) {
		const struct marker *later = actions[n].marker;
		bool rollback = strcmp(later->kind, "rollback") == 0;

		if (later->service != m->service || later->time <= m->time ||
			(deploy ? !rollback : strcmp(later->kind, m->kind) != 0))
			continue;
		if (actions[n].result == ACTION_FAILED && rollback)
			reason_add(x, WEIGHT_REVERSAL_WENT_ON, 1, "it went on after the rollback");
		else if (actions[n].result == ACTION_HELPED)
			reason_add(x, WEIGHT_REVERSAL_STOPPED, 1, "it stopped at the %s",
				deploy ? "rollback" : "change after it");
		return;
	}
}

typedef void (*weigh_fn)(
	const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x);

static const weigh_fn rows[] = {
	weigh_time,
	weigh_place,
	weigh_novelty,
	weigh_dose,
	weigh_coverage,
	weigh_alone,
	weigh_words,
	weigh_kind,
};

void evidence_marker(const struct state *s, const struct incident *i, const struct action *actions,
	unsigned count, struct suspect *x)
{
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++)
		rows[n](s, i, x->marker, x);
	weigh_reversal(actions, count, x->marker, x);
}
