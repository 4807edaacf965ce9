/* SPDX-License-Identifier: Apache-2.0 */
/* .NET and Mono: a header, inner exceptions behind "--->", their frames first, then the outer one's. */
#include "traceback/internal.h"

enum state { START, FRAMES };

static const char *const openings[] = {"Unhandled exception. ", "Unhandled Exception: ", NULL};
static const char *const fatals[] = {"Stack overflow.", "Process terminated.", NULL};

/* " in /file.cs:line 1", " [0x00001] in /file.cs:1", or nothing. */
static bool parse_place(struct span s, struct span *ret_file, uint32_t *ret_line)
{
	struct span offset, rest, file;

	*ret_file = (struct span){0};
	*ret_line = 0;
	if (span_starts(s, " [0x"))
		span_split(s, "]", &offset, &s);
	if (!span_skip(&s, " in "))
		return !s.len;
	if (span_split_last(s, ":line ", &file, &rest) && span_take_number(&rest, ret_line))
		*ret_file = file;
	else if (span_location(s, &file, ret_line) && !span_starts(file, "<"))
		*ret_file = file;
	return true;
}

/* "   at A.B(C c) in /file.cs:line 1" */
static bool parse_frame(
	struct span line, struct span *ret_function, struct span *ret_file, uint32_t *ret_line)
{
	struct span function, rest, place;

	if (span_indent(line) < 2)
		return false;
	line = span_trim(line);
	span_chop(&line, "<---");
	if (!span_skip(&line, "at ") || !span_split(line, "(", &function, &rest) ||
		!span_split(rest, ")", &rest, &place))
		return false;
	function = span_trim(function);
	if (span_has(function, " ") || !function.len)
		return false;
	*ret_function = function;
	return parse_place(place, ret_file, ret_line);
}

static bool parse_header(struct span line, struct span *ret_type, struct span *ret_message)
{
	struct span type, message = {0};

	for (const char *const *opening = openings; *opening; opening++) {
		if (!span_skip(&line, *opening))
			continue;
		type = line;
		span_split(line, ": ", &type, &message);
		*ret_type = type;
		*ret_message = message;
		return span_is_name(type, ".+`");
	}
	line = span_trim(line);
	return span_find_error(line, ret_type, ret_message) && span_has(*ret_type, ".");
}

static bool starts(const struct reader *r, struct span line)
{
	struct span function, file, type, message;
	uint32_t number;

	if (span_starts_any(line, openings))
		return parse_header(line, &type, &message);
	if (span_starts_any(line, fatals))
		return true;
	return parse_frame(line, &function, &file, &number) &&
	       header_before(r, parse_frame, parse_header, &type, &message);
}

static enum taken take_frame(struct reader *r, struct span line)
{
	struct span function, file, type, message;
	uint32_t number;

	if (!parse_frame(line, &function, &file, &number))
		return LINE_REFUSED;
	if (past_count(r) && header_before(r, parse_frame, parse_header, &type, &message))
		return LINE_REFUSED;
	r->sure = true;
	if (!r->depth)
		add_frame(r, function, file, number);
	else if (span_ends(line, "<---"))
		r->depth--;
	return LINE_TAKEN;
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span type = {0}, message = {0};
	unsigned back = 1;

	if (span_starts_any(line, fatals))
		span_split(line, ".", &type, &message);
	else if (span_starts_any(line, openings))
		r->sure = parse_header(line, &type, &message) && r->whole;
	else
		back = header_before(r, parse_frame, parse_header, &type, &message);
	set_type(r, type);
	set_message(r, span_trim(message));
	add_message_past(r, back - 1);
	r->state = FRAMES;
	r->past_count = 0;
	take_frame(r, line);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span text = span_trim(line), number, type, message = {0};

	if (r->state == START)
		return take_first(r, line);
	if (span_starts(text, "--- End of ") || span_starts(text, "-----") || span_starts(text, "Repeat ")) {
		if (r->depth && span_starts(text, "--- End of inner"))
			r->depth--;
		return LINE_TAKEN;
	}
	if (!span_skip(&text, "---> "))
		return take_frame(r, line);
	if (span_starts(text, "(Inner Exception #"))
		span_split(text, ") ", &number, &text);
	type = text;
	span_split(text, ": ", &type, &message);
	if (span_is_name(type, ".+`"))
		add_link(r, "cause", type, message);
	r->depth++;
	return LINE_TAKEN;
}

const struct language traceback_dotnet = {"dotnet", 6, starts, next};
