/* SPDX-License-Identifier: Apache-2.0 */
/* The pull reader of JSON. */
#include "base/json_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/text.h"

void json_read(struct json_reader *r, const char *text, size_t len)
{
	*r = (struct json_reader){.at = text, .end = text + len};
}

static bool fail(struct json_reader *r)
{
	r->failed = true;
	r->at = r->end;
	return false;
}

/* The first byte that is no space, or 0 at the end. */
static inline char peek(struct json_reader *r)
{
	while (r->at < r->end) {
		if ((unsigned char)*r->at > ' ' ||
			(*r->at != ' ' && *r->at != '\n' && *r->at != '\r' && *r->at != '\t'))
			return *r->at;
		r->at++;
	}
	return 0;
}

static inline bool take(struct json_reader *r, char byte)
{
	if (peek(r) != byte)
		return false;
	r->at++;
	return true;
}

/* Moves behind the string whose opening quote is next; its inside is returned. */
static bool string_span(struct json_reader *r, const char **ret_text, size_t *ret_len)
{
	const char *start, *stop;

	if (!take(r, '"'))
		return fail(r);
	start = r->at;
	stop = json_string_end(start, r->end);
	if (!stop)
		return fail(r);
	*ret_text = start;
	*ret_len = (size_t)(stop - start);
	r->at = stop + 1;
	return true;
}

bool json_enter(struct json_reader *r, char opening)
{
	if (r->failed)
		return false;
	if (peek(r) != opening) {
		json_skip(r);
		return false;
	}
	if (r->depth == JSON_READ_DEPTH)
		return fail(r);
	r->at++;
	r->closing[r->depth++] = opening == '{' ? '}' : ']';
	r->first = true;
	return true;
}

/* What is between two members or before the first one: a comma, and before the end nothing. */
static bool next_member(struct json_reader *r, char closing)
{
	if (take(r, closing)) {
		r->depth--;
		r->first = false;
		return false;
	}
	if (!r->first && !take(r, ','))
		return fail(r);
	r->first = false;
	return true;
}

bool json_next(struct json_reader *r, struct json_key *key)
{
	char closing;

	if (r->failed || r->depth == 0)
		return false;
	closing = r->closing[r->depth - 1];
	if (!next_member(r, closing))
		return false;
	if (closing == ']')
		return true;
	return string_span(r, &key->text, &key->len) && (take(r, ':') || fail(r));
}

/* Numbers and the words true, false, null. */
static void skip_word(struct json_reader *r)
{
	const char *start = r->at, *at = start;

	/* Digits need no other look. */
	while (at < r->end && ((*at >= '0' && *at <= '9') ||
				      (*at != ',' && *at != '}' && *at != ']' && (unsigned char)*at > ' ')))
		at++;
	r->at = at;
	if (at == start)
		fail(r);
}

static void skip_nested(struct json_reader *r)
{
	const char *behind = json_nested_end(r->at, r->end);

	if (behind)
		r->at = behind;
	else
		fail(r);
}

void json_skip(struct json_reader *r)
{
	const char *text;
	size_t len;
	char byte;

	if (r->failed)
		return;
	byte = peek(r);
	if (byte == '"')
		string_span(r, &text, &len);
	else if (byte == '{' || byte == '[')
		skip_nested(r);
	else
		skip_word(r);
}

static unsigned hex4(const char *s)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value & 0xffff;
}

/* One escape sequence behind its backslash; returns the bytes that it takes. Halves of a surrogate pair, and
 * NUL, which would end the text, become U+FFFD. */
static size_t unescape(const char *s, size_t len, char *out, size_t *ret_len)
{
	static const char names[] = "nrtbf", bytes[] = "\n\r\t\b\f";
	const char *name = strchr(names, *s);
	uint32_t code;

	if (*s == 'u' && len >= 5) {
		code = hex4(s + 1);
		if (code == 0 || (code >= 0xd800 && code < 0xe000))
			code = 0xfffd;
		*ret_len = text_utf8_put(out, code);
		return 5;
	}
	out[0] = *s && name ? bytes[name - names] : *s;
	*ret_len = 1;
	return 1;
}

/* How many of the first bytes stand for themselves. */
static size_t plain_run(const char *s, size_t len)
{
	uint64_t bytes;
	size_t n = 0;

	for (; len - n >= sizeof(bytes); n += sizeof(bytes)) {
		memcpy(&bytes, s + n, sizeof(bytes));
		if (json_has_byte(bytes, '\\') | (bytes & JSON_HIGHS))
			break;
	}
	while (n < len && s[n] != '\\' && !(s[n] & 0x80))
		n++;
	return n;
}

/* The next character, into at most four bytes; returns how many bytes of the text it takes. */
static size_t take_character(const char *s, size_t len, char *out, size_t *ret_len)
{
	uint32_t code;

	if (*s == '\\' && len > 1)
		return 1 + unescape(s + 1, len - 1, out, ret_len);
	*ret_len = text_utf8_next(s, len, &code);
	memcpy(out, s, *ret_len);
	return *ret_len;
}

/* A text of bytes that stand for themselves, and that fits with a step to spare: false for any other, with
 * nothing but the buffer touched. */
static inline bool take_plain(struct json_reader *r, char *buf, size_t size, size_t *ret_len)
{
	const char *at = r->at + 1;

	if (r->end - r->at < 1 || *r->at != '"')
		return false;
	for (size_t used = 0; size - used >= JSON_STEP && r->end - at >= JSON_STEP;
		used += JSON_STEP, at += JSON_STEP) {
		unsigned plain = json_copy_plain(at, buf + used);

		if (plain == JSON_STEP)
			continue;
		if (at[plain] != '"')
			return false;
		*ret_len = used + plain;
		r->at = at + plain + 1;
		return true;
	}
	return false;
}

/* Copies what is between the quotes, as far as there is room; returns its length. */
static size_t unescape_text(const char *s, size_t len, char *buf, size_t size)
{
	size_t used = 0, step, bytes;
	char character[4];

	while (len > 0) {
		size_t room = size - 1 - used, plain = plain_run(s, len < room ? len : room);

		memcpy(buf + used, s, plain);
		used += plain;
		s += plain;
		len -= plain;
		if (!len || used + 1 == size)
			break;
		step = take_character(s, len, character, &bytes);
		if (used + bytes >= size)
			break;
		memcpy(buf + used, character, bytes);
		used += bytes;
		s += step;
		len -= step;
	}
	buf[used] = '\0';
	return used;
}

size_t json_take_text(struct json_reader *r, char *buf, size_t size)
{
	size_t len;
	const char *s;

	buf[0] = '\0';
	if (r->failed)
		return 0;
	if (take_plain(r, buf, size, &len))
		return len;
	if (peek(r) != '"') {
		json_skip(r);
		return 0;
	}
	buf[0] = '\0';
	return string_span(r, &s, &len) ? unescape_text(s, len, buf, size) : 0;
}

/* A short decimal: both numbers are exact then, and their quotient is what strtod gives. */
static bool short_decimal(const char *s, const char *end, double *ret)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	const char *point = NULL;
	uint64_t value = 0;

	if (end - s > 15 || s == end || *s == '.' || end[-1] == '.')
		return false;
	for (; s < end; s++) {
		if (*s >= '0' && *s <= '9')
			value = value * 10 + (uint64_t)(*s - '0');
		else if (*s == '.' && !point)
			point = s + 1;
		else
			return false;
	}
	if (point && end - point > 9)
		return false;
	*ret = (double)value / tens[point ? end - point : 0];
	return true;
}

bool json_take_number(struct json_reader *r, double *ret)
{
	char text[40], *end;
	const char *start;
	size_t len;
	double value;

	if (r->failed)
		return false;
	peek(r);
	start = r->at;
	json_skip(r);
	if (!r->failed && short_decimal(start, r->at, ret))
		return true;
	len = (size_t)(r->at - start);
	if (r->failed || len == 0 || len >= sizeof(text) || (*start != '-' && (*start < '0' || *start > '9')))
		return false;
	memcpy(text, start, len);
	text[len] = '\0';
	value = strtod(text, &end);
	if (*end || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

/* As json_skip, in a hurry where it is a number. */
static void skip_number(struct json_reader *r)
{
	if (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		skip_word(r);
	else
		json_skip(r);
}

bool json_take_u64(struct json_reader *r, uint64_t *ret)
{
	const char *start, *s;
	uint64_t value = 0;

	if (r->failed)
		return false;
	peek(r);
	start = r->at;
	skip_number(r);
	if (r->failed)
		return false;
	for (s = start; s < r->at && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			value = UINT64_MAX;
	/* A fraction is cut off; anything else than a number is none. */
	if (s == start || (s < r->at && *s != '.'))
		return false;
	*ret = value;
	return true;
}

bool json_read_end(struct json_reader *r)
{
	return !r->failed && r->depth == 0 && peek(r) == 0;
}
