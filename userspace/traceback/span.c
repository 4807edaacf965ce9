/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a piece of a line: each looks at its bytes once or twice. */
#include "traceback/span.h"

#include <ctype.h>
#include <string.h>

#define DIGITS_MAX 9

bool span_starts(struct span s, const char *prefix)
{
	/* Most questions end here. */
	if (!s.len || s.s[0] != prefix[0])
		return false;
	size_t len = strlen(prefix);
	return s.len >= len && memcmp(s.s, prefix, len) == 0;
}

bool span_ends(struct span s, const char *suffix)
{
	if (!s.len)
		return false;
	size_t len = strlen(suffix);

	return s.len >= len && memcmp(s.s + s.len - len, suffix, len) == 0;
}

bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && span_starts(s, text);
}

bool span_has(struct span s, const char *text)
{
	return s.len && memmem(s.s, s.len, text, strlen(text));
}

bool span_starts_any(struct span s, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (span_starts(s, *prefixes))
			return true;
	return false;
}

bool span_skip(struct span *s, const char *prefix)
{
	if (!span_starts(*s, prefix))
		return false;
	*s = span_from(*s, strlen(prefix));
	return true;
}

bool span_chop(struct span *s, const char *suffix)
{
	if (!span_ends(*s, suffix))
		return false;
	s->len -= strlen(suffix);
	return true;
}

static uint32_t number(const char *digits, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (uint32_t)(digits[i] - '0');
	return value;
}

bool span_take_number(struct span *s, uint32_t *ret)
{
	size_t count = 0;

	while (count < s->len && isdigit((unsigned char)s->s[count]))
		count++;
	if (!count || count > DIGITS_MAX)
		return false;
	*ret = number(s->s, count);
	*s = span_from(*s, count);
	return true;
}

bool span_chop_number(struct span *s, uint32_t *ret)
{
	size_t count = 0;

	while (count < s->len && isdigit((unsigned char)s->s[s->len - 1 - count]))
		count++;
	if (!count || count > DIGITS_MAX)
		return false;
	s->len -= count;
	*ret = number(s->s + s->len, count);
	return true;
}

struct span span_from(struct span s, size_t at)
{
	/* Nothing may be NULL, and stays so. */
	return at ? (struct span){s.s + at, s.len - at} : s;
}

struct span span_until(struct span s, size_t end)
{
	return (struct span){s.s, end};
}

size_t span_indent(struct span s)
{
	size_t n = 0;

	while (n < s.len && (s.s[n] == ' ' || s.s[n] == '\t'))
		n++;
	return n;
}

struct span span_trim(struct span s)
{
	s = span_from(s, span_indent(s));
	while (s.len && (s.s[s.len - 1] == ' ' || s.s[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static void halve(struct span s, size_t at, size_t skip, struct span *ret_left, struct span *ret_right)
{
	*ret_left = span_until(s, at);
	*ret_right = span_from(s, at + skip);
}

bool span_split(struct span s, const char *sep, struct span *ret_left, struct span *ret_right)
{
	const char *found = s.len ? memmem(s.s, s.len, sep, strlen(sep)) : NULL;

	if (!found)
		return false;
	halve(s, (size_t)(found - s.s), strlen(sep), ret_left, ret_right);
	return true;
}

bool span_split_last(struct span s, const char *sep, struct span *ret_left, struct span *ret_right)
{
	size_t len = strlen(sep);

	for (size_t end = s.len; end >= len; end--) {
		if (memcmp(s.s + end - len, sep, len) == 0) {
			halve(s, end - len, len, ret_left, ret_right);
			return true;
		}
	}
	return false;
}

bool span_location(struct span s, struct span *ret_file, uint32_t *ret_line)
{
	uint32_t last, before;

	if (!span_chop_number(&s, &last) || !span_chop(&s, ":") || !s.len)
		return false;
	struct span shorter = s;
	if (span_chop_number(&shorter, &before) && span_chop(&shorter, ":") && shorter.len) {
		s = shorter;
		last = before;
	}
	*ret_file = s;
	*ret_line = last;
	return true;
}

bool span_name_char(char c, const char *extra)
{
	if (isalnum((unsigned char)c) || c == '_' || (c & 0x80))
		return true;
	while (*extra && *extra != c)
		extra++;
	return *extra;
}

bool span_is_name(struct span s, const char *extra)
{
	if (!s.len || isdigit((unsigned char)s.s[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!span_name_char(s.s[i], extra))
			return false;
	return true;
}

bool span_is_error_name(struct span name)
{
	static const char *const ends[] = {"Error", "Exception", "Throwable", "Rejection", "Failure", NULL};

	for (const char *const *end = ends; *end; end++)
		if (span_ends(name, *end))
			return true;
	return false;
}

bool span_is_class_name(struct span name)
{
	size_t part = name.len;
	bool lower = false;

	if (!span_is_name(name, ".$\\"))
		return false;
	while (part && !strchr(".$\\", name.s[part - 1]))
		lower |= islower((unsigned char)name.s[--part]) != 0;
	return lower && part < name.len && isupper((unsigned char)name.s[part]);
}

/* What follows a name: nothing, ": text", or " [CODE]" before either. */
static bool after_name(struct span rest, struct span *ret_message)
{
	struct span code, text;

	if (span_starts(rest, " [") && span_split(span_from(rest, 2), "]", &code, &text) &&
		span_is_name(code, "-"))
		rest = text;
	if (rest.len && !span_skip(&rest, ": ") && !span_is(rest, ":"))
		return false;
	*ret_message = rest;
	return true;
}

bool span_find_error(struct span line, struct span *ret_type, struct span *ret_message)
{
	size_t start = 0;

	for (size_t at = 0; at <= line.len; at++) {
		if (at < line.len && span_name_char(line.s[at], ".$"))
			continue;
		struct span name = {line.s + start, at - start};
		bool alone = !start || strchr(" ([", line.s[start - 1]);
		if (alone && span_is_error_name(name) && span_is_name(name, ".$") &&
			after_name(span_from(line, at), ret_message)) {
			*ret_type = name;
			return true;
		}
		start = at + 1;
	}
	return false;
}
