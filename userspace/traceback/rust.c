/* SPDX-License-Identifier: Apache-2.0 */
/* Rust: "thread 'main' panicked at FILE:LINE:COLUMN:", the message, and with RUST_BACKTRACE the frames. */
#include "traceback/internal.h"

enum state { START, MESSAGE, FRAMES };

static const char overflowed[] = " has overflowed its stack";

/* Leaves what follows "panicked at ", or nothing for an overflow. */
static bool parse_header(struct span line, struct span *ret_rest)
{
	struct span name, rest, number;

	if (!span_skip(&line, "thread '") || !span_split(line, "' ", &name, &rest))
		return false;
	if (span_starts(rest, "(") && !span_split(rest, ") ", &number, &rest))
		return false;
	if (span_is(rest, overflowed + 1)) {
		*ret_rest = (struct span){0};
		return true;
	}
	if (!span_skip(&rest, "panicked at "))
		return false;
	*ret_rest = rest;
	return rest.len;
}

static bool starts(const struct reader *r, struct span line)
{
	struct span rest;

	(void)r;
	return parse_header(line, &rest);
}

static void set_place(struct reader *r, struct span place)
{
	struct span file;
	uint32_t number;

	if (!span_location(place, &file, &number))
		return;
	add_frame(r, (struct span){0}, file, number);
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span rest, message, place;

	if (!parse_header(line, &rest))
		return LINE_REFUSED;
	if (!rest.len) {
		set_type(r, SPAN("stack overflow"));
		set_message(r, line);
		r->sure = true;
		return LINE_LAST;
	}
	set_type(r, SPAN("panic"));
	r->state = MESSAGE;
	/* Before 1.73: 'message', file:line:column, in one. */
	if (span_skip(&rest, "'")) {
		r->depth = 1;
		if (span_split_last(rest, "', ", &message, &place)) {
			set_message(r, message);
			set_place(r, place);
			r->sure = true;
		} else {
			set_message(r, rest);
		}
	} else if (span_chop(&rest, ":")) {
		set_place(r, rest);
	}
	return LINE_TAKEN;
}

static enum taken take_message(struct reader *r, struct span line)
{
	struct span message, place;

	if (span_starts(line, "stack backtrace:") || span_starts(line, "note: ")) {
		if (r->sure)
			add_message_past(r, past_count(r));
		r->state = FRAMES;
		r->depth = 0;
		return r->sure ? LINE_TAKEN : LINE_REFUSED;
	}
	if (r->depth && !r->sure && span_split_last(line, "', ", &message, &place)) {
		add_message_past(r, past_count(r));
		add_message_line(r, message);
		set_place(r, place);
		r->sure = true;
		return LINE_TAKEN;
	}
	if (r->depth || r->sure)
		return LINE_REFUSED;
	set_message(r, line);
	r->sure = true;
	return LINE_TAKEN;
}

/* The way from the panic to the printing of it is no news. */
static bool is_machinery(struct span function)
{
	static const char *const names[] = {"__rustc::", "__rustc[", "rust_begin_unwind",
		"core::panicking::", "core[", "std::panicking::", "std[", "std::sys", "std::backtrace",
		"backtrace::", "<std", "<core", "<<std", "core::result::unwrap_failed",
		"core::option::unwrap_failed", "core::option::expect_failed",
		"core::fmt::", "_rust_begin_unwind", NULL};

	return span_starts_any(function, names);
}

/* "   4: shop::pay", "   4:     0x5603293e377a - shop::pay" */
static bool parse_function(struct span line, struct span *ret_function)
{
	struct span address, name, hash, text = span_trim(line);
	uint32_t number;

	if (!span_indent(line) || !span_take_number(&text, &number) || !span_skip(&text, ": "))
		return false;
	text = span_trim(text);
	if (span_starts(text, "0x") && span_split(text, " - ", &address, &name))
		text = name;
	if (span_split_last(text, "::h", &name, &hash) && hash.len == 16)
		text = name;
	*ret_function = text;
	return true;
}

/* What comes before the first frame that counts is dropped, the header's place with it. */
static enum taken take_frame(struct reader *r, struct span line)
{
	struct span function, file, text = span_trim(line);
	uint32_t number;

	if (parse_function(line, &function)) {
		if (!r->depth && is_machinery(function))
			return LINE_TAKEN;
		if (!r->depth && r->whole)
			drop_frames(r);
		r->depth = 1;
		add_frame(r, function, (struct span){0}, 0);
		return LINE_TAKEN;
	}
	if (span_indent(line) > 4 && span_skip(&text, "at ") && span_location(text, &file, &number)) {
		if (r->depth)
			place_frame(r, file, number);
		return LINE_TAKEN;
	}
	return span_starts(line, "note: ") ? LINE_TAKEN : LINE_REFUSED;
}

static enum taken next(struct reader *r, struct span line)
{
	switch (r->state) {
	case START: return take_first(r, line);
	case MESSAGE: return take_message(r, line);
	default: return take_frame(r, line);
	}
}

const struct language traceback_rust = {"rust", 6, starts, next};
