/* SPDX-License-Identifier: Apache-2.0 */
/* What the languages, the lines and the two public entries share. A line goes to the language whose exception
 * is being read; lines it does not know are another thread's, up to its patience. */
#ifndef LW_TRACEBACK_INTERNAL_H
#define LW_TRACEBACK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/exception.h"
#include "traceback/span.h"
#include "traceback/traceback.h"

#define LINE_SIZE  2048 /* of a line more is not looked at */
#define PAST_LINES 16
#define PAST_SIZE  640 /* kept of each */

enum taken {
	LINE_REFUSED,
	LINE_TAKEN,
	LINE_LAST, /* taken, and nothing more can belong to the exception */
};

struct reader;

struct language {
	const char *name;
	unsigned patience; /* lines of others between two of its own */
	/* Whether an exception begins in this line; it may look at the past lines. Changes nothing. */
	bool (*starts)(const struct reader *r, struct span line);
	/* The first line, in state 0, and each that follows. */
	enum taken (*next)(struct reader *r, struct span line);
};

struct reader {
	const struct language *language; /* NULL: no exception has begun */
	struct exception e;
	bool sure;            /* enough was seen to tell it */
	bool outermost_first; /* the order in which the frames come */
	bool whole;           /* the line's end was seen */
	int state;            /* the language's own */
	int depth;
	unsigned frames; /* seen, more than are kept */
	unsigned foreign;
	char held[EXCEPTION_FUNCTION]; /* half a frame, until the other half comes */
	/* The lines since the last that an exception took, oldest first from past_first on. */
	struct {
		char text[PAST_SIZE];
		size_t len;
	} past[PAST_LINES];
	unsigned past_first, past_count;
	traceback_fn fn;
	void *context;
};

/* For languages that tell a header and then its frames: how many lines back the header of these frames is, or
 * 0. */
typedef bool (*parse_frame_fn)(
	struct span line, struct span *ret_function, struct span *ret_file, uint32_t *ret_line);
typedef bool (*parse_header_fn)(struct span line, struct span *ret_type, struct span *ret_message);
unsigned header_before(const struct reader *r, parse_frame_fn parse_frame, parse_header_fn parse_header,
	struct span *ret_type, struct span *ret_message);

/* Any text of whole lines; only the last may lack its end. */
void lines_read(struct reader *r, const char *text, size_t len, bool ended);
/* One line, unwrapped. */
void reader_line(struct reader *r, struct span line, bool whole);
/* A JSON object, for a language that has such entries; what stands in it is read line by line as well. */
void reader_object(struct reader *r, struct span object, bool whole);
/* Tells the exception that was being read, if it is one, and forgets it and the past. */
void reader_end(struct reader *r);

/* The past line back lines before this one (1: the one before); false when there is none. */
bool past_line(const struct reader *r, unsigned back, struct span *ret);
/* How many there are: while an exception is read, lines of others. */
unsigned past_count(const struct reader *r);

/* Building the exception. Texts are cut to fit. */
void set_type(struct reader *r, struct span type);
void set_message(struct reader *r, struct span message);
void add_message_line(struct reader *r, struct span line);
/* The newest count past lines become lines of the message. */
void add_message_past(struct reader *r, unsigned count);
/* Refused, with false, when the line's end is missing: half a name is worse than none. */
bool add_frame(struct reader *r, struct span function, struct span file, uint32_t line);
void drop_frames(struct reader *r);
/* The other half of the newest frame; false as add_frame, and when there is none. */
bool name_frame(struct reader *r, struct span function);
bool place_frame(struct reader *r, struct span file, uint32_t line);
void hold_function(struct reader *r, struct span function);
struct span held_function(const struct reader *r);
void add_link(struct reader *r, const char *relation, struct span type, struct span message);
/* What was read becomes the nearest link of the chain; another exception follows. */
void chain_on(struct reader *r, const char *relation);

#endif
