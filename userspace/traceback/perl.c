/* SPDX-License-Identifier: Apache-2.0 */
/* Perl: "message at FILE line N.", with Carp the callers. warn() looks like die(), so known warnings are left
 * out. As with PHP a caller's line tells where the function was called. */
#include "traceback/internal.h"

enum state { START, CALLERS };

#define MESSAGE_LINES 6

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

static bool starts(const struct reader *r, struct span line)
{
	struct span text, file;
	uint32_t number;

	(void)r;
	return span_ends(line, ".") && !span_indent(line) && parse_place(line, &text, &file, &number) &&
	       text.len && !span_starts_any(line, warnings);
}

/* Of a message of several lines only the last tells the place. What databases say behind their error begins
 * with a word of theirs; the error is the line before. */
static bool set_whole_message(struct reader *r, struct span last)
{
	static const char *const later[] = {"DETAIL: ", "HINT: ", "CONTEXT: ", "LINE ", "STATEMENT: ", NULL};
	struct span line;

	if (!span_starts_any(last, later))
		return false;
	for (unsigned back = 1; back <= MESSAGE_LINES && past_line(r, back, &line); back++)
		if (span_has(line, "ERROR: ")) {
			add_message_past(r, back);
			add_message_line(r, last);
			return true;
		}
	return false;
}

static enum taken next(struct reader *r, struct span line)
{
	struct span text, file, name, args;
	uint32_t number;

	if (!parse_place(line, &text, &file, &number))
		return LINE_REFUSED;
	if (r->state == START) {
		set_type(r, SPAN("die"));
		if (!set_whole_message(r, text))
			set_message(r, text);
		r->state = CALLERS;
		r->sure = true;
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
