/* SPDX-License-Identifier: Apache-2.0 */
/* PHP: the innermost exception first, each later one behind "Next"; of one that was logged, without an
 * opening, "Stack trace:" tells that the lines before are a header. A frame's "file(line): f()" tells where f
 * was called, so that names move down by one. Monolog's entries have the outermost first. */
#include "traceback/internal.h"
#include "traceback/lines.h"

enum state { START, HEADER, TRACE, PREVIOUS };

#define MESSAGE_LINES 6

static const char trace[] = "Stack trace:";
static const char monolog[] = "\"exception\":\"[object] (", previous[] = "[previous exception] [object] (";

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

/* "TYPE: message" or "TYPE", behind what a log puts there. Any class may be thrown, but a name that ends like
 * an exception's tells more than the first. */
static bool parse_logged(struct span text, bool error, struct span *ret_type, struct span *ret_message)
{
	struct span before, type;
	bool more = true;

	while (more) {
		more = span_split(text, ": ", &type, &text);
		if (!more) {
			type = text;
			text.len = 0;
		}
		span_split_last(type, " ", &before, &type);
		if (span_is_class_name(type) && (error ? span_is_error_name(type) : more)) {
			*ret_type = type;
			*ret_message = text;
			return true;
		}
	}
	return false;
}

/* What was logged as a string of its own: how many lines back it begins, or 0; its last line is the one
 * before. */
static unsigned find_logged(const struct reader *r, struct span *ret_type, struct span *ret_message)
{
	struct span line, file;
	uint32_t number;

	if (!past_line(r, 1, &line) || !chop_place(&line, &file, &number))
		return 0;
	for (unsigned back = 1; back <= MESSAGE_LINES && past_line(r, back, &line); back++) {
		if (back == 1)
			chop_place(&line, &file, &number);
		if (parse_logged(line, true, ret_type, ret_message) ||
			parse_logged(line, false, ret_type, ret_message))
			return back;
	}
	return 0;
}

/* "TYPE(code: 3): message at FILE:LINE)", of which the JSON around it has doubled the backslashes. */
struct object {
	struct span type, message, file;
	uint32_t line;
};

static bool parse_object(struct span text, struct object *ret)
{
	struct span code, place, more;

	/* Its string ends, or the cause follows in the same line. */
	if (!span_split(text, ")\"", &text, &more) && !span_chop(&text, ")"))
		return false;
	span_split(text, ")\\n[", &text, &more);
	return span_split(text, "(code: ", &ret->type, &text) && ret->type.len &&
	       span_split(text, "): ", &code, &text) &&
	       span_split_last(text, " at ", &ret->message, &place) &&
	       span_location(place, &ret->file, &ret->line);
}

static bool find_object(struct span line, struct object *ret)
{
	struct span before, text;

	return span_split(line, monolog, &before, &text) && parse_object(text, ret);
}

static bool starts(const struct reader *r, struct span line)
{
	struct object object;
	struct span file, type, message;
	uint32_t number;

	if (span_is(line, trace))
		return find_logged(r, &type, &message);
	if (find_object(line, &object))
		return true;
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

static enum taken take_logged(struct reader *r)
{
	struct span line = {0}, file = {0}, type = {0}, message = {0};
	uint32_t number = 0;
	unsigned back = find_logged(r, &type, &message);

	set_type(r, type);
	set_message(r, message);
	while (--back) {
		past_line(r, back, &line);
		if (back == 1)
			chop_place(&line, &file, &number);
		add_message_line(r, line);
	}
	past_line(r, 1, &line);
	chop_place(&line, &file, &number);
	add_frame(r, (struct span){0}, file, number);
	r->state = TRACE;
	return LINE_TAKEN;
}

/* The entry, or with link what caused it. */
static void take_object(struct reader *r, const struct object *object, bool link)
{
	char type[EXCEPTION_TYPE], message[EXCEPTION_MESSAGE];
	struct span type_span = {type, lines_unescape(object->type, type, sizeof(type))};
	struct span message_span = {message, lines_unescape(object->message, message, sizeof(message))};

	if (link) {
		add_link(r, "cause", type_span, message_span);
		r->state = PREVIOUS;
		return;
	}
	set_type(r, type_span);
	set_message(r, message_span);
	add_frame(r, (struct span){0}, object->file, object->line);
	r->sure = true;
	r->state = TRACE;
}

/* With what caused it, where that stands in the same line. */
static bool take_entry(struct reader *r, struct span line)
{
	struct span before;
	struct object object;

	if (!find_object(line, &object))
		return false;
	take_object(r, &object, false);
	while (span_split(line, previous, &before, &line))
		if (parse_object(line, &object))
			take_object(r, &object, true);
	return true;
}

/* "[previous exception] [object] (", which are taken for labels of a log, and what is behind it. */
static bool take_previous(struct reader *r, struct span line)
{
	struct object object;

	if (!span_skip(&line, "(") || !parse_object(line, &object))
		return false;
	take_object(r, &object, true);
	return true;
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
	if (number + 1 < r->frames) /* of another trace */
		return LINE_REFUSED;
	if (span_starts(line, "{main}")) { /* nginx goes on behind it */
		name_frame(r, SPAN("{main}"));
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
	struct span type, message;

	if (r->state == START && span_is(line, trace))
		return take_logged(r);
	if (r->state == START)
		return take_entry(r, line) ? LINE_TAKEN : take_first(r, line);
	if (r->state == HEADER)
		return take_message(r, line);
	if (span_is(line, trace) && past_count(r) && find_logged(r, &type, &message))
		return LINE_REFUSED;
	if (span_is(line, "[stacktrace]") || take_previous(r, line))
		return LINE_TAKEN;
	if (r->state == PREVIOUS)
		return span_starts(line, "#") ? LINE_TAKEN : LINE_REFUSED;
	r->sure = true;
	if (span_skip(&line, "#"))
		return take_frame(r, line);
	if (span_is(line, trace))
		return LINE_TAKEN;
	if (span_skip(&line, "Next ")) {
		chain_on(r, "cause");
		return take_header(r, line);
	}
	return span_starts(line, "  thrown in ") ? LINE_LAST : LINE_REFUSED;
}

const struct language traceback_php = {"php", 6, starts, next};
