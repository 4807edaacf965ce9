/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of a line, and the few questions that the languages ask of it. Nothing here copies. */
#ifndef LW_TRACEBACK_SPAN_H
#define LW_TRACEBACK_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *s;
	size_t len;
};

#define SPAN(literal) ((struct span){literal, sizeof(literal) - 1})

/* Prefixes and suffixes are not empty. */
bool span_starts(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);
bool span_is(struct span s, const char *text);
bool span_has(struct span s, const char *text);
/* Whether it starts with one of a NULL-terminated list. */
bool span_starts_any(struct span s, const char *const *prefixes);

/* Those that return bool leave *s as it is when they return false. */
bool span_skip(struct span *s, const char *prefix);
bool span_chop(struct span *s, const char *suffix);
/* Decimal digits, at most nine of them, from the front or from the end. */
bool span_take_number(struct span *s, uint32_t *ret);
bool span_chop_number(struct span *s, uint32_t *ret);

/* The part from offset at on, that before offset end, and all but white space around it. */
struct span span_from(struct span s, size_t at);
struct span span_until(struct span s, size_t end);
struct span span_trim(struct span s);
/* Blanks and tabs in front. */
size_t span_indent(struct span s);

/* At the first or the last sep; the halves are without it. Returns false, and sets nothing, without one. */
bool span_split(struct span s, const char *sep, struct span *ret_left, struct span *ret_right);
bool span_split_last(struct span s, const char *sep, struct span *ret_left, struct span *ret_right);

/* "FILE:LINE" or "FILE:LINE:COLUMN" as a whole. */
bool span_location(struct span s, struct span *ret_file, uint32_t *ret_line);

/* A name: letters, digits, '_', bytes over 0x7F and those of extra, not beginning with a digit. */
bool span_is_name(struct span s, const char *extra);
bool span_name_char(char c, const char *extra);

/* The first "NAME" or "NAME: MESSAGE" of the line whose NAME ends like an exception's: "failed: a.b.CError:
 * text". NAME may be followed by " [CODE]". */
bool span_find_error(struct span line, struct span *ret_type, struct span *ret_message);
/* Whether it is a name that a class may have: "a.b.NoLoan" or "A\NoLoan", not "main.run", nor a level as
 * "SEVERE". */
bool span_is_class_name(struct span name);
/* Whether the last part of a dotted name ends in Error, Exception and the like. */
bool span_is_error_name(struct span name);

#endif
