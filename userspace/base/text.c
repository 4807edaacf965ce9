/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping of hostile bytes, and parsing of plain numbers. */
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define REPLACEMENT 0xFFFD

size_t text_utf8_next(const char *s, size_t len, uint32_t *ret_code)
{
	/* By length: the lead byte's mark, the bits it keeps, the smallest code that needs that length. */
	static const struct {
		uint8_t mask, mark;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
	const uint8_t *bytes = (const uint8_t *)s;

	*ret_code = REPLACEMENT;
	for (size_t n = 1; n <= sizeof(forms) / sizeof(forms[0]); n++) {
		if ((bytes[0] & forms[n - 1].mask) != forms[n - 1].mark)
			continue;
		if (n > len)
			return 1;
		uint32_t code = bytes[0] & (uint8_t)~forms[n - 1].mask;
		for (size_t i = 1; i < n; i++) {
			if ((bytes[i] & 0xC0) != 0x80)
				return 1;
			code = code << 6 | (bytes[i] & 0x3F);
		}
		if (code < forms[n - 1].least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
			return 1;
		*ret_code = code;
		return n;
	}
	return 1;
}

size_t text_utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

bool text_is_control(uint32_t code)
{
	/* C0; DEL and C1; bidirectional marks; line and paragraph separator, embeddings; isolates. */
	static const uint32_t ranges[][2] = {{0x00, 0x1F}, {0x7F, 0x9F}, {0x061C, 0x061C}, {0x200E, 0x200F},
		{0x2028, 0x202E}, {0x2066, 0x2069}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i][0] && code <= ranges[i][1])
			return true;
	return false;
}

/* Bytes from the begin that stay as they are. Most text is of such. */
static size_t plain(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[n] >= ' ' && bytes[n] <= '~' && bytes[n] != '\\')
		n++;
	return n;
}

void text_escape(struct buf *out, const char *bytes, size_t len)
{
	size_t used;

	for (size_t i = 0; i < len; i += used) {
		uint32_t code;

		used = plain(bytes + i, len - i);
		if (used) {
			buf_append(out, bytes + i, used);
			continue;
		}
		used = text_utf8_next(bytes + i, len - i, &code);
		if (code == '\n')
			buf_str(out, "\\n");
		else if (code == '\t')
			buf_str(out, "\\t");
		else if (code == '\\')
			buf_str(out, "\\\\");
		else if (used == 1 && (code == REPLACEMENT || text_is_control(code)))
			buf_printf(out, "\\x%02x", (unsigned char)bytes[i]);
		else if (text_is_control(code))
			buf_printf(out, "\\u%04x", code);
		else
			buf_append(out, bytes + i, used);
	}
}

int text_take_u64(const char **s, uint64_t *ret)
{
	uint64_t value = 0;
	bool over = false;
	const char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++)
		over |= __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value);
	if (p == *s)
		return -EINVAL;
	*s = p;
	if (over)
		return -ERANGE;
	*ret = value;
	return 0;
}

int text_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	int err = text_take_u64(&s, &value);

	if (err == -EINVAL || *s)
		return -EINVAL;
	if (err || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int text_parse_size(const char *s, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	uint64_t value = 0;
	unsigned shift = 0;
	int err = text_take_u64(&s, &value);

	if (err == -EINVAL)
		return err;
	if (*s) {
		const char *unit = strchr(units, *s);
		if (!unit || s[1])
			return -EINVAL;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (err || value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

void text_copy(char *dst, size_t size, const char *src)
{
	if (!size)
		return;
	size_t len = strnlen(src, size - 1);
	memcpy(dst, src, len);
	dst[len] = '\0';
}

bool text_is_word(const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./~-";

	return *text && *text != '~' && *text != '-' && !text[strspn(text, plain)];
}

size_t text_ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len > tail && strcmp(text + len - tail, end) == 0 ? tail : 0;
}
