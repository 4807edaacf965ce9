/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines wrapped into JSON: one pass over the strings of the object. */
#include "traceback/lines.h"

#include <string.h>

#include "base/text.h"

bool lines_take_string(struct span *s, struct span *ret)
{
	for (size_t i = 0; i < s->len; i++) {
		if (s->s[i] == '\\') {
			i++;
		} else if (s->s[i] == '"') {
			*ret = span_until(*s, i);
			*s = span_from(*s, i + 1);
			return true;
		}
	}
	return false;
}

/* Halves of surrogate pairs become '?'. */
static uint32_t hex4(const char *s)
{
	uint32_t code = 0;

	for (unsigned i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdefABCDEF";
		const char *found = s[i] ? strchr(digits, s[i]) : NULL;
		if (!found)
			return '?';
		uint32_t digit = (uint32_t)(found - digits);
		code = code << 4 | (digit < 16 ? digit : digit - 6);
	}
	return code >= 0xD800 && code < 0xE000 ? '?' : code;
}

size_t lines_unescape(struct span s, char *out, size_t size)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	size_t len = 0;

	for (size_t i = 0; i < s.len && len + 3 < size; i++) {
		if (s.s[i] != '\\' || i + 1 == s.len) {
			out[len++] = s.s[i];
			continue;
		}
		char c = s.s[++i];
		const char *known = c ? strchr(from, c) : NULL;
		if (c == 'u' && i + 4 < s.len) {
			len += text_utf8_put(out + len, hex4(s.s + i + 1));
			i += 4;
		} else {
			out[len++] = known ? to[known - from] : c;
		}
	}
	return len;
}

void lines_json(struct span object, lines_value_fn fn, void *context)
{
	struct span string, key = {0};

	for (; object.len; object = span_from(object, 1)) {
		if (object.s[0] != '"')
			continue;
		object = span_from(object, 1);
		if (!lines_take_string(&object, &string))
			return;
		object = span_from(object, span_indent(object));
		if (span_starts(object, ":")) {
			key = string;
			/* Anything but a string ends the key's reach, a nested one brings its own. */
			struct span rest = span_from(object, 1);
			if (!span_starts(span_trim(rest), "\""))
				key.len = 0;
			continue;
		}
		if (key.len)
			fn(context, key, string);
		key.len = 0;
		if (!object.len)
			return;
	}
}
