/* SPDX-License-Identifier: Apache-2.0 */
/* The streaming JSON writer. */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* How many bytes at the start need nothing: nearly all of nearly each string. */
static size_t plain_length(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[n] >= ' ' && bytes[n] <= '~' && bytes[n] != '"' && bytes[n] != '\\')
		n++;
	return n;
}

static void write_string(struct buf *out, const char *bytes, size_t len)
{
	size_t used;

	buf_char(out, '"');
	for (size_t i = 0; i < len; i += used) {
		uint32_t code;

		used = plain_length(bytes + i, len - i);
		if (used) {
			buf_append(out, bytes + i, used);
			continue;
		}
		used = text_utf8_next(bytes + i, len - i, &code);
		if (code == '"' || code == '\\')
			buf_append(out, (const char[]){'\\', (char)code}, 2);
		else if (code == '\n')
			buf_str(out, "\\n");
		else if (code == '\t')
			buf_str(out, "\\t");
		else if (text_is_control(code)) /* more than RFC 8259 asks for: output may meet a terminal */
			buf_printf(out, "\\u%04x", code);
		else if (used == 1 && code == 0xFFFD)
			buf_str(out, "\xEF\xBF\xBD");
		else
			buf_append(out, bytes + i, used);
	}
	buf_char(out, '"');
}

static void begin_value(struct json *j, const char *key)
{
	if (j->depth >= JSON_DEPTH_MAX)
		return;
	if (j->comma[j->depth])
		buf_char(j->out, ',');
	j->comma[j->depth] = true;
	if (key) {
		write_string(j->out, key, strlen(key));
		buf_char(j->out, ':');
	}
}

static void open_level(struct json *j, const char *key, char bracket)
{
	begin_value(j, key);
	buf_char(j->out, bracket);
	if (++j->depth < JSON_DEPTH_MAX)
		j->comma[j->depth] = false;
	else
		j->out->failed = true;
}

static void close_level(struct json *j, char bracket)
{
	j->depth--;
	buf_char(j->out, bracket);
}

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
}

void json_object_begin(struct json *j, const char *key)
{
	open_level(j, key, '{');
}

void json_object_end(struct json *j)
{
	close_level(j, '}');
}

void json_array_begin(struct json *j, const char *key)
{
	open_level(j, key, '[');
}

void json_array_end(struct json *j)
{
	close_level(j, ']');
}

void json_int(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	buf_printf(j->out, "%" PRId64, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	buf_printf(j->out, "%" PRIu64, value);
}

void json_hex(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	buf_printf(j->out, "\"0x%" PRIx64 "\"", value);
}

void json_seconds(struct json *j, const char *key, uint64_t ns)
{
	uint64_t part = ns % NS_PER_SEC;
	int digits = 9;

	begin_value(j, key);
	buf_printf(j->out, "%" PRIu64, (uint64_t)(ns / NS_PER_SEC));
	if (!part)
		return;
	for (; part % 10 == 0; part /= 10)
		digits--;
	buf_printf(j->out, ".%0*" PRIu64, digits, part);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	buf_str(j->out, value ? "true" : "false");
}

void json_none(struct json *j, const char *key)
{
	begin_value(j, key);
	buf_str(j->out, "null");
}

void json_str(struct json *j, const char *key, const char *value)
{
	if (value)
		json_strn(j, key, value, strlen(value));
	else
		json_none(j, key);
}

void json_strn(struct json *j, const char *key, const char *bytes, size_t len)
{
	begin_value(j, key);
	write_string(j->out, bytes, len);
}

void json_str_known(struct json *j, const char *key, const char *value)
{
	if (value && *value)
		json_str(j, key, value);
}

void json_raw(struct json *j, const char *key, const char *json_text)
{
	begin_value(j, key);
	buf_str(j->out, json_text);
}
