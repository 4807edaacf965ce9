/* SPDX-License-Identifier: Apache-2.0 */
/* Go: panics, fatal errors and data races, then the goroutines; the first one's frames count. */
#include "traceback/internal.h"

enum state { START, HEADER, RACE, FRAMES, OTHERS };

static const char race[] = "WARNING: DATA RACE";

static bool starts(const struct reader *r, struct span line)
{
	static const char *const openings[] = {
		"panic: ", "fatal error: ", "http: panic serving ", race, NULL};

	(void)r;
	return span_starts_any(line, openings);
}

/* "goroutine 1 [running]:" */
static bool is_goroutine(struct span line)
{
	uint32_t number;

	return span_skip(&line, "goroutine ") && span_take_number(&line, &number) && span_has(line, " [") &&
	       span_ends(line, "]:");
}

/* "runtime error: text", "(main.state) {…}", or any text. */
static void set_panic(struct reader *r, struct span text)
{
	struct span type = SPAN("panic"), name, rest;

	if (!span_chop(&text, " [recovered]"))
		span_chop(&text, " [recovered, repanicked]");
	if (span_skip(&text, "runtime error: ")) {
		type = SPAN("runtime error");
	} else if (span_starts(text, "(") && span_split(span_from(text, 1), ") ", &name, &rest) &&
		   span_is_name(name, "./*")) {
		type = name;
		text = rest;
	}
	set_type(r, type);
	set_message(r, text);
	r->depth = 1;
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span address, text;

	r->state = HEADER;
	if (span_skip(&line, "panic: ")) {
		set_panic(r, line);
	} else if (span_skip(&line, "fatal error: ")) {
		set_type(r, SPAN("fatal error"));
		set_message(r, line);
	} else if (span_is(line, race)) {
		set_type(r, SPAN("DATA RACE"));
		r->state = RACE;
	} else if (span_skip(&line, "http: panic serving ") && span_split(line, ": ", &address, &text)) {
		set_panic(r, text);
	}
	return LINE_TAKEN;
}

static enum taken take_header(struct reader *r, struct span line)
{
	struct span text = line;

	if (span_skip(&text, "\tpanic: ")) {
		/* The one before was recovered, and this came of it. */
		chain_on(r, "context");
		set_panic(r, text);
		return LINE_TAKEN;
	}
	bool by_signal = span_starts(line, "[signal SIG") && span_ends(line, "]");
	bool goroutine = is_goroutine(line);
	if (!by_signal && !goroutine)
		return LINE_REFUSED;
	/* What stands between is more of the message; a fatal error's has one line. */
	if (!r->sure && r->depth)
		add_message_past(r, past_count(r));
	r->sure = true;
	r->state = goroutine ? FRAMES : HEADER;
	return LINE_TAKEN;
}

/* "main.(*order).pay(0x1)", then "\t/file.go:8 +0x25"; a race's are indented by blanks. */
static enum taken take_frame(struct reader *r, struct span line)
{
	struct span function, args, file, text = span_trim(line);
	uint32_t number;
	size_t place = span_starts(line, "\t") || span_starts(line, "      ");

	if (!text.len || span_starts(text, "created by ")) {
		r->state = OTHERS;
		return LINE_TAKEN;
	}
	if (span_starts(text, "...") && span_ends(text, " frames elided...")) {
		r->e.frames_cut = true;
		return LINE_TAKEN;
	}
	if (place && r->held[0]) {
		span_split(text, " ", &text, &args);
		if (!span_location(text, &file, &number))
			return LINE_REFUSED;
		add_frame(r, held_function(r), file, number);
		r->held[0] = '\0';
		return LINE_TAKEN;
	}
	if (place || !span_chop(&text, ")") || !span_split_last(text, "(", &function, &args) ||
		span_has(function, " "))
		return LINE_REFUSED;
	hold_function(r, function);
	return LINE_TAKEN;
}

/* The other goroutines of the dump: function and file lines, taken so that they are nobody else's. */
static enum taken take_other(struct span line)
{
	struct span text = span_trim(line), file, args;
	uint32_t number;

	if (is_goroutine(line) || span_starts(text, "created by ") || span_starts(line, "=========="))
		return LINE_TAKEN;
	span_split(text, " +0x", &text, &args);
	bool place = span_indent(line) && span_location(text, &file, &number) && span_ends(file, ".go");
	return place ? LINE_TAKEN : LINE_REFUSED;
}

static enum taken next(struct reader *r, struct span line)
{
	switch (r->state) {
	case START: return take_first(r, line);
	case HEADER: return take_header(r, line);
	case FRAMES: return take_frame(r, line);
	case OTHERS: return take_other(line);
	default: break;
	}
	if (!span_has(line, " by "))
		return LINE_REFUSED;
	span_chop(&line, ":");
	set_message(r, line);
	r->state = FRAMES;
	r->sure = true;
	return LINE_TAKEN;
}

const struct language traceback_go = {"go", PAST_LINES, starts, next};
