/* SPDX-License-Identifier: Apache-2.0 */
/* Address, leak, memory, thread and undefined behaviour sanitizers: the first stack is where it happened. */
#include "traceback/internal.h"

enum state { START, HEADER, FRAMES, OTHERS };

/* "==123==ERROR: AddressSanitizer: text", "WARNING: ThreadSanitizer: text" */
static bool parse_header(struct span line, struct span *ret_name, struct span *ret_text)
{
	uint32_t pid;

	if (span_skip(&line, "==") && (!span_take_number(&line, &pid) || !span_skip(&line, "==")))
		return false;
	return (span_skip(&line, "ERROR: ") || span_skip(&line, "WARNING: ")) &&
	       span_split(line, ": ", ret_name, ret_text) && span_ends(*ret_name, "Sanitizer") &&
	       span_is_name(*ret_name, "");
}

/* "file.c:2:54: runtime error: text" */
static bool parse_undefined(
	struct span line, struct span *ret_file, uint32_t *ret_line, struct span *ret_text)
{
	struct span place;

	return span_split(line, ": runtime error: ", &place, ret_text) && !span_has(place, " ") &&
	       span_location(place, ret_file, ret_line);
}

static bool starts(const struct reader *r, struct span line)
{
	struct span name, text;
	uint32_t number;

	(void)r;
	return parse_header(line, &name, &text) || parse_undefined(line, &name, &number, &text);
}

/* "heap-buffer-overflow on address 0x1 at pc 0x2", "SEGV on unknown address", "detected memory leaks",
 * "data race (pid=1)": the kind is the type, addresses and numbers are not. */
static struct span kind_of(struct span text)
{
	static const char *const ends[] = {" on ", " (", ": ", NULL};
	struct span rest;

	span_skip(&text, "attempting ");
	for (const char *const *end = ends; *end; end++)
		span_split(text, *end, &text, &rest);
	return text;
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span name, text, kind;
	uint32_t number;

	r->sure = true;
	r->state = HEADER;
	if (parse_undefined(line, &name, &number, &text)) {
		set_type(r, SPAN("UndefinedBehaviorSanitizer"));
		set_message(r, text);
		add_frame(r, (struct span){0}, name, number);
		return LINE_TAKEN;
	}
	if (!parse_header(line, &name, &text))
		return LINE_REFUSED;
	kind = kind_of(text);
	r->sure = r->whole;
	/* "AddressSanitizer: heap-buffer-overflow", as one piece of the line. */
	set_type(r, (struct span){name.s, (size_t)(kind.s + kind.len - name.s)});
	span_chop(&text, ":");
	set_message(r, text);
	return LINE_TAKEN;
}

/* " (module+0x1)" and " (BuildId: 1)" at the end. */
static struct span chop_modules(struct span text)
{
	struct span left, module;

	while (span_ends(text, ")") && span_split_last(text, " (", &left, &module) &&
		(span_has(module, "+0x") || span_starts(module, "BuildId: ")))
		text = left;
	return text;
}

/* "    #0 0x1234 in function(int) file.c:2:70", "    #0 function file.c:3 (module+0x1)" */
static bool parse_frame(struct span line, uint32_t *ret_index, struct span *ret_function,
	struct span *ret_file, uint32_t *ret_line)
{
	struct span address, function, place, text = span_trim(line);

	if (!span_indent(line) || !span_skip(&text, "#") || !span_take_number(&text, ret_index) ||
		!span_skip(&text, " "))
		return false;
	*ret_file = (struct span){0};
	*ret_line = 0;
	text = chop_modules(text);
	if (span_starts(text, "0x") && !span_split(text, " in ", &address, &text))
		text.len = 0;
	*ret_function = text;
	if (!span_split_last(text, " ", &function, &place))
		return true;
	if (span_location(place, ret_file, ret_line) || span_is(place, "<null>"))
		*ret_function = function;
	return true;
}

/* "WRITE of size 4 at 0x1 thread T0": says more than the header. */
static bool is_access(struct span text)
{
	static const char *const accesses[] = {"READ of size ", "WRITE of size ", "Write of size ",
		"Read of size ", "Atomic ", "Direct leak of ", "The signal is caused by ", NULL};

	return span_starts_any(text, accesses);
}

static enum taken next(struct reader *r, struct span line)
{
	struct span function, file, pid, text = span_trim(line);
	uint32_t index, number;

	if (r->state == START)
		return take_first(r, line);
	if (span_starts(line, "SUMMARY: "))
		return LINE_LAST;
	if (r->state == HEADER && span_starts(text, "=="))
		span_split(span_from(text, 2), "==", &pid, &text);
	if (r->state == HEADER && is_access(text)) {
		span_chop(&text, ":");
		set_message(r, text);
		return LINE_TAKEN;
	}
	if (!parse_frame(line, &index, &function, &file, &number))
		return LINE_REFUSED;
	if (!index)
		r->state++;
	if (!index && r->state == FRAMES)
		drop_frames(r); /* an undefined behaviour's place is the first of them */
	if (r->state == FRAMES)
		add_frame(r, function, file, number);
	else
		r->state = OTHERS;
	return LINE_TAKEN;
}

const struct language traceback_sanitizer = {"sanitizer", PAST_LINES, starts, next};
