/* SPDX-License-Identifier: Apache-2.0 */
/* Perl: "message at FILE line N.", with Carp the callers. warn() looks like die(), so known warnings are left
 * out. As with PHP a caller's line tells where the function was called. */
#include "traceback/internal.h"

enum state { START, CALLERS };

static const char *const warnings[] = {"Use of uninitialized value", "Argument \"", "Odd number of elements",
	"Deep recursion on", "Subroutine ", "Name \"", "Useless use of", "Scalar value @", "Possible ",
	"Wide character in", "readline() on", "print() on", "substr outside of string", "isn't numeric",
	"Use of ", "BEGIN failed--compilation aborted", "Compilation failed in require", NULL};

static bool is_script(struct span file)
{
	static const char *const ends[] = {".pl", ".pm", ".t", ".cgi", ".psgi", ".PL", NULL};
	struct span folder, base = file;

	for (const char *const *end = ends; *end; end++)
		if (span_ends(file, *end))
			return true;
	if (span_is(file, "-e") || (span_starts(file, "(eval ") && span_ends(file, ")")))
		return true;
	/* An installed command has no suffix. */
	return span_split_last(file, "/", &folder, &base) && span_starts(file, "/") && !span_has(base, ".") &&
	       !span_has(file, " ");
}

/* "TEXT at FILE line N", behind it ".", ", <FH> line M." */
static bool parse_place(struct span line, struct span *ret_text, struct span *ret_file, uint32_t *ret_line)
{
	struct span text, rest, file;
	uint32_t number;

	if (!span_split_last(line, " at ", &text, &file) || !span_split(file, " line ", &file, &rest))
		return false;
	if (!is_script(file) || !span_take_number(&rest, &number))
		return false;
	if (rest.len && !span_is(rest, ".") && !(span_starts(rest, ", <") && span_ends(rest, ".")))
		return false;
	*ret_text = text;
	*ret_file = file;
	*ret_line = number;
	return true;
}

/* Of a message of several lines only the last tells the place. What databases say behind their error begins
 * with a word of theirs or is indented, or the statement follows in brackets. How many lines back the error
 * is, or 0. */
static unsigned find_database_error(const struct reader *r, struct span last)
{
	static const char *const later[] = {"DETAIL: ", "HINT: ", "CONTEXT: ", "LINE ", "STATEMENT: ", NULL};
	struct span line;

	if (!span_starts_any(last, later) && !span_indent(last) && !span_ends(last, "]"))
		return 0;
	for (unsigned back = 1; past_line(r, back, &line); back++)
		if (span_has(line, "ERROR: ") ||
			(span_has(line, " failed: ") &&
				(span_has(line, "DBD::") || span_has(line, "DBI connect("))))
			return back;
	return 0;
}

static bool starts(const struct reader *r, struct span line)
{
	struct span text, file;
	uint32_t number;

	if (!span_ends(line, ".") || !parse_place(line, &text, &file, &number))
		return false;
	if (span_indent(line))
		return find_database_error(r, text);
	return text.len && !span_starts_any(line, warnings);
}

/* Where the caret stands is up to the numbers above it. */
static void add_line(struct reader *r, struct span line)
{
	struct span text = span_trim(line);

	if (span_skip(&text, "^"))
		line = span_trim(text);
	if (line.len)
		add_message_line(r, line);
}

static void take_first(struct reader *r, struct span last)
{
	struct span line;

	set_type(r, SPAN("die"));
	for (unsigned back = find_database_error(r, last); past_line(r, back, &line); back--)
		add_line(r, line);
	add_line(r, last);
	r->state = CALLERS;
	r->sure = true;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span text, file, name, args;
	uint32_t number;

	if (!parse_place(line, &text, &file, &number))
		return LINE_REFUSED;
	if (r->state == START) {
		take_first(r, text);
	} else if (!text.len) {
		return LINE_TAKEN; /* Carp's place behind a message that has one */
	} else {
		if (!span_skip(&text, "\t") || !span_chop(&text, " called"))
			return LINE_REFUSED;
		name = text;
		span_split(text, "(", &name, &args);
		name_frame(r, span_trim(name));
	}
	add_frame(r, (struct span){0}, file, number);
	return LINE_TAKEN;
}

const struct language traceback_perl = {"perl", 0, starts, next};
