/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes made fit for a terminal or a log line. */
#ifndef LW_BASE_TEXT_H
#define LW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Decodes one UTF-8 sequence at s (len > 0): returns its length in bytes and sets *ret_code; an invalid,
 * overlong, surrogate or cut sequence returns 1 and *ret_code = 0xFFFD. */
size_t text_utf8_next(const char *s, size_t len, uint32_t *ret_code);
/* Writes a code below 0x10000 as UTF-8 into three bytes at most; returns how many. */
size_t text_utf8_put(char *out, uint32_t code);

/* Whether a code point acts on a terminal or a line instead of showing: C0, DEL, C1, line separators and
 * bidirectional controls. */
bool text_is_control(uint32_t code);

/* Appends bytes with ESC, C0, C1, DEL and bidirectional controls as \xNN or \uNNNN, newline as \n, tab as
 * \t, backslash doubled, invalid UTF-8 as \xNN. What comes out is one printable line. */
void text_escape(struct buf *out, const char *bytes, size_t len);

/* Reads the decimal digits at *s and moves *s behind them. Returns 0, -EINVAL where there are none, or
 * -ERANGE. */
int text_take_u64(const char **s, uint64_t *ret);

/* Parses a whole decimal number. Returns 0, -EINVAL for anything else, -ERANGE over max. */
int text_parse_u64(const char *s, uint64_t max, uint64_t *ret);

/* Parses a size in bytes: 4096, 64K, 16M, 2G (powers of 1024). Returns 0, -EINVAL, -ERANGE. */
int text_parse_size(const char *s, uint64_t *ret_bytes);

/* Copies src into dst of size bytes, cut to fit, NUL-terminated. */
void text_copy(char *dst, size_t size, const char *src);

/* Whether it can stand in a shell's command line as it is, as one word that is no option: letters, digits and
 * _@%+=:,./~- alone. */
bool text_is_word(const char *text);

/* How many bytes of text its end takes, when there is something before it; else 0. */
size_t text_ends_with(const char *text, const char *end);

#endif
