/* SPDX-License-Identifier: Apache-2.0 */
/* Issues and incidents for people: a line in a list, and the page of an incident with its suspects and
 * advice. */
#include "report/report.h"

#include <string.h>

#include "report/view.h"

#define BRIEF 3 /* suspects, reasons, issues on the page of several incidents */

static struct view inside(const struct view *v, const json_t *root)
{
	struct view item = *v;

	item.root = root;
	return item;
}

/* checkout (total), web (partial) */
static bool say_services(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct view item = inside(v, json_array_get(list, i));

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

static void say_incident(const struct view *v)
{
	struct view first = inside(v, json_array_get(view_find(v, "suspects"), 0));

	say(v, "  ", "state");
	say_services(v, "  ", "services");
	say(v, "  ", "count");
	buf_str(v->out, " failures: ");
	/* Its own verdict was one about a part. */
	if (say(v, "part of incident ", "merged_into"))
		return;
	if (view_is(v, "cause", "unknown"))
		buf_str(v->out, "cause unknown");
	else
		say_suspect(&first, "");
	say(v, " -> ", "advice.action");
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

static void put_row(const struct view *v, const char *label, say_fn fn, const char *path)
{
	char before[32];

	snprintf(before, sizeof(before), "%-16s  ", label);
	if (fn(v, before, path))
		buf_char(v->out, '\n');
}

static void put_suspects(const struct view *v)
{
	const json_t *list = view_find(v, "suspects"), *evidence;

	buf_str(v->out, "\nsuspects\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct view item = inside(v, json_array_get(list, i));

		say(&item, "  ", "score");
		say(&item, "  ", "cause");
		say(&item, "  ", "subject");
		buf_char(v->out, '\n');
		evidence = view_find(&item, "evidence");
		for (size_t n = 0; n < json_array_size(evidence); n++) {
			struct view reason = inside(v, json_array_get(evidence, n));

			if (say(&reason, "        ", "text") && say(&reason, " (", "weight"))
				buf_str(v->out, " dB)");
			buf_char(v->out, '\n');
		}
	}
}

static bool say_estimate(const struct view *v, const char *before, const char *path)
{
	struct view estimate = inside(v, view_find(v, path));

	if (!say_duration(&estimate, before, "seconds")) {
		buf_printf(v->out, "%snot known, there is no history", before);
		return true;
	}
	say(&estimate, " after a ", "action");
	say(&estimate, ", the median of ", "cases");
	buf_str(v->out, json_is_false(view_find(&estimate, "of_this_service")) ? " cases of other services"
									       : " cases");
	return true;
}

/* rollback checkout 41: helped */
static bool say_actions(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct view item = inside(v, json_array_get(list, i));

		say(&item, i ? VIEW_NEXT_LINE : before, "kind");
		say(&item, " ", "service");
		say(&item, " ", "version");
		say_time(&item, " at ", "time");
		buf_str(v->out, view_is(&item, "result", "helped")   ? ": helped"
				: view_is(&item, "result", "failed") ? ": did not help"
								     : ": too early to tell");
	}
	return json_array_size(list) > 0;
}

static bool say_advice(const struct view *v, const char *before, const char *path)
{
	if (!say(v, before, path))
		return false;
	say(v, ": ", "advice.why");
	say(v, VIEW_NEXT_LINE, "advice.command");
	return true;
}

static void put_incident_title(const struct view *v)
{
	say(v, "incident ", "state");
	say_services(v, ": ", "services");
	buf_str(v->out, "\n\n");
}

static void put_incident(const struct view *v)
{
	put_incident_title(v);
	put_row(v, "started", say_time, "started");
	put_row(v, "detected", say_time, "detected");
	put_row(v, "last failure", say_time, "last_seen");
	put_row(v, "ended", say_time, "ended");
	put_row(v, "part of", say, "merged_into");
	put_row(v, "failures", say, "count");
	put_row(v, "cause", say, "cause");
	put_suspects(v);
	buf_char(v->out, '\n');
	put_row(v, "done", say_actions, "actions");
	put_row(v, "advice", say_advice, "advice.action");
	put_row(v, "to restore", say_estimate, "advice.restore_estimate");
	put_row(v, "to fix", say_estimate, "advice.fix_estimate");
	put_row(v, "issues", say_list, "issues");
	put_row(v, "id", say, "id");
}

/* The first few suspects, and why the first of them is. */
static bool say_first_suspects(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path), *evidence;

	for (size_t i = 0; i < json_array_size(list) && i < BRIEF; i++) {
		struct view item = inside(v, json_array_get(list, i));

		say(&item, i ? VIEW_NEXT_LINE : before, "score");
		say(&item, "  ", "cause");
		say(&item, "  ", "subject");
		evidence = view_find(&item, "evidence");
		for (size_t n = 0; i == 0 && n < json_array_size(evidence) && n < BRIEF; n++) {
			struct view reason = inside(v, json_array_get(evidence, n));

			say(&reason, VIEW_NEXT_LINE "       ", "text");
		}
	}
	return json_array_size(list) > 0;
}

static void put_first_issues(const struct view *v, json_t *const *issues, size_t count)
{
	for (size_t n = 0; n < count && n < BRIEF; n++) {
		struct view issue = inside(v, issues[n]);

		buf_str(v->out, n ? VIEW_NEXT_LINE : "issues            ");
		say(&issue, "", "count");
		say(&issue, " x ", "title");
		say(&issue, "  ", "id");
	}
	if (count > BRIEF)
		buf_printf(v->out, VIEW_NEXT_LINE "and %zu more", count - BRIEF);
	buf_str(v->out, count ? "\n" : "");
}

void report_incident_brief(
	const json_t *incident, json_t *const *issues, size_t count, bool colour, struct buf *out)
{
	const struct view v = {.root = incident, .out = out, .max = VIEW_TEXT_LINE, .colour = colour};

	put_incident_title(&v);
	put_row(&v, "started", say_time, "started");
	put_row(&v, "last failure", say_time, "last_seen");
	put_row(&v, "failures", say, "count");
	put_first_issues(&v, issues, count);
	put_row(&v, "suspects", say_first_suspects, "suspects");
	put_row(&v, "done", say_actions, "actions");
	put_row(&v, "advice", say_advice, "advice.action");
	if (view_find(&v, "advice.restore_estimate"))
		put_row(&v, "to restore", say_estimate, "advice.restore_estimate");
	put_row(&v, "id", say, "id");
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
	put_row(v, "first seen", say_time, "first_seen");
	put_row(v, "last seen", say_time, "last_seen");
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

void report_finding_page(const char *body, bool colour, struct buf *out)
{
	json_t *root = view_parse(body);
	const struct view v = {.root = root, .out = out, .max = VIEW_TEXT_PAGE, .colour = colour};

	if (view_is(&v, "kind", "incident"))
		put_incident(&v);
	else
		put_issue(&v);
	json_decref(root);
}
