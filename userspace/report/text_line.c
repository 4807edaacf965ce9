/* SPDX-License-Identifier: Apache-2.0 */
/* One event as one line: time, kind, service, process, and what happened. */
#include "report/report.h"

#include <string.h>

#include "report/view.h"

#define TIME_WIDTH    23
#define KIND_WIDTH    15
#define SERVICE_WIDTH 20
#define EXCERPT       80 /* bytes of a body that is no JSON */

#define RED     "\033[1;31m"
#define YELLOW  "\033[33m"
#define CYAN    "\033[36m"
#define MAGENTA "\033[35m"
#define PLAIN   ""
#define RESET   "\033[0m"

static void exception(const struct view *v)
{
	say(v, v->out->len ? "; " : "", "exception.type");
	say(v, ": ", "exception.message");
}

static void crash(const struct view *v)
{
	say(v, "", "signal.name");
	say(v, " ", "signal.code");
	say(v, " at ", "signal.address");
	say(v, ": ", "signal.reason");
	if (!view_is(v, "killer.class", "self"))
		say(v, ": ", "killer.reason");
	say(v, ", ended with ", "exit.signal");
	if (json_is_true(view_find(v, "exit.core_dumped")))
		buf_str(v->out, "; core dumped");
	else
		say(v, "; no core: ", "exit.no_core_reason");
	exception(v);
}

static void oom_kill(const struct view *v)
{
	if (view_is(v, "oom.scope", "host"))
		buf_str(v->out, "host out of memory");
	else if (say_size(v, "cgroup limit ", "oom.limit"))
		buf_str(v->out, " reached");
	else
		buf_str(v->out, "out of memory");
	if (say_size(v, " (usage ", "oom.usage"))
		buf_char(v->out, ')');
	say_process(v, ", triggered by ", "oom.trigger");
	say_size(v, "; it had ", "memory.rss");
}

static void kill_by(const struct view *v)
{
	say(v, "", "signal.name");
	if (view_is(v, "killer.class", "kernel"))
		buf_str(v->out, " from the kernel");
	else if (!say_process(v, " from ", "killer"))
		buf_str(v->out, " from a sender not known");
	say(v, " uid ", "killer.uid");
	if (say_list(v, " (", "killer.ancestry"))
		buf_char(v->out, ')');
	say(v, "; ", "killer.reason");
}

static void exit_failure(const struct view *v)
{
	say(v, "status ", "exit.status");
	exception(v);
}

/* Why it ended, as far as a status tells nothing: in its own words, which often say it last. */
static void say_last_line(const struct view *v)
{
	const char *text = json_string_value(view_find(v, "last_words.text")), *from;
	size_t len = text ? strlen(text) : 0;

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (!len || !view_is(v, "kind", "exit_failure") || view_find(v, "exception.type"))
		return;
	from = memrchr(text, '\n', len);
	from = from ? from + 1 : text;
	buf_str(v->out, "; \"");
	view_text(v, from, len - (size_t)(from - text));
	buf_char(v->out, '"');
}

static void living_exception(const struct view *v)
{
	exception(v);
	say_count(v, " ×", "count");
}

static void syscall_errors(const struct view *v)
{
	say(v, "", "syscall");
	say(v, " ", "errno");
	say_count(v, " ×", "count");
	say_subjects(v, "  ", "subjects");
}

/* The name, where there is one, and the address. */
static void say_remote(const struct view *v, const char *before)
{
	buf_str(v->out, before);
	if (!say(v, "", "remote_name")) {
		say(v, "", "remote");
		return;
	}
	if (say(v, " (", "remote"))
		buf_char(v->out, ')');
}

static void tcp_reset(const struct view *v)
{
	say(v, "", "direction");
	say_remote(v, view_is(v, "direction", "sent") ? " to " : " from ");
	if (say(v, " (local ", "local"))
		buf_char(v->out, ')');
	say(v, " ", "state");
	say_count(v, " ×", "count");
	say(v, ", ", "reason");
}

static void connect_failure(const struct view *v)
{
	say_remote(v, "");
	say(v, " ", "errno");
	say_count(v, " ×", "count");
}

static void marker(const struct view *v)
{
	say(v, "", "marker.kind");
	say(v, " ", "marker.service");
	say(v, " version ", "marker.version");
	/* Nobody said why: what was seen has to. */
	if (view_is(v, "marker.source", "inferred")) {
		buf_str(v->out, " (inferred)");
		say(v, "  ", "marker.evidence");
	}
	if (say(v, "  \"", "marker.note"))
		buf_char(v->out, '"');
}

static void gap(const struct view *v)
{
	if (say(v, "", "count"))
		buf_str(v->out, " ");
	buf_str(v->out, "lost");
	say(v, ": ", "reason");
	if (say(v, " (", "source"))
		buf_char(v->out, ')');
}

static void decision(const struct view *v)
{
	say(v, "", "decision.action");
	say(v, " issue ", "decision.issue");
	say(v, " into ", "decision.into");
	say(v, ", by ", "decision.by");
}

static void listen_state(const struct view *v)
{
	if (view_is(v, "listen.state", "stopped"))
		buf_str(v->out, "lives, but listens no more");
	else if (view_is(v, "listen.state", "again"))
		buf_str(v->out, "listens again");
	else
		buf_str(v->out, "ended, after it had stopped to listen");
	say(v, ", port ", "listen.port");
}

static void of_newer_version(const struct view *v)
{
	buf_str(v->out, "of a kind that this version does not know");
}

static const struct kind {
	const char *name;
	const char *colour;
	void (*what)(const struct view *v);
} kinds[] = {
	{"crash", RED, crash},
	{"oom_kill", RED, oom_kill},
	{"kill", YELLOW, kill_by},
	{"exit_failure", YELLOW, exit_failure},
	{"exception", YELLOW, living_exception},
	{"syscall_errors", PLAIN, syscall_errors},
	{"tcp_reset", PLAIN, tcp_reset},
	{"connect_failure", PLAIN, connect_failure},
	{"marker", CYAN, marker},
	{"gap", MAGENTA, gap},
	{"decision", CYAN, decision},
	{"listen", YELLOW, listen_state},
};

static const struct kind *find_kind(const struct view *v)
{
	static const struct kind unknown = {"unknown", PLAIN, of_newer_version};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (view_is(v, "kind", kinds[i].name))
			return &kinds[i];
	}
	return &unknown;
}

void say_what(const struct view *v)
{
	find_kind(v)->what(v);
}

void say_kind(const struct view *v, bool colour)
{
	const char *start = colour ? find_kind(v)->colour : PLAIN;

	buf_str(v->out, start);
	if (!say(v, "", "kind"))
		buf_str(v->out, "unknown");
	if (*start)
		buf_str(v->out, RESET);
}

/* Fills up with blanks to width characters since start (in bytes), of which hidden ones take no place, and
 * two more. */
static void pad(struct buf *out, size_t start, size_t width)
{
	size_t shown = 0;

	for (size_t i = start; i < out->len; i++) {
		if (out->data[i] == '\033')
			i += strcspn(out->data + i, "m");
		else
			shown += ((unsigned char)out->data[i] & 0xC0) != 0x80;
	}
	for (; shown < width; shown++)
		buf_char(out, ' ');
	buf_str(out, "  ");
}

void say_columns(const struct view *v, bool colour)
{
	size_t start = v->out->len;

	if (!say_time(v, "", "time"))
		buf_char(v->out, '-');
	pad(v->out, start, TIME_WIDTH);
	start = v->out->len;
	say_kind(v, colour);
	pad(v->out, start, KIND_WIDTH);
	start = v->out->len;
	if (!say(v, "", "service.name"))
		buf_char(v->out, '-');
	pad(v->out, start, SERVICE_WIDTH);
}

void report_event_line(const char *body, bool colour, struct buf *out)
{
	json_t *root = view_parse(body);
	_cleanup_buf_ struct buf what = {0};
	struct view v = {.root = root, .out = out, .max = VIEW_TEXT_LINE};
	bool process;

	if (root) {
		say_columns(&v, colour);
		process = say_process(&v, "", "process");
		v.out = &what;
		say_what(&v);
		say_last_line(&v);
		say(&v, "  ", "marker.link");
		if (!what.len)
			buf_str(&what, "no more is known");
		if (process)
			buf_str(out, "  ");
		buf_str(out, buf_text(&what));
	} else {
		json_t *excerpt = json_stringn_nocheck(body, strlen(body));

		v.root = excerpt;
		v.max = EXCERPT;
		say(&v, "unreadable event: ", "");
		json_decref(excerpt);
	}
	buf_char(out, '\n');
	json_decref(root);
}
