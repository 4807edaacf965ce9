/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an object or array. */
#include "base/json_scan.h"

enum { PLAIN, QUOTE, OPEN, CLOSE, NUL };

static const unsigned char meanings[256] = {
	[0] = NUL, ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE};

struct scan {
	const char *at;
	size_t depth;
	bool inside; /* of a string */
};

#ifdef __SSE2__
#define BLOCK 64

/* What is in a block, a bit for each byte. */
struct block {
	uint64_t quotes;
	uint64_t brackets; /* and some that only look alike */
	bool odd;          /* has backslashes, or NULs */
};

static struct block look(const char *s)
{
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	/* The bits that tell the brackets from each other: with them set all four are 0x7f, and of what may
	 * be outside of strings nothing else is. */
	const __m128i alike = _mm_set1_epi8(0x26), bracket = _mm_set1_epi8(0x7f);
	__m128i odd = _mm_setzero_si128();
	struct block ret = {0};

#pragma GCC unroll 4
	for (unsigned n = 0; n < BLOCK; n += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(s + n));
		__m128i brackets = _mm_cmpeq_epi8(_mm_or_si128(bytes, alike), bracket);

		ret.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)) << n;
		ret.brackets |= (uint64_t)(unsigned)_mm_movemask_epi8(brackets) << n;
		odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, backslash));
		odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
	}
	ret.odd = _mm_movemask_epi8(odd) != 0;
	return ret;
}

/* The same of less than a block: spaces fill it up. */
static struct block look_until(const char *s, const char *end)
{
	char last[BLOCK];

	if (end - s >= BLOCK)
		return look(s);
	memset(last, ' ', sizeof(last));
	memcpy(last, s, (size_t)(end - s));
	return look(last);
}

/* Each bit becomes the sum, without carry, of itself and those below: from an opening quote to the byte
 * before its closing one. */
static uint64_t between(uint64_t quotes)
{
#pragma GCC unroll 6
	for (unsigned by = 1; by < 64; by *= 2)
		quotes ^= quotes << by;
	return quotes;
}

/* By blocks, as long as no byte needs a closer look; true when the end was among them. */
static bool scan_blocks(struct scan *x, const char *end)
{
	while (x->at < end) {
		struct block block = look_until(x->at, end);
		uint64_t inside = between(block.quotes) ^ (x->inside ? ~0ull : 0);

		if (block.odd)
			return false;
		for (uint64_t left = block.brackets & ~inside; left; left &= left - 1) {
			const char *s = x->at + __builtin_ctzll(left);
			unsigned char meaning = meanings[(unsigned char)*s];

			x->depth += meaning == OPEN;
			x->depth -= meaning == CLOSE;
			if (meaning == CLOSE && !x->depth) {
				x->at = s + 1;
				return true;
			}
		}
		x->inside = inside >> (BLOCK - 1);
		x->at += end - x->at < BLOCK ? end - x->at : BLOCK;
	}
	return false;
}
#else
static bool scan_blocks(struct scan *x, const char *end)
{
	(void)x;
	(void)end;
	return false;
}
#endif

const char *json_nested_end(const char *start, const char *end)
{
	struct scan x = {.at = start};

	if (scan_blocks(&x, end))
		return x.at;
	while (x.at < end) {
		unsigned char meaning = x.inside ? QUOTE : meanings[(unsigned char)*x.at++];

		x.inside = false;
		if (meaning == PLAIN)
			continue;
		if (meaning == QUOTE) {
			x.at = json_string_end(x.at, end);
			if (!x.at)
				return NULL;
			x.at++;
		} else if (meaning == OPEN) {
			x.depth++;
		} else if (meaning == NUL || --x.depth == 0) {
			return meaning == NUL ? NULL : x.at;
		}
	}
	return NULL;
}
