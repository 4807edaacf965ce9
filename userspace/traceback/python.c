/* SPDX-License-Identifier: Apache-2.0 */
/* Python: outermost frame first, the type last; chains and groups; faulthandler's dump. */
#include <ctype.h>

#include "traceback/internal.h"

enum state { START, FRAMES, DONE, FAULT };

static const char header[] = "Traceback (most recent call last):";
static const char group[] = "Exception Group Traceback (most recent call last):";
static const char fault[] = "Fatal Python error: ";

static const struct {
	const char *text, *relation;
} chains[] = {
	{"The above exception was the direct cause of the following exception:", "cause"},
	{"During handling of the above exception, another exception occurred:", "context"},
};

/* Removes "  | " and "  + " of groups. Returns how deep they are: 0 outside, 1 for the group itself. */
static int strip_bar(struct span *line)
{
	size_t indent = span_indent(*line);
	struct span s = span_from(*line, indent);

	if (indent < 2 || indent % 2 || (!span_starts(s, "|") && !span_starts(s, "+")))
		return 0;
	s = span_from(s, 1);
	span_skip(&s, " ");
	*line = s;
	return (int)(indent / 2);
}

/* File "x", line 1, in f; faulthandler has no comma before "in"; a syntax error has no function. */
static bool take_frame(struct reader *r, struct span line)
{
	struct span file, rest, function = {0};
	uint32_t number;

	if (!span_skip(&line, "  File \"") || !span_split(line, "\", line ", &file, &rest) ||
		!span_take_number(&rest, &number))
		return false;
	if (span_skip(&rest, ", in ") || span_skip(&rest, " in "))
		function = rest;
	else if (rest.len)
		return false;
	return add_frame(r, function, file, number);
}

static bool take_type(struct span line, bool whole, struct span *ret_type, struct span *ret_message)
{
	static const char *const levels[] = {
		"DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", NULL};
	struct span type = line, message = {0}, module, name;
	bool told = span_split(line, ": ", &type, &message);

	if (!told && (span_chop(&type, ":") || !whole) && !span_is_error_name(type))
		return false;
	if (!span_is_name(type, ".<>"))
		return false;
	for (const char *const *level = levels; *level; level++)
		if (span_is(type, *level))
			return false;
	if (!span_split_last(type, ".", &module, &name) && islower((unsigned char)type.s[0]))
		return false;
	*ret_type = type;
	*ret_message = message;
	return true;
}

static enum taken take_first(struct reader *r, struct span line)
{
	strip_bar(&line);
	r->outermost_first = true;
	r->state = FRAMES;
	if (span_skip(&line, fault)) {
		set_type(r, span_until(SPAN(fault), sizeof(fault) - 3));
		set_message(r, line);
		r->outermost_first = false;
		r->sure = r->whole;
		r->state = FAULT;
	} else if (!span_is(line, header) && !span_is(line, group)) {
		take_frame(r, line);
	}
	return LINE_TAKEN;
}

static enum taken take_chain(struct reader *r, struct span line)
{
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		if (span_is(span_trim(line), chains[i].text)) {
			chain_on(r, chains[i].relation);
			r->state = FRAMES;
			return LINE_TAKEN;
		}
	}
	return LINE_REFUSED;
}

static enum taken take_member(struct reader *r, struct span line)
{
	struct span type, message;

	if (take_type(line, r->whole, &type, &message))
		add_link(r, "group", type, message);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span type, message;

	if (r->state == START)
		return take_first(r, line);
	int depth = strip_bar(&line);
	if (depth > 1)
		return r->state == DONE ? take_member(r, line) : LINE_TAKEN;
	if (r->state == DONE)
		return depth ? LINE_TAKEN : take_chain(r, line);
	if (take_frame(r, line))
		return LINE_TAKEN;
	if (r->state == FAULT)
		return span_starts(line, "Current thread ") ? LINE_TAKEN : LINE_REFUSED;
	if (!r->frames && !r->e.type[0] && (span_is(line, header) || span_is(line, group)))
		return r->e.chained_count ? LINE_TAKEN : LINE_REFUSED;
	if (span_starts(line, "  ") || depth) {
		r->e.frames_cut |= span_starts(line, "  [Previous line repeated ");
		if (span_starts(line, "  ") || !take_type(line, r->whole, &type, &message))
			return LINE_TAKEN;
	}
	if (!r->frames || !take_type(line, r->whole, &type, &message))
		return LINE_REFUSED;
	set_type(r, type);
	set_message(r, message);
	r->sure = true;
	r->state = DONE;
	return LINE_TAKEN;
}

/* The head of a long trace may be missing: a frame begins one too. */
static bool starts(const struct reader *r, struct span line)
{
	struct span rest;

	(void)r;
	strip_bar(&line);
	return span_is(line, header) || span_is(line, group) || span_starts(line, fault) ||
	       (span_starts(line, "  File \"") && span_split(line, "\", line ", &line, &rest));
}

const struct language traceback_python = {"python", PAST_LINES, starts, next};
