/* SPDX-License-Identifier: Apache-2.0 */
/* An open incident in short, and the issues of one. */
#include "report/report.h"

#include "base/clock.h"
#include "report/view.h"

#define BRIEF 3 /* suspects, reasons, issues on the page of several incidents */

/* With how long ago that was. */
static void put_ago(const struct view *v, const char *label, const char *path, uint64_t now)
{
	uint64_t time, seconds;

	buf_printf(v->out, "%-16s  ", label);
	say_utc(v, "", path);
	if (view_time(v, path, &time)) {
		buf_str(v->out, ", ");
		seconds = now > time ? (now - time) / NS_PER_SEC : 0;
		report_duration((double)seconds, v->out);
		buf_str(v->out, " ago");
	}
	buf_char(v->out, '\n');
}

/* The first few suspects, and why the first of them is. */
static bool say_first_suspects(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path), *evidence;

	for (size_t i = 0; i < json_array_size(list) && i < BRIEF; i++) {
		struct view item = view_inside(v, json_array_get(list, i));

		if (i && !is_likely(item.root))
			break;
		say_score(&item, i ? VIEW_NEXT_LINE : before);
		say(&item, "  ", "cause");
		say(&item, "  ", "subject");
		evidence = view_find(&item, "evidence");
		for (size_t n = 0; i == 0 && n < json_array_size(evidence) && n < BRIEF; n++) {
			struct view reason = view_inside(v, json_array_get(evidence, n));

			say(&reason, VIEW_NEXT_LINE "       ", "text");
		}
	}
	return json_array_size(list) > 0;
}

/* Its count is that of all times, also before the incident. */
static void say_issue_of(const struct view *incident, const struct view *issue)
{
	bool before = json_integer_value(view_find(issue, "count")) >
		      json_integer_value(view_find(incident, "count"));

	say(issue, "", "count");
	say(issue, " x ", "title");
	if (before)
		buf_str(issue->out, " (in all)");
	if (view_is(issue, "state", "regressed") || view_is(issue, "state", "ignored"))
		say(issue, "  ", "state");
}

void put_issues(const struct view *v, json_t *const *issues, size_t count, size_t room)
{
	for (size_t n = 0; n < count && n < room; n++) {
		struct view issue = view_inside(v, issues[n]);

		buf_str(v->out, n ? VIEW_NEXT_LINE : "issues            ");
		say_issue_of(v, &issue);
		say(&issue, "  ", "id");
	}
	if (count > room)
		buf_printf(v->out, VIEW_NEXT_LINE "and %zu more", count - room);
	buf_str(v->out, count ? "\n" : "");
}

void report_incident_brief(const json_t *incident, json_t *const *issues, size_t count, uint64_t now,
	bool colour, struct buf *out)
{
	const struct view v = {.root = incident, .out = out, .max = VIEW_TEXT_LINE, .colour = colour};

	put_incident_title(&v);
	put_ago(&v, "started", "started", now);
	put_ago(&v, "last failure", "last_seen", now);
	put_row(&v, "failures", say, "count");
	put_issues(&v, issues, count, BRIEF);
	put_row(&v, "suspects", say_first_suspects, "suspects");
	put_row(&v, "done", say_actions, "actions");
	put_row(&v, "advice", say_advice, "advice.action");
	if (view_find(&v, "advice.restore_estimate"))
		put_row(&v, "to restore", say_estimate, "advice.restore_estimate");
	put_row(&v, "id", say, "id");
}
