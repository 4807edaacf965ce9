/* SPDX-License-Identifier: Apache-2.0 */
/* Go returns its errors, so that no runtime tells of them: what a Go program logs at a level of errors, as
 * slog, zap, zerolog, logrus, go-kit and klog print it. Other languages log such lines, too: only what is
 * unmistakably Go's is taken. */
#include "traceback/entry.h"
#include "traceback/lines.h"

enum state { START, STACK };

static bool is_error_level(struct span level)
{
	static const char *const names[] = {
		"error", "ERROR", "fatal", "FATAL", "panic", "PANIC", "dpanic", "critical", NULL};

	for (const char *const *name = names; *name; name++)
		if (span_is(level, *name))
			return true;
	return false;
}

static bool is_place(struct span s)
{
	struct span file;
	uint32_t number;

	return span_location(s, &file, &number) && span_ends(file, ".go");
}

/* `KEY=VALUE` or `KEY="VALUE"` from the front. */
static bool take_logfmt(struct span *s, struct span *ret_key, struct span *ret_value)
{
	size_t at = 0;

	while (at < s->len && s->s[at] != '=' && s->s[at] != ' ')
		at++;
	*ret_key = span_until(*s, at);
	if (!at || at == s->len || s->s[at] == ' ')
		return false;
	*s = span_from(*s, at + 1);
	if (span_skip(s, "\"")) {
		if (!lines_take_string(s, ret_value))
			return false;
	} else {
		for (at = 0; at < s->len && s->s[at] != ' '; at++)
			;
		*ret_value = span_until(*s, at);
		*s = span_from(*s, at);
	}
	span_skip(s, " ");
	return true;
}

static bool parse_logfmt(struct span line, struct entry *ret)
{
	static const char *const first[] = {"time=", "ts=", "t=", "level=", "lvl=", "caller=", NULL};
	struct span key, value;

	if (!span_starts_any(line, first))
		return false;
	while (line.len) {
		if (!take_logfmt(&line, &key, &value))
			return false;
		entry_take(ret, key, value);
	}
	return is_error_level(ret->level);
}

static void take_pairs(struct span s, struct entry *entry)
{
	struct span key, value;

	while (take_logfmt(&s, &key, &value))
		entry_take(entry, key, value);
}

/* `text KEY=VALUE KEY="VALUE"`, of which one is the error. */
static bool parse_text(struct span text, struct entry *ret)
{
	struct span pairs, key, value;

	for (size_t at = 0; at < text.len; at++) {
		pairs = span_from(text, at + 1);
		if (text.s[at] != ' ' || !take_logfmt(&pairs, &key, &value))
			continue;
		ret->message = span_until(text, at);
		take_pairs(span_from(text, at + 1), ret);
		return ret->error.len;
	}
	return false;
}

/* "E1129 21:09:53.946979   12345 main.go:12] text"; where the text is quoted, pairs follow. */
static bool parse_klog(struct span line, struct entry *ret)
{
	struct span head, text, rest;
	uint32_t number;

	if (!span_skip(&line, "E") || !span_take_number(&line, &number) ||
		!span_split(line, "] ", &head, &text) || !span_split_last(head, " ", &rest, &ret->place) ||
		!is_place(ret->place))
		return false;
	ret->message = text;
	if (span_skip(&text, "\"") && lines_take_string(&text, &ret->message) && span_skip(&text, " "))
		take_pairs(text, ret);
	return true;
}

static void take_value(void *context, struct span key, struct span value)
{
	static const char *const others[] = {
		"hostname", "stack", "stack_trace", "exc_info", "exception", "traceback", NULL};
	struct entry *entry = context;

	entry_take(entry, key, value);
	for (const char *const *other = others; *other; other++)
		entry->foreign |= span_is(key, *other);
}

/* Behind its time, "ERROR\tmain.go:12\ttext\t{pairs}" is zap's, "ERROR text err=value" slog's. */
static bool parse_console(struct span line, struct entry *ret)
{
	struct span pairs;

	if (span_skip(&line, "ERROR\t") && span_split(line, "\t", &ret->place, &ret->message)) {
		if (span_split(ret->message, "\t", &ret->message, &pairs))
			lines_json(pairs, take_value, ret);
		return is_place(ret->place);
	}
	return span_skip(&line, "ERROR ") && parse_text(line, ret);
}

/* zerolog's key is "message", as with many others, but it puts the level first and the error before it. */
static bool parse_json(struct span line, struct entry *ret)
{
	if (!span_starts(line, "{\"") || !span_has(line, "\"level\":\""))
		return false;
	lines_json(line, take_value, ret);
	if (!is_error_level(ret->level))
		return false;
	return is_place(ret->place) ||
	       (!ret->foreign && (ret->msg || (ret->error_first && span_starts(line, "{\"level\":"))));
}

static const entry_form forms[] = {parse_json, parse_logfmt, parse_console, parse_klog, NULL};

static bool starts(const struct reader *r, struct span line)
{
	struct entry entry;

	(void)r;
	return entry_parse(forms, line, &entry);
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct entry entry;
	struct span file = {0};
	uint32_t number = 0;

	if (!entry_parse(forms, line, &entry))
		return LINE_REFUSED;
	entry_tell(r, &entry);
	if (is_place(entry.place))
		span_location(entry.place, &file, &number);
	if (file.len || entry.function.len)
		add_frame(r, entry.function, file, number);
	r->state = STACK;
	return LINE_TAKEN;
}

/* "main.(*order).pay", then "\t/file.go:8": zap's, which begin where the entry says that it is logged. */
static enum taken next(struct reader *r, struct span line)
{
	struct span file;
	uint32_t number;

	if (r->state == START)
		return take_first(r, line);
	if (r->held[0] && span_skip(&line, "\t") && is_place(line)) {
		span_location(line, &file, &number);
		if (!r->depth++)
			drop_frames(r);
		add_frame(r, held_function(r), file, number);
		r->held[0] = '\0';
		return LINE_TAKEN;
	}
	if (span_indent(line) || span_has(line, " ") || span_has(line, "=") || !span_has(line, "."))
		return LINE_REFUSED;
	hold_function(r, line);
	return LINE_TAKEN;
}

const struct language traceback_go_log = {"go", PAST_LINES / 2, starts, next};
