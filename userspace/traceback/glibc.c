/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's last words: assertions, a broken heap or stack. One line each. */
#include "traceback/internal.h"

static const char *const heap[] = {"double free or corruption (", "corrupted size vs. prev_size",
	"corrupted double-linked list", "invalid fastbin entry (free)", "break adjusted to free malloc space",
	"free(): invalid pointer", "free(): invalid size", "free(): invalid next size",
	"free(): corrupted unsorted chunks", "free(): double free detected in tcache",
	"free(): unaligned chunk detected in tcache", "free(): too many chunks detected in tcache",
	"malloc(): corrupted ", "malloc(): invalid ", "malloc(): memory corruption",
	"malloc(): mismatching next->prev_size", "malloc(): unsorted double linked list corrupted",
	"malloc(): smallbin double linked list corrupted", "malloc(): largebin double linked list corrupted",
	"malloc(): unaligned ", "malloc_consolidate(): ", "munmap_chunk(): invalid pointer",
	"mremap_chunk(): invalid pointer", "realloc(): invalid ",
	"tcache_thread_shutdown(): unaligned tcache chunk",
	"The futex facility returned an unexpected error code.", NULL};

static const char fatal[] = "Fatal glibc error: ";
static const char linker[] = "Inconsistency detected by ld.so: ";

/* "[prog: ]file.c:12: function: Assertion `x' failed."; newer headers quote with ''. */
static bool parse_assertion(struct span line, struct span *ret_before, struct span *ret_expression)
{
	if (!span_chop(&line, "' failed."))
		return false;
	return span_split(line, ": Assertion `", ret_before, ret_expression) ||
	       span_split(line, ": Assertion '", ret_before, ret_expression);
}

static bool is_starred(struct span line)
{
	return span_starts(line, "*** ") && (span_ends(line, " ***: terminated") ||
						    span_is(line, "*** %n in writable segment detected ***"));
}

static bool starts(const struct reader *r, struct span line)
{
	struct span before, expression;

	(void)r;
	return is_starred(line) || span_starts(line, fatal) || span_starts(line, linker) ||
	       span_starts_any(line, heap) || parse_assertion(line, &before, &expression);
}

/* The first ":12: " ends the file; what is before its last ": " is the program. */
static void take_assertion(struct reader *r, struct span before, struct span expression)
{
	struct span left = {before.s, 0}, rest = before, file, program, after;
	uint32_t number;

	set_type(r, SPAN("assertion failed"));
	set_message(r, expression);
	while (span_split(rest, ":", &left, &after)) {
		rest = after;
		if (!span_take_number(&after, &number) || (!span_skip(&after, ": ") && after.len))
			continue;
		file = span_until(before, (size_t)(left.s + left.len - before.s));
		span_split_last(file, ": ", &program, &file);
		add_frame(r, after, file, number);
		return;
	}
}

/* "malloc.c:2593 (sysmalloc): assertion failed: x" */
static void take_fatal(struct reader *r, struct span line)
{
	struct span place, message = line, file, function;
	uint32_t number;

	set_type(r, SPAN("Fatal glibc error"));
	if (span_split(line, "): ", &place, &message) && span_split(place, " (", &place, &function) &&
		span_location(place, &file, &number))
		add_frame(r, function, file, number);
	else
		message = line;
	set_message(r, message);
}

static enum taken next(struct reader *r, struct span line)
{
	struct span before, expression;

	r->sure = true;
	if (span_skip(&line, fatal)) {
		take_fatal(r, line);
	} else if (parse_assertion(line, &before, &expression)) {
		take_assertion(r, before, expression);
	} else {
		if (span_skip(&line, "*** "))
			span_split(line, " ***", &line, &expression);
		set_type(r, line);
	}
	return LINE_LAST;
}

const struct language traceback_glibc = {"glibc", 0, starts, next};
