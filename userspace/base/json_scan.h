/* SPDX-License-Identifier: Apache-2.0 */
/* Where strings, objects and arrays of JSON end: for what is passed over. Nothing behind the end is read. */
#ifndef LW_BASE_JSON_SCAN_H
#define LW_BASE_JSON_SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JSON_ONES  0x0101010101010101ull
#define JSON_HIGHS 0x8080808080808080ull

/* The lowest bit that is set is the highest one of the first of eight bytes that is that one; 0: none is. */
static inline uint64_t json_has_byte(uint64_t bytes, char byte)
{
	bytes ^= JSON_ONES * (unsigned char)byte;
	return (bytes - JSON_ONES) & ~bytes & JSON_HIGHS;
}

#ifdef __SSE2__
#define JSON_STEP 16

/* A bit for each of the bytes of a step that is a quote. */
static inline unsigned json_quotes(const char *s)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)s);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
}
#else
#define JSON_STEP 8

/* The same, of the first one alone. */
static inline unsigned json_quotes(const char *s)
{
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	bytes = json_has_byte(le64toh(bytes), '"');
	return bytes ? 1u << __builtin_ctzll(bytes) / 8 : 0;
}
#endif

/* The first quote, or NULL. Most strings are short: a call takes longer than a few steps. */
static inline const char *json_quote(const char *s, const char *end)
{
	for (unsigned step = 0; step < 4 && end - s >= JSON_STEP; step++, s += JSON_STEP) {
		unsigned quotes = json_quotes(s);

		if (quotes)
			return s + __builtin_ctz(quotes);
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

/* Copies a step of bytes, or those before the first one that does not stand for itself and then zeros;
 * returns how many. */
static inline unsigned json_copy_plain(const char *s, char *buf)
{
#ifdef __SSE2__
	static const char masks[2 * JSON_STEP] = {
		-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)s);
	__m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
	/* The highest bit tells a byte that is no ASCII, too. */
	unsigned stops = (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, bytes));
	unsigned plain = (unsigned)__builtin_ctz(stops | 1u << JSON_STEP);

	bytes = _mm_and_si128(
		bytes, _mm_loadu_si128((const __m128i *)(const void *)(masks + JSON_STEP - plain)));
	_mm_storeu_si128((__m128i *)(void *)buf, bytes);
#else
	uint64_t bytes, stops;
	unsigned plain = JSON_STEP;

	memcpy(&bytes, s, sizeof(bytes));
	bytes = le64toh(bytes);
	stops = json_has_byte(bytes, '"') | json_has_byte(bytes, '\\') | (bytes & JSON_HIGHS);
	if (stops) {
		plain = (unsigned)__builtin_ctzll(stops) / 8;
		bytes &= ((uint64_t)1 << 8 * plain) - 1;
	}
	bytes = htole64(bytes);
	memcpy(buf, &bytes, sizeof(bytes));
#endif
	return plain;
}

/* Behind the object or array that begins there; NULL: it does not end, or has a NUL. Inside of it only
 * strings and brackets matter. */
const char *json_nested_end(const char *start, const char *end);

#endif
