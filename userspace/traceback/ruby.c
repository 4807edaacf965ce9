/* SPDX-License-Identifier: Apache-2.0 */
/* Ruby: "file:1:in `f': message (Type)", then "from" lines; or reversed, as terminals get it; causes follow.
 * Logs have the message, with the type at one of its ends, and then the bare places. */
#include "traceback/internal.h"

enum state { START, REVERSED, FRAMES, LOGGED };

#define MESSAGE_LINES 6

struct header {
	struct span file, function, type, message;
	uint32_t line;
};

/* `f' before 3.4, 'f' since. */
static bool unquote(struct span *s)
{
	return (span_skip(s, "`") || span_skip(s, "'")) && span_chop(s, "'");
}

/* file:1:in `f' or file:1 */
static bool parse_place(struct span s, struct span *ret_file, uint32_t *ret_line, struct span *ret_function)
{
	struct span place = s, function = {0};

	if (span_split(s, ":in ", &place, &function) && !unquote(&function))
		return false;
	if (!span_chop_number(&place, ret_line) || !span_chop(&place, ":") || !place.len)
		return false;
	*ret_file = place;
	*ret_function = function;
	return true;
}

static bool is_type(struct span s)
{
	return span_is_name(s, ":") && s.s[0] >= 'A' && s.s[0] <= 'Z' && !span_ends(s, ":");
}

static bool parse_header(struct span line, struct header *h)
{
	struct span place, function, text, label;

	if (span_split(line, ": syntax error, ", &place, &text) &&
		parse_place(place, &h->file, &h->line, &h->function)) {
		h->type = SPAN("SyntaxError");
		h->message = text;
		return span_ends(h->file, ".rb");
	}
	if (!span_split(line, ":in ", &place, &text) || !span_split(text, "': ", &function, &text))
		return false;
	if (!parse_place(span_until(line, (size_t)(text.s - line.s) - 2), &h->file, &h->line, &h->function))
		return false;
	span_split_last(h->file, ": ", &label, &h->file); /* a log's */
	h->message = (struct span){0};
	h->type = text;
	if (span_chop(&text, ")"))
		span_split_last(text, " (", &h->message, &h->type);
	return is_type(h->type);
}

/* "\tfrom PLACE", "\t  12: from PLACE"; numbered tells which. */
static bool parse_from(struct span line, bool numbered, struct header *h)
{
	uint32_t number;

	if (!span_skip(&line, "\t"))
		return false;
	if (numbered) {
		line = span_trim(line);
		if (!span_take_number(&line, &number) || !span_skip(&line, ": "))
			return false;
	}
	return span_skip(&line, "from ") && parse_place(line, &h->file, &h->line, &h->function);
}

/* "file:1:in `f'" and nothing more. */
static bool parse_bare(struct span line, struct header *h)
{
	if (!span_ends(line, "'"))
		return false;
	line = span_trim(line);
	return parse_place(line, &h->file, &h->line, &h->function) && h->function.len &&
	       !span_has(h->file, "from ");
}

/* "E, [2026-11-22T10:46:09.123456 #123] ERROR -- name: " of the standard Logger. */
static bool skip_logger(struct span *line)
{
	struct span head, text;

	if (line->len < 4 || !span_starts(span_from(*line, 1), ", [") ||
		!span_split(*line, "] ", &head, &text) || !span_has(head, " #"))
		return false;
	return span_split(text, " -- ", &head, &text) && span_split(text, ": ", &head, line);
}

/* Splits " (TYPE)" off the end. */
static bool chop_type(struct span *text, struct span *ret_type)
{
	struct span left = *text, type;

	if (!span_chop(&left, ")") || !span_split_last(left, " (", &left, &type) || !is_type(type))
		return false;
	*text = left;
	*ret_type = type;
	return true;
}

/* Without the Logger's word for it, whether that is one. */
static bool is_error(struct span type)
{
	return is_type(type) && (span_is_error_name(type) || span_has(type, "::"));
}

/* "TYPE: message", perhaps behind a log's words. */
static bool parse_typed(struct span line, struct header *h)
{
	struct span before, type;

	while (span_split(line, ": ", &type, &line)) {
		span_split_last(type, " ", &before, &type);
		if (is_error(type)) {
			h->type = type;
			h->message = line;
			return true;
		}
	}
	return false;
}

/* Whether the lines before tell the exception that a bare place is of. Of its message the first line counts,
 * as it does in front of "from" lines. */
static bool find_logged(const struct reader *r, struct header *h)
{
	struct span line, last = {0};
	bool typed = past_line(r, 1, &last) && chop_type(&last, &h->type);

	for (unsigned back = 1; back <= MESSAGE_LINES && past_line(r, back, &line); back++) {
		if (typed) {
			h->message = back == 1 ? last : line;
			if (skip_logger(&h->message))
				return true;
		} else if (parse_typed(line, h)) {
			return true;
		}
	}
	h->message = last;
	return typed && is_error(h->type);
}

static bool starts(const struct reader *r, struct span line)
{
	struct header h;

	return parse_header(line, &h) || parse_from(line, true, &h) ||
	       (parse_bare(line, &h) && find_logged(r, &h));
}

static enum taken take_header(struct reader *r, const struct header *h)
{
	set_type(r, h->type);
	set_message(r, h->message);
	add_frame(r, h->function, h->file, h->line);
	r->sure = true;
	r->state = FRAMES;
	return LINE_TAKEN;
}

static enum taken take_bare(struct reader *r, struct header *h)
{
	if (r->state == START && find_logged(r, h)) {
		take_header(r, h);
		r->state = LOGGED;
		return LINE_TAKEN;
	}
	/* Behind other lines it may be another exception's. */
	if (r->state != LOGGED || (past_count(r) && find_logged(r, h)))
		return LINE_REFUSED;
	add_frame(r, h->function, h->file, h->line);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	struct header h;

	if (parse_bare(line, &h))
		return take_bare(r, &h);
	if (r->state == LOGGED)
		return LINE_REFUSED;
	if (r->state != FRAMES && parse_from(line, true, &h)) {
		r->state = REVERSED;
		r->outermost_first = true;
		add_frame(r, h.function, h.file, h.line);
		return LINE_TAKEN;
	}
	if (parse_header(line, &h)) {
		if (!r->sure)
			return take_header(r, &h);
		/* A cause follows at once; the same again is what a thread died of, told by the one that
		 * joined it. */
		if (r->outermost_first || past_count(r) || span_is(h.type, r->e.type))
			return LINE_REFUSED;
		add_link(r, "cause", h.type, h.message);
		return LINE_TAKEN;
	}
	if (r->outermost_first)
		return LINE_REFUSED;
	if (span_starts(line, "\t ... ") && span_ends(line, " levels...")) {
		r->e.frames_cut = true;
		return LINE_TAKEN;
	}
	if (!parse_from(line, false, &h))
		return LINE_REFUSED;
	if (!r->e.chained_count)
		add_frame(r, h.function, h.file, h.line);
	return LINE_TAKEN;
}

const struct language traceback_ruby = {"ruby", 6, starts, next};
