/* SPDX-License-Identifier: Apache-2.0 */
/* Issues and incidents as JSON (docs/EVENTS.md). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "correlate/internal.h"

static void write_time(struct json *j, const char *key, uint64_t time)
{
	char text[CLOCK_TEXT_SIZE];

	if (!time)
		return;
	clock_format(time, text);
	json_str(j, key, text);
}

void issue_json(const struct state *s, const struct issue *issue, struct json *j)
{
	json_object_begin(j, NULL);
	json_uint(j, "schema", EVENT_SCHEMA);
	json_str(j, "kind", "issue");
	json_str(j, "id", issue->id);
	json_str(j, "fingerprint", issue->fingerprint);
	json_str_known(j, "fingerprint_step", issue->step);
	json_str(j, "title", issue->title);
	json_str(j, "state", issue_state_name(issue));
	json_str_known(j, "state_before", issue_state_before(issue));
	json_str_known(j, "merged_into", issue->into);
	write_time(j, "first_seen", issue->first);
	write_time(j, "last_seen", issue->last);
	json_uint(j, "count", issue->count);
	json_array_begin(j, "services");
	json_str(j, NULL, issue->service);
	for (unsigned n = 0; n < ISSUE_OTHERS && issue->others[n]; n++) {
		const struct service *service = WAYS_FIND(s->services, issue->others[n]);

		if (service)
			json_str(j, NULL, service->name);
	}
	json_array_end(j);
	json_array_begin(j, "versions");
	if (issue->first_version[0])
		json_str(j, NULL, issue->first_version);
	if (issue->last_version[0] && strcmp(issue->last_version, issue->first_version) != 0)
		json_str(j, NULL, issue->last_version);
	json_array_end(j);
	json_object_end(j);
}

static void write_services(const struct state *s, const struct incident *i, struct json *j)
{
	static const char *const impacts[] = {"none", "partial", "total"};

	json_array_begin(j, "services");
	for (unsigned n = 0; n < i->service_count; n++) {
		const struct incident_service *x = &i->services[n];
		const struct service *service;

		json_object_begin(j, NULL);
		json_str(j, "name", x->name);
		json_str(j, "impact", impacts[x->impact]);
		service = i->state == INCIDENT_OPEN ? WAYS_FIND(s->services, x->key) : NULL;
		if (service)
			json_str(j, "impact_now", impacts[incident_impact_now(x, service, s->now)]);
		json_uint(j, "count", x->count);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_issues(const struct state *s, const struct incident *i, struct json *j)
{
	json_array_begin(j, "issues");
	for (unsigned n = 0; n < i->issue_count; n++) {
		const struct issue *issue = WAYS_FIND(s->issues, i->issues[n]);

		if (issue)
			json_str(j, NULL, issue->id);
	}
	json_array_end(j);
}

/* Tenths of a decibel are more than anyone can mean, and hundredths of a score. */
static void write_rounded(struct json *j, const char *key, double value, double steps)
{
	char text[32];

	snprintf(text, sizeof(text), "%g", round(value * steps) / steps);
	json_raw(j, key, text);
}

static void write_suspect(const struct suspect *x, struct json *j)
{
	json_object_begin(j, NULL);
	json_str(j, "cause", x->cause);
	if (x->marker)
		json_str_known(j, "marker", x->marker->id);
	json_str_known(j, "subject", x->subject);
	write_rounded(j, "score", x->score, 1000);
	json_array_begin(j, "evidence");
	for (unsigned n = 0; n < x->reason_count; n++) {
		json_object_begin(j, NULL);
		json_str(j, "text", x->reasons[n].text);
		write_rounded(j, "weight", weights[x->reasons[n].row].decibans * x->reasons[n].amount, 10);
		json_str(j, "row", weights[x->reasons[n].row].name);
		write_rounded(j, "amount", x->reasons[n].amount, 1000);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void write_actions(const struct state *s, const struct incident *i, struct json *j)
{
	static const char *const results[] = {
		[ACTION_OPEN] = "open", [ACTION_HELPED] = "helped", [ACTION_FAILED] = "failed"};
	struct action actions[ACTIONS];
	unsigned count = history_actions(s, i, actions);

	json_array_begin(j, "actions");
	for (unsigned n = count; n-- > 0;) {
		const struct marker *m = actions[n].marker;

		json_object_begin(j, NULL);
		json_str(j, "marker", m->id);
		json_str(j, "kind", m->kind);
		json_str_known(j, "service", m->name);
		json_str_known(j, "version", m->version);
		write_time(j, "time", m->time);
		json_str(j, "result", results[actions[n].result]);
		if (actions[n].result == ACTION_HELPED)
			json_seconds(j, "seconds", actions[n].taken);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_estimate(struct json *j, const char *key, const struct estimate *estimate)
{
	if (!estimate->known) {
		json_none(j, key);
		return;
	}
	json_object_begin(j, key);
	json_str_known(j, "action", estimate->action);
	json_seconds(j, "seconds", estimate->time);
	json_uint(j, "cases", estimate->cases);
	if (estimate->action[0])
		json_uint(j, "helped", estimate->helped);
	json_bool(j, "of_this_service", !estimate->others);
	json_object_end(j);
}

static void write_advice(
	const struct state *s, const struct incident *i, const struct verdict *v, struct json *j)
{
	struct advice advice;

	advice_of(s, i, v, &advice);
	json_object_begin(j, "advice");
	json_str(j, "action", advice.action);
	json_str(j, "why", advice.why);
	json_str_known(j, "command", advice.command);
	write_estimate(j, "restore_estimate", &advice.restore);
	write_estimate(j, "fix_estimate", &advice.fix);
	json_object_end(j);
}

void incident_json(const struct state *s, const struct incident *i, struct json *j)
{
	struct verdict verdict;

	verdict_of(s, i, &verdict);
	json_object_begin(j, NULL);
	json_uint(j, "schema", EVENT_SCHEMA);
	json_str(j, "kind", "incident");
	json_str(j, "id", i->id);
	json_str(j, "state", i->state == INCIDENT_OPEN ? "open" : "closed");
	json_str_known(j, "merged_into", i->into);
	write_time(j, "started", i->started);
	write_time(j, "detected", i->detected);
	write_time(j, "last_seen", i->last);
	write_time(j, "ended", i->ended);
	json_uint(j, "count", i->count);
	write_services(s, i, j);
	write_issues(s, i, j);
	json_str(j, "cause", verdict.abstains ? "unknown" : verdict.suspects[0].cause);
	json_array_begin(j, "suspects");
	for (unsigned n = 0; n < verdict.count; n++)
		write_suspect(&verdict.suspects[n], j);
	json_array_end(j);
	write_actions(s, i, j);
	write_advice(s, i, &verdict, j);
	json_object_end(j);
}
