/* SPDX-License-Identifier: Apache-2.0 */
/* One event as a page: a title, then every known key as a row, in the order in which one asks. */
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#include "report/view.h"

#define LABEL_WIDTH 16

static bool say_moment(const struct view *v, const char *before, const char *path)
{
	bool known = say_time(v, before, path);

	if (known)
		buf_str(v->out, " UTC");
	return known;
}

static bool say_signal(const struct view *v, const char *before, const char *path)
{
	const struct view signal = {.root = view_find(v, path), .out = v->out, .max = v->max};
	bool known = say(&signal, before, "name");

	if (known && say(&signal, " (", "number"))
		buf_char(v->out, ')');
	return known;
}

static bool say_core(const struct view *v, const char *before, const char *path)
{
	/* A process that exited had none to write. */
	if (view_find(v, "exit.status"))
		return false;
	if (json_is_true(view_find(v, "exit.core_dumped"))) {
		buf_printf(v->out, "%sdumped", before);
		return true;
	}
	if (json_is_false(view_find(v, "exit.core_dumped")))
		buf_printf(v->out, "%snone", before);
	else if (!view_find(v, path))
		return false;
	else
		buf_printf(v->out, "%snot known", before);
	say(v, ": ", path);
	return true;
}

/* Arguments that could be taken for more than one are put in quotes. */
static bool say_command(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};
		const char *text = json_string_value(item.root);
		bool quote = text && (!*text || strpbrk(text, " \t\n'\""));

		buf_str(v->out, i ? " " : before);
		say(&item, quote ? "\"" : "", "");
		if (quote)
			buf_str(v->out, *text ? "\"" : "\"\"");
	}
	return json_array_size(list) > 0;
}

static bool say_killer(const struct view *v, const char *before, const char *path)
{
	if (view_is(v, "killer.class", "self")) {
		buf_printf(v->out, "%sitself", before);
		return true;
	}
	if (!view_is(v, "killer.class", "kernel"))
		return say_process(v, before, path);
	buf_printf(v->out, "%sthe kernel", before);
	return true;
}

static bool say_ancestors(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		any |= say_process(&item, any ? ", child of " : before, "");
	}
	return any;
}

static bool say_largest(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		any |= say_process(&item, any ? ", " : before, "");
		say_size(&item, " ", "rss");
	}
	return any;
}

static bool say_stat(const struct view *v, const char *before, const char *path)
{
	json_t *list = (json_t *)view_find(v, path), *value;
	const char *name;
	bool any = false;

	json_object_foreach(list, name, value)
	{
		const struct view item = {.root = value, .out = v->out, .max = v->max};

		buf_str(v->out, any ? ", " : before);
		view_text(v, name, strlen(name));
		say_size(&item, " ", "");
		any = true;
	}
	return any;
}

/* "37 of 1024" */
static bool say_used(const struct view *v, const char *before, const char *path)
{
	const struct view item = {.root = view_find(v, path), .out = v->out, .max = v->max};
	bool used = say(&item, before, "open");

	if (used && json_is_true(view_find(&item, "open_truncated")))
		buf_str(v->out, " or more");
	return say(&item, used ? " of " : before, "soft") || used;
}

static bool say_missing(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		any |= say(&item, any ? VIEW_NEXT_LINE : before, "what");
		say(&item, ": ", "why");
	}
	return any;
}

static bool say_calls(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		const char *next = any ? ", " : before;
		bool named = say(&item, next, "service") || say(&item, next, "remote_name");

		if (say(&item, named ? " (" : next, "remote") && named)
			buf_char(v->out, ')');
		any = true;
	}
	return any;
}

/* Rows without a label divide the groups. */
static const struct row {
	const char *label;
	say_fn say;
	const char *path;
} rows[] = {
	{"time", say_moment, "time"},
	{"host", say, "host.name"},
	{NULL, NULL, NULL},
	{"service", say, "service.name"},
	{"version", say, "service.version"},
	{"unit", say, "service.unit"},
	{"slice", say, "service.slice"},
	{"container", say, "service.container.id"},
	{"image", say, "service.container.image"},
	{"runtime", say, "service.container.runtime"},
	{"pod", say, "service.pod.uid"},
	{"user manager", say, "service.user"},
	{"cgroup", say, "service.cgroup"},
	{"calls", say_calls, "calls"},
	{"called by", say_calls, "callers"},
	{NULL, NULL, NULL},
	{"process", say_process, "process"},
	{"thread", say, "process.tid"},
	{"thread name", say, "process.thread_name"},
	{"pid inside", say, "process.ns_pid"},
	{"parent", say, "process.ppid"},
	{"executable", say, "process.exe"},
	{"build id", say, "process.build_id"},
	{"command", say_command, "process.cmdline"},
	{"uid", say, "process.uid"},
	{"gid", say, "process.gid"},
	{"started", say_moment, "process.start"},
	{"age", say_duration, "process.age"},
	{NULL, NULL, NULL},
	{"signal", say_signal, "signal"},
	{"code", say, "signal.code"},
	{"address", say, "signal.address"},
	{"reason", say, "signal.reason"},
	{"that is", say, "signal.detail"},
	{"exit status", say, "exit.status"},
	{"ended with", say, "exit.signal"},
	{"core file", say_core, "exit.no_core_reason"},
	{NULL, NULL, NULL},
	{"exception", say_exception, "exception"},
	{NULL, NULL, NULL},
	{"stack", say_stack, "stack"},
	{NULL, NULL, NULL},
	{"other threads", say_threads, "threads"},
	{NULL, NULL, NULL},
	{"said", say_last_words, "last_words"},
	{NULL, NULL, NULL},
	{"failed before", say_crumbs, "breadcrumbs"},
	{NULL, NULL, NULL},
	{"killed by", say_killer, "killer"},
	{"child of", say_ancestors, "killer.ancestors"},
	{"killer exe", say, "killer.exe"},
	{"killer uid", say, "killer.uid"},
	{"login uid", say, "killer.login_uid"},
	{"terminal", say, "killer.tty"},
	{"killer class", say, "killer.class"},
	{"because", say, "killer.reason"},
	{NULL, NULL, NULL},
	{"out of memory", say, "oom.scope"},
	{"limit", say_size, "oom.limit"},
	{"usage", say_size, "oom.usage"},
	{"cgroup", say, "oom.cgroup"},
	{"triggered by", say_process, "oom.trigger"},
	{"oom_score_adj", say, "oom.score_adj"},
	{"largest", say_largest, "oom.largest"},
	{"memory.stat", say_stat, "oom.memory_stat"},
	{"read after", say_duration, "oom.read_after"},
	{NULL, NULL, NULL},
	{"open files", say_used, "limits.nofile"},
	{"memory", say_size, "memory.rss"},
	{"at most", say_size, "memory.peak"},
	{"address space", say_size, "memory.virtual"},
	{"RLIMIT_AS", say_size, "limits.as.soft"},
	{"RLIMIT_STACK", say_size, "limits.stack.soft"},
	{"threads", say, "process.threads"},
	{NULL, NULL, NULL},
	{"system call", say, "syscall"},
	{"direction", say, "direction"},
	{"remote", say, "remote"},
	{"name", say, "remote_name"},
	{"listens", say, "listen.state"},
	{"port", say, "listen.port"},
	{"local", say, "local"},
	{"state", say, "state"},
	{"error", say, "errno"},
	{"reason", say, "reason"},
	{"source", say, "source"},
	{"count", say, "count"},
	{"interval", say_duration, "interval"},
	{"subjects", say_subjects, "subjects"},
	{"net namespace", say, "netns"},
	{NULL, NULL, NULL},
	{"change", say, "marker.kind"},
	{"of service", say, "marker.service"},
	{"to version", say, "marker.version"},
	{"from version", say, "marker.before"},
	{"source", say, "marker.source"},
	{"evidence", say, "marker.evidence"},
	{"undo with", say, "marker.undo"},
	{"note", say, "marker.note"},
	{"link", say, "marker.link"},
	{"decision", say, "decision.action"},
	{"issue", say, "decision.issue"},
	{"into", say, "decision.into"},
	{"by", say, "decision.by"},
	{NULL, NULL, NULL},
	{"not known", say_missing, "missing"},
	{NULL, NULL, NULL},
	{"id", say, "id"},
};

static void put_title(const struct view *v)
{
	_cleanup_buf_ struct buf text = {0};
	const struct view what = {.root = v->root, .out = &text, .max = v->max};

	say_kind(v, v->colour);
	say_process(v, " of ", "process");
	say(v, " in ", "service.name");
	say_what(&what);
	if (text.len)
		buf_printf(v->out, ": %s", text.data);
	buf_char(v->out, '\n');
}

static void put_rows(const struct view *v, const struct row *row, size_t count)
{
	bool divide = true;

	for (; count-- > 0; row++) {
		char before[LABEL_WIDTH + 8];

		if (!row->label) {
			divide = true;
			continue;
		}
		snprintf(before, sizeof(before), "%s%-*s  ", divide ? "\n" : "", LABEL_WIDTH, row->label);
		if (!row->say(v, before, row->path))
			continue;
		buf_char(v->out, '\n');
		divide = false;
	}
}

void report_event_page(const char *body, bool colour, struct buf *out)
{
	json_t *root = view_parse(body);
	const struct view v = {.root = root, .out = out, .max = VIEW_TEXT_PAGE, .colour = colour};

	if (!root) {
		report_event_line(body, colour, out);
		return;
	}
	put_title(&v);
	put_rows(&v, rows, sizeof(rows) / sizeof(rows[0]));
	json_decref(root);
}

void report_event_place(const char *body, bool colour, struct buf *out)
{
	static const struct row place[] = {
		{"exception", say_exception, "exception"},
		{NULL, NULL, NULL},
		{"stack", say_stack, "stack"},
		{NULL, NULL, NULL},
		{"said", say_last_words, "last_words"},
	};
	json_t *root = view_parse(body);
	const struct view v = {.root = root, .out = out, .max = VIEW_TEXT_PAGE, .colour = colour};

	if (root)
		put_rows(&v, place, sizeof(place) / sizeof(place[0]));
	json_decref(root);
}
