/* SPDX-License-Identifier: Apache-2.0 */
/* The JVM's languages: a header, then "\tat" frames; causes and suppressed ones follow. The first frame tells
 * that the lines before are a header. */
#include "traceback/internal.h"

enum state { START, FRAMES, LINKS };

static bool is_source(struct span s)
{
	static const char *const kinds[] = {".java", ".kt", ".kts", ".scala", ".groovy", ".clj", NULL};

	for (const char *const *kind = kinds; *kind; kind++)
		if (span_ends(s, *kind))
			return true;
	return span_is(s, "SourceFile") || span_is(s, "<generated>") || span_is(s, "Unknown Source") ||
	       span_is(s, "Native Method");
}

/* "\tat module/a.b.C.f(C.java:1) ~[some.jar:1.0]" */
static bool parse_frame(
	struct span line, struct span *ret_function, struct span *ret_file, uint32_t *ret_line)
{
	struct span function, place, jar, module;

	if (!span_indent(line))
		return false;
	line = span_trim(line);
	if (!span_skip(&line, "at ") || !span_split(line, "(", &function, &place) ||
		!span_split(place, ")", &place, &jar))
		return false;
	if ((jar.len && !span_starts(jar, " ")) || !span_has(function, ".") || span_has(function, " "))
		return false;
	*ret_line = 0;
	*ret_file = place;
	struct span file = place;
	uint32_t number;
	if (span_chop_number(&file, &number) && span_chop(&file, ":")) {
		*ret_file = file;
		*ret_line = number;
	}
	if (!is_source(*ret_file))
		return false;
	if (!span_has(*ret_file, "."))
		ret_file->len = 0;
	span_split_last(function, "/", &module, &function);
	*ret_function = function;
	return true;
}

/* "Exception in thread "x" TYPE: message", "TYPE: message", or a log's text before either. */
static bool parse_header(struct span line, struct span *ret_type, struct span *ret_message)
{
	struct span thread, type, message = {0};

	if (!span_skip(&line, "Exception in thread \""))
		return !span_indent(line) && span_find_error(line, ret_type, ret_message);
	if (!span_split(line, "\" ", &thread, &line))
		return false;
	type = line;
	span_split(line, ": ", &type, &message);
	*ret_type = type;
	*ret_message = message;
	return span_is_name(type, ".$");
}

/* "TYPE: message" whose name does not end like an exception's. */
static bool parse_named(struct span line, struct span *ret_type, struct span *ret_message)
{
	struct span type = line, message = {0};

	span_split(line, ": ", &type, &message);
	*ret_type = type;
	*ret_message = message;
	return span_is_class_name(type);
}

/* How many lines back the header is, or 0. Any class may be thrown: directly above the frames its name
 * counts, but one without a package may as well be the last line of a message. */
static unsigned find_header(const struct reader *r, struct span *ret_type, struct span *ret_message)
{
	struct span line, type, message;
	bool named = past_line(r, 1, &line) && parse_named(line, &type, &message);
	unsigned back = 0;

	if (!named || !(span_has(type, ".") || span_has(type, "$")))
		back = header_before(r, parse_frame, parse_header, ret_type, ret_message);
	if (back || !named)
		return back;
	*ret_type = type;
	*ret_message = message;
	return 1;
}

static bool starts(const struct reader *r, struct span line)
{
	struct span function, file, type, message;
	uint32_t number;

	return parse_frame(line, &function, &file, &number) && find_header(r, &type, &message);
}

static enum taken take_link(struct reader *r, struct span line)
{
	const char *relation = "cause";
	struct span type, message = {0};

	line = span_trim(line);
	if (span_skip(&line, "Suppressed: "))
		relation = "suppressed";
	else if (!span_skip(&line, "Caused by: "))
		return LINE_REFUSED;
	type = line;
	span_split(line, ": ", &type, &message);
	r->state = LINKS;
	if (span_is_name(type, ".$"))
		add_link(r, relation, type, message);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span function, file, type = {0}, message = {0};
	uint32_t number;

	if (!parse_frame(line, &function, &file, &number)) {
		struct span text = span_trim(line);
		bool more = span_starts(text, "... ") &&
			    (span_ends(text, " more") || span_ends(text, "common frames omitted"));
		return more ? LINE_TAKEN : take_link(r, line);
	}
	if (r->state == START) {
		unsigned back = find_header(r, &type, &message);
		set_type(r, type);
		set_message(r, message);
		add_message_past(r, back - 1);
		r->state = FRAMES;
		r->sure = true;
	} else if (past_count(r) && find_header(r, &type, &message)) {
		return LINE_REFUSED;
	}
	if (r->state == FRAMES)
		add_frame(r, function, file, number);
	return LINE_TAKEN;
}

const struct language traceback_java = {"java", 6, starts, next};
