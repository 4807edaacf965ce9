/* SPDX-License-Identifier: Apache-2.0 */
/* PHP: the innermost exception first, each later one behind "Next". A frame's "file(line): f()" tells where f
 * was called, so that names move down by one. */
#include "traceback/internal.h"

enum state { START, HEADER, TRACE };

static const char *const openings[] = {
	"PHP Fatal error:  ", "Fatal error: ", "PHP Parse error:  ", "Parse error: ", NULL};

/* "TYPE: message", "TYPE" */
static void set_uncaught(struct reader *r, struct span text)
{
	struct span type = text, message = {0};

	span_split(text, ": ", &type, &message);
	set_type(r, type);
	set_message(r, message);
}

/* Splits " in FILE:LINE" or " in FILE on line LINE" off the end. */
static bool chop_place(struct span *text, struct span *ret_file, uint32_t *ret_line)
{
	struct span left, place, file;
	uint32_t number;

	if (!span_split_last(*text, " in ", &left, &place) || !span_chop_number(&place, &number))
		return false;
	file = place;
	if (!span_chop(&file, " on line ") && !span_chop(&file, ":"))
		return false;
	*text = left;
	*ret_file = file;
	*ret_line = number;
	return file.len;
}

static bool skip_opening(struct span *line)
{
	struct span before, rest;

	/* fpm puts this before it. */
	if (span_split(*line, "PHP message: ", &before, &rest))
		*line = rest;
	for (const char *const *opening = openings; *opening; opening++)
		if (span_skip(line, *opening))
			return true;
	return false;
}

static bool starts(const struct reader *r, struct span line)
{
	struct span file;
	uint32_t number;

	(void)r;
	return skip_opening(&line) && (span_starts(line, "Uncaught ") || chop_place(&line, &file, &number));
}

static enum taken take_header(struct reader *r, struct span text)
{
	struct span file;
	uint32_t number;

	r->state = HEADER;
	if (chop_place(&text, &file, &number)) {
		add_frame(r, (struct span){0}, file, number);
		r->state = TRACE;
	}
	set_uncaught(r, text);
	return LINE_TAKEN;
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span file = {0}, text = line, type;
	uint32_t number = 0;

	skip_opening(&text);
	if (span_skip(&text, "Uncaught "))
		return take_header(r, text);
	type = span_until(line, (size_t)(text.s - line.s));
	if (!span_skip(&type, "PHP "))
		span_split_last(type, "PHP ", &line, &type);
	span_split(type, ":", &type, &line);
	set_type(r, type);
	chop_place(&text, &file, &number);
	set_message(r, text);
	r->sure = add_frame(r, (struct span){0}, file, number);
	return LINE_LAST;
}

/* The message may have several lines; the last ends in the place. */
static enum taken take_message(struct reader *r, struct span line)
{
	struct span file;
	uint32_t number;

	if (chop_place(&line, &file, &number)) {
		add_frame(r, (struct span){0}, file, number);
		r->state = TRACE;
	}
	add_message_line(r, line);
	return r->depth++ < PAST_LINES ? LINE_TAKEN : LINE_REFUSED;
}

/* "#0 /file.php(3): Order->total()", "#1 [internal function]: f()", "#2 {main}" */
static enum taken take_frame(struct reader *r, struct span line)
{
	struct span place, function, args, file;
	uint32_t number;

	if (!span_take_number(&line, &number) || !span_skip(&line, " "))
		return LINE_REFUSED;
	if (span_is(line, "{main}")) {
		name_frame(r, line);
		return LINE_TAKEN;
	}
	if (!span_split(line, ": ", &place, &function))
		return LINE_REFUSED;
	span_split(function, "(", &function, &args);
	name_frame(r, function);
	file = place;
	if (span_chop(&file, ")") && span_chop_number(&file, &number) && span_chop(&file, "("))
		add_frame(r, (struct span){0}, file, number);
	else
		add_frame(r, (struct span){0}, (struct span){0}, 0);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	if (r->state == START)
		return take_first(r, line);
	if (r->state == HEADER)
		return take_message(r, line);
	r->sure = true;
	if (span_skip(&line, "#"))
		return take_frame(r, line);
	if (span_is(line, "Stack trace:"))
		return LINE_TAKEN;
	if (span_skip(&line, "Next ")) {
		chain_on(r, "cause");
		return take_header(r, line);
	}
	return span_starts(line, "  thrown in ") ? LINE_LAST : LINE_REFUSED;
}

const struct language traceback_php = {"php", 6, starts, next};
