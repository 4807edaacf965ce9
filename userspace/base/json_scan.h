/* SPDX-License-Identifier: Apache-2.0 */
/* Where strings, objects and arrays of JSON end: for what is passed over. Nothing behind the end is read. */
#ifndef LW_BASE_JSON_SCAN_H
#define LW_BASE_JSON_SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_ONES  0x0101010101010101ull
#define JSON_HIGHS 0x8080808080808080ull

/* The lowest bit that is set is the highest one of the first of eight bytes that is that one; 0: none is. */
static inline uint64_t json_has_byte(uint64_t bytes, char byte)
{
	bytes ^= JSON_ONES * (unsigned char)byte;
	return (bytes - JSON_ONES) & ~bytes & JSON_HIGHS;
}

/* The first quote, or NULL. Most strings are short: a call takes longer than two steps. */
static inline const char *json_quote(const char *s, const char *end)
{
	uint64_t bytes, found;

	for (unsigned step = 0; step < 2 && end - s >= (ptrdiff_t)sizeof(bytes); step++, s += sizeof(bytes)) {
		memcpy(&bytes, s, sizeof(bytes));
		found = json_has_byte(le64toh(bytes), '"');
		if (found)
			return s + __builtin_ctzll(found) / 8;
	}
	return memchr(s, '"', (size_t)(end - s));
}

/* Whether an odd number of backslashes ends there. */
static inline bool json_is_escaped(const char *start, const char *s)
{
	bool odd = false;

	for (; s > start && s[-1] == '\\'; s--)
		odd = !odd;
	return odd;
}

/* The closing quote of the string that begins there, behind its opening one; NULL: it does not end. */
static inline const char *json_string_end(const char *start, const char *end)
{
	const char *s = json_quote(start, end);

	while (s && json_is_escaped(start, s))
		s = json_quote(s + 1, end);
	return s;
}

/* Behind the object or array that begins there; NULL: it does not end, or has a NUL. Inside of it only
 * strings and brackets matter. */
const char *json_nested_end(const char *start, const char *end);

#endif
