/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an object or array. */
#include "base/json_scan.h"

enum { PLAIN, QUOTE, OPEN, CLOSE, NUL };

static const unsigned char meanings[256] = {
	[0] = NUL, ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE};

const char *json_nested_end(const char *start, const char *end)
{
	const char *s = start;
	size_t depth = 0;

	while (s < end) {
		unsigned char meaning = meanings[(unsigned char)*s++];

		if (meaning == PLAIN)
			continue;
		if (meaning == QUOTE) {
			s = json_string_end(s, end);
			if (!s)
				return NULL;
			s++;
		} else if (meaning == OPEN) {
			depth++;
		} else if (meaning == NUL || --depth == 0) {
			return meaning == NUL ? NULL : s;
		}
	}
	return NULL;
}
