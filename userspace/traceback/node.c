/* SPDX-License-Identifier: Apache-2.0 */
/* Node.js: a header, then "    at" frames, then perhaps the error's properties in braces, causes among them.
 * The first frame tells that the lines before are a header; what is no Error is told by the note that
 * follows. */
#include "traceback/internal.h"

enum state { START, FRAMES, PROPERTIES };

static const char note[] = "(Use `node --trace-uncaught ...` to show where the exception was thrown)";

/* "file:1:2", "<anonymous>", "native", "index 0" */
static bool parse_place(struct span s, struct span *ret_file, uint32_t *ret_line)
{
	*ret_line = 0;
	*ret_file = (struct span){0};
	if (span_location(s, ret_file, ret_line)) /* not a time of day */
		return span_has(*ret_file, "/") || span_has(*ret_file, ".") ||
		       span_starts(*ret_file, "node:") || span_starts(*ret_file, "REPL") ||
		       span_starts(*ret_file, "[eval]");
	return span_is(s, "<anonymous>") || span_is(s, "native") || span_starts(s, "index ");
}

/* "    at f (file:1:2)", "    at file:1:2"; behind the last, " {" or ",". */
static bool parse_frame(
	struct span line, struct span *ret_function, struct span *ret_file, uint32_t *ret_line)
{
	struct span function = {0}, place, rest, column;
	uint32_t number;

	if (span_indent(line) < 2)
		return false;
	line = span_trim(line);
	if (!span_skip(&line, "at "))
		return false;
	if (!span_chop(&line, " {"))
		span_chop(&line, ",");
	span_skip(&line, "async ");
	place = line;
	if (span_chop(&place, ")")) {
		if (!span_split_last(place, " (", &function, &place))
			return false;
	} else if (!span_split_last(place, ":", &rest, &column) || !span_chop_number(&rest, &number)) {
		return false;
	}
	*ret_function = function;
	return parse_place(place, ret_file, ret_line);
}

/* "NoLoan [TypeError]: text": a class whose name does not tell what it is built on. */
static bool parse_derived(struct span line, struct span *ret_type, struct span *ret_message)
{
	struct span name, base, before;

	if (!span_split(line, "Error]", &name, &line) || !span_split_last(name, " [", &name, &base))
		return false;
	span_split_last(name, " ", &before, &name);
	if (!span_is_class_name(name) || (base.len && !span_is_name(base, "")) ||
		(line.len && !span_skip(&line, ": ")))
		return false;
	*ret_type = name;
	*ret_message = line;
	return true;
}

static bool find_error(struct span line, struct span *ret_type, struct span *ret_message)
{
	return parse_derived(line, ret_type, ret_message) || span_find_error(line, ret_type, ret_message);
}

/* Under the source line and its caret: what was thrown. */
static bool is_caret(struct span line)
{
	line = span_trim(line);
	return line.len && !span_from(line, 1).len && line.s[0] == '^';
}

static bool parse_thrown(struct span line, struct span *ret_type, struct span *ret_message)
{
	struct span type = line, message = {0};

	span_split(line, ": ", &type, &message);
	*ret_type = type;
	*ret_message = message;
	return span_is_name(type, "") && type.s[0] >= 'A' && type.s[0] <= 'Z';
}

/* How many lines back the header is, or 0. An own name without "Error" is known by the caret above it, or the
 * frame below. */
static unsigned find_header(const struct reader *r, struct span *ret_type, struct span *ret_message)
{
	struct span line, before, function, file;
	uint32_t number;

	for (unsigned back = 1; past_line(r, back, &line); back++) {
		if (parse_frame(line, &function, &file, &number))
			break;
		span_skip(&line, "Uncaught ");
		if (find_error(line, ret_type, ret_message))
			return back;
		bool caret =
			past_line(r, back + 1, &before) && !before.len && past_line(r, back + 2, &before);
		if ((back == 1 || (caret && is_caret(before))) && parse_thrown(line, ret_type, ret_message))
			return back;
	}
	return 0;
}

/* "[AggregateError: text] {": an error without frames, and its properties. */
static bool parse_bracketed(struct span line, struct span *ret_type, struct span *ret_message)
{
	span_skip(&line, "Uncaught ");
	return span_skip(&line, "[") && span_chop(&line, "] {") && find_error(line, ret_type, ret_message) &&
	       ret_type->s == line.s;
}

static bool is_thrown_at(const struct reader *r)
{
	struct span line;

	return past_line(r, 1, &line) && span_is(line, "Thrown at:");
}

static bool starts(const struct reader *r, struct span line)
{
	struct span function, file, type, message;
	uint32_t number;

	if (span_is(line, note))
		return past_line(r, 1, &line);
	if (parse_frame(line, &function, &file, &number))
		return is_thrown_at(r) || find_header(r, &type, &message);
	return parse_bracketed(line, &type, &message);
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span function, file, type = {0}, message = {0}, thrown;
	uint32_t number;
	unsigned back = 1;

	r->sure = true;
	r->state = FRAMES;
	if (parse_bracketed(line, &type, &message)) {
		r->state = PROPERTIES;
	} else if (span_is(line, note) || is_thrown_at(r)) {
		type = SPAN("uncaught");
		if (past_line(r, span_is(line, note) ? 1 : 2, &thrown))
			message = thrown;
	} else {
		back = find_header(r, &type, &message);
	}
	set_type(r, type);
	set_message(r, message);
	add_message_past(r, back - 1);
	if (parse_frame(line, &function, &file, &number))
		add_frame(r, function, file, number);
	if (r->state == FRAMES && span_ends(line, " {"))
		r->state = PROPERTIES;
	return LINE_TAKEN;
}

/* Indented up to the closing brace: [cause]: Error: text, and the members of [errors]. */
static enum taken take_property(struct reader *r, struct span line)
{
	struct span type, message, function, file, text = span_trim(line);
	uint32_t number;

	if (span_is(line, "}") || span_is(line, "]"))
		return LINE_LAST;
	if (line.len && !span_indent(line))
		return LINE_REFUSED;
	if (parse_frame(line, &function, &file, &number))
		return LINE_TAKEN;
	if (span_is(text, "[errors]: ["))
		r->depth = (int)span_indent(line);
	if (span_skip(&text, "[cause]: ")) {
		if (find_error(text, &type, &message) && type.s == text.s)
			add_link(r, "cause", type, message);
	} else if (r->depth && span_indent(line) == (size_t)r->depth + 2) {
		span_skip(&text, "[");
		if (find_error(text, &type, &message) && type.s == text.s)
			add_link(r, "group", type, message);
	}
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span function, file, type, message, text = span_trim(line);
	uint32_t number;

	if (r->state == START)
		return take_first(r, line);
	if (r->state == PROPERTIES)
		return take_property(r, line);
	if (span_starts(line, "Node.js v"))
		return LINE_LAST;
	if (span_starts(text, "... ") && span_has(text, " lines matching cause stack trace ...")) {
		r->e.frames_cut = true;
		return LINE_TAKEN;
	}
	if (span_starts(line, "Emitted '") && span_ends(line, " instance at:")) {
		r->depth = -1;
		return LINE_TAKEN;
	}
	if (!parse_frame(line, &function, &file, &number))
		return LINE_REFUSED;
	if (past_count(r) && find_header(r, &type, &message))
		return LINE_REFUSED;
	if (r->depth >= 0)
		add_frame(r, function, file, number);
	if (span_ends(line, " {")) {
		r->state = PROPERTIES;
		r->depth = 0;
	}
	return LINE_TAKEN;
}

const struct language traceback_node = {"node", 6, starts, next};
