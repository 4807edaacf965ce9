/* SPDX-License-Identifier: Apache-2.0 */
/* Issues and incidents for people: a line in a list, and the page of an incident with its suspects and
 * advice. */
#include "report/report.h"

#include <string.h>

#include "base/clock.h"
#include "report/view.h"

#define LIKELY 0.005 /* a suspect that is told */

/* checkout (total), web (partial) */
static bool say_services(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct view item = view_inside(v, json_array_get(list, i));

		say(&item, i ? ", " : before, "name");
		if (!say(&item, " (", "impact"))
			continue;
		if (view_find(&item, "impact_now") &&
			!json_equal(view_find(&item, "impact_now"), view_find(&item, "impact")))
			say(&item, ", now ", "impact_now");
		buf_char(v->out, ')');
	}
	return json_array_size(list) > 0;
}

/* deploy checkout 42 (0.93) */
static void say_suspect(const struct view *v, const char *before)
{
	if (!say(v, before, "subject"))
		say(v, before, "cause");
	if (say(v, " (", "score"))
		buf_char(v->out, ')');
}

static const char *result_of(const struct view *action)
{
	return view_is(action, "result", "helped")   ? ": helped"
	       : view_is(action, "result", "failed") ? ": did not help"
						     : ": too early to tell";
}

/* What became of the newest thing that was done. */
static void say_done(const struct view *v)
{
	const json_t *list = view_find(v, "actions");
	size_t count = json_array_size(list);
	struct view last = view_inside(v, count ? json_array_get(list, count - 1) : NULL);

	if (!last.root)
		return;
	say(&last, "; ", "kind");
	say(&last, " ", "service");
	buf_str(v->out, result_of(&last));
}

static void say_incident(const struct view *v)
{
	struct view first = view_inside(v, json_array_get(view_find(v, "suspects"), 0));

	say(v, "  ", "state");
	say_services(v, "  ", "services");
	say(v, "  ", "count");
	buf_str(v->out, json_integer_value(view_find(v, "count")) == 1 ? " failure: " : " failures: ");
	/* Its own verdict was one about a part. */
	if (say(v, "part of incident ", "merged_into"))
		return;
	if (view_is(v, "cause", "unknown"))
		buf_str(v->out, "cause unknown");
	else
		say_suspect(&first, "");
	say(v, " -> ", "advice.action");
	say_done(v);
}

static void say_issue(const struct view *v)
{
	say(v, "  ", "state");
	say_list(v, "  ", "services");
	say(v, "  ", "count");
	say(v, " x ", "title");
}

void say_finding(const struct view *v)
{
	say(v, "", "kind");
	if (view_is(v, "kind", "incident"))
		say_incident(v);
	else
		say_issue(v);
}

static void incident_line(const struct view *v)
{
	say_time(v, "", "started");
	say_incident(v);
	say(v, "  ", "id");
}

static void issue_line(const struct view *v)
{
	say_time(v, "", "last_seen");
	say_issue(v);
	say(v, "  ", "id");
}

/* 2026-11-29 14:34:15.727 UTC */
bool say_utc(const struct view *v, const char *before, const char *path)
{
	bool known = say_time(v, before, path);

	if (known)
		buf_str(v->out, " UTC");
	return known;
}

void put_row(const struct view *v, const char *label, say_fn fn, const char *path)
{
	char before[32];

	snprintf(before, sizeof(before), "%-16s  ", label);
	if (fn(v, before, path))
		buf_char(v->out, '\n');
}

/* Always as wide: 0.990 */
void say_score(const struct view *v, const char *before)
{
	buf_printf(v->out, "%s%.3f", before, json_number_value(view_find(v, "score")));
}

/* What is next to impossible only hides the others. */
bool is_likely(const json_t *suspect)
{
	return json_number_value(json_object_get(suspect, "score")) >= LIKELY;
}

static size_t likely(const json_t *suspects)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(suspects); i++)
		count += is_likely(json_array_get(suspects, i));
	return count;
}

static void put_suspects(const struct view *v)
{
	const json_t *list = view_find(v, "suspects"), *evidence;
	size_t count = likely(list);

	buf_str(v->out, "\nsuspects\n");
	for (size_t i = 0; i < json_array_size(list) && i < count; i++) {
		struct view item = view_inside(v, json_array_get(list, i));

		say_score(&item, "  ");
		say(&item, "  ", "cause");
		say(&item, "  ", "subject");
		buf_char(v->out, '\n');
		evidence = view_find(&item, "evidence");
		for (size_t n = 0; n < json_array_size(evidence); n++) {
			struct view reason = view_inside(v, json_array_get(evidence, n));

			if (say(&reason, "        ", "text") && say(&reason, " (", "weight"))
				buf_str(v->out, " dB)");
			buf_char(v->out, '\n');
		}
	}
	if (count < json_array_size(list))
		buf_printf(v->out, "  and %zu more that are most unlikely\n", json_array_size(list) - count);
}

bool say_estimate(const struct view *v, const char *before, const char *path)
{
	struct view estimate = view_inside(v, view_find(v, path));

	if (!json_is_number(view_find(&estimate, "seconds"))) {
		buf_printf(v->out, "%snot known, there is no history", before);
		return true;
	}
	if (json_number_value(view_find(&estimate, "seconds")) < 1)
		buf_printf(v->out, "%swithin a second", before);
	else
		say_duration(&estimate, before, "seconds");
	say(&estimate, " after a ", "action");
	say(&estimate, ", the median of ", "cases");
	buf_str(v->out, json_integer_value(view_find(&estimate, "cases")) == 1 ? " case" : " cases");
	if (json_is_false(view_find(&estimate, "of_this_service")))
		buf_str(v->out, " of other services");
	return true;
}

/* rollback checkout 41: helped */
bool say_actions(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct view item = view_inside(v, json_array_get(list, i));

		say(&item, i ? VIEW_NEXT_LINE : before, "kind");
		say(&item, " ", "service");
		say(&item, " ", "version");
		say_time(&item, " at ", "time");
		buf_str(v->out, result_of(&item));
	}
	return json_array_size(list) > 0;
}

bool say_advice(const struct view *v, const char *before, const char *path)
{
	if (!say(v, before, path))
		return false;
	say(v, ": ", "advice.why");
	say(v, VIEW_NEXT_LINE, "advice.command");
	return true;
}

void put_incident_title(const struct view *v)
{
	say(v, "incident ", "state");
	say_services(v, ": ", "services");
	buf_str(v->out, "\n\n");
}

/* From the first failure to the last one. */
static void put_lasted(const struct view *v)
{
	uint64_t from, to, ms;

	if (!view_time(v, "started", &from) || !view_time(v, "last_seen", &to) || to < from)
		return;
	buf_printf(v->out, "%-16s  ", "lasted");
	ms = (to - from) / NS_PER_MS;
	report_duration((double)ms / 1000, v->out);
	buf_str(v->out, view_is(v, "state", "open") ? " so far\n" : "\n");
}

static void put_incident(const struct view *v, json_t *const *issues, size_t count)
{
	put_incident_title(v);
	put_row(v, "started", say_utc, "started");
	put_row(v, "detected", say_utc, "detected");
	put_row(v, "last failure", say_utc, "last_seen");
	put_row(v, "ended", say_utc, "ended");
	put_lasted(v);
	put_row(v, "part of", say, "merged_into");
	put_row(v, "failures", say, "count");
	put_row(v, "cause", say, "cause");
	put_suspects(v);
	buf_char(v->out, '\n');
	put_row(v, "done", say_actions, "actions");
	put_row(v, "advice", say_advice, "advice.action");
	put_row(v, "to restore", say_estimate, "advice.restore_estimate");
	put_row(v, "to fix", say_estimate, "advice.fix_estimate");
	if (count)
		put_issues(v, issues, count, count);
	else
		put_row(v, "issues", say_list, "issues");
	put_row(v, "id", say, "id");
}

/* 4:61f0… (stack) */
static bool say_fingerprint(const struct view *v, const char *before, const char *path)
{
	bool known = say(v, before, path);

	if (known && say(v, " (", "fingerprint_step"))
		buf_char(v->out, ')');
	return known;
}

static void put_issue(const struct view *v)
{
	say(v, "issue ", "state");
	say(v, ": ", "title");
	buf_str(v->out, "\n\n");
	put_row(v, "first seen", say_utc, "first_seen");
	put_row(v, "last seen", say_utc, "last_seen");
	put_row(v, "count", say, "count");
	put_row(v, "services", say_list, "services");
	put_row(v, "versions", say_list, "versions");
	put_row(v, "fingerprint", say_fingerprint, "fingerprint");
	put_row(v, "id", say, "id");
}

void report_finding_line(const char *body, bool colour, struct buf *out)
{
	json_t *root = view_parse(body);
	const struct view v = {.root = root, .out = out, .max = VIEW_TEXT_LINE, .colour = colour};

	if (view_is(&v, "kind", "incident"))
		incident_line(&v);
	else
		issue_line(&v);
	buf_char(out, '\n');
	json_decref(root);
}

void report_finding_page(const char *body, json_t *const *issues, size_t count, bool colour, struct buf *out)
{
	json_t *root = view_parse(body);
	const struct view v = {.root = root, .out = out, .max = VIEW_TEXT_PAGE, .colour = colour};

	if (view_is(&v, "kind", "incident"))
		put_incident(&v, issues, count);
	else
		put_issue(&v);
	json_decref(root);
}
