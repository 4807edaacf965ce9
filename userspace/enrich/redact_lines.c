/* SPDX-License-Identifier: Apache-2.0 */
/* Text of many lines, such as what a program printed: each line is read as an argument is; a private key goes
 * over lines, and may have lost its begin. */
#include "enrich/redact.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "enrich/redact_name.h"
#include "enrich/redact_text.h"

#define KEY_LABEL "PRIVATE KEY-----"

struct line {
	const char *s;
	size_t len; /* without the newline */
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret = (struct line){.s = *at, .len = (size_t)((newline ? newline : end) - *at)};
	*at = newline ? newline + 1 : end;
	return true;
}

/* Where "-----BEGIN … PRIVATE KEY-----" or "-----END …" stands in a line, or NULL. */
static const char *key_edge(const struct line *line, const char *edge)
{
	const char *begin = memmem(line->s, line->len, edge, strlen(edge));

	return begin && memmem(begin, (size_t)(line->s + line->len - begin), KEY_LABEL, strlen(KEY_LABEL))
		       ? begin
		       : NULL;
}

/* Of a key that was begun before the text the lines up to its end are all there is. */
static const char *skip_cut_key(const char *text, const char *end, struct buf *out)
{
	const char *at = text;
	struct line line;

	while (next_line(&at, end, &line)) {
		if (key_edge(&line, "-----BEGIN "))
			return text;
		if (key_edge(&line, "-----END ")) {
			buf_str(out, REDACTED "\n");
			return at;
		}
	}
	return text;
}

/* Returns whether the secret of this line is the next one. */
static bool put_line(const struct line *line, struct buf *out)
{
	struct redact_text text;

	redact_text_begin(&text, out, line->s, line->len);
	for (size_t at = 0; at < line->len;)
		at += redact_text_step(&text, at);
	return text.value_follows;
}

static void put_value(const struct line *line, struct buf *out)
{
	size_t start = 0;

	while (start < line->len && redact_is_space(line->s[start]))
		start++;
	buf_append(out, line->s, start);
	if (redact_value_plain(NAME_SECRET, line->s + start, line->len - start))
		buf_append(out, line->s + start, line->len - start);
	else
		buf_str(out, REDACTED);
}

static void put_lines(const char *at, const char *end, struct buf *out)
{
	bool in_key = false, value = false;
	struct line line;

	while (next_line(&at, end, &line)) {
		const char *edge = key_edge(&line, "-----END ");

		if (in_key && !edge)
			continue;
		if (in_key) {
			line.len -= (size_t)(edge - line.s);
			line.s = edge;
		}
		in_key = !edge && key_edge(&line, "-----BEGIN ");
		if (value)
			put_value(&line, out);
		value = value ? line.len == 0 : put_line(&line, out);
		if (line.s + line.len < end)
			buf_char(out, '\n');
	}
}

void redact_text(char *text, size_t size, uint32_t *len)
{
	struct buf out = {0};
	const char *kept, *end = text + *len, *newline;
	size_t n = 0;

	put_lines(skip_cut_key(text, end, &out), end, &out);
	kept = buf_text(&out);
	if (!out.failed)
		n = out.len;
	if (n > size) {
		kept += n - size;
		n = size;
		newline = memchr(kept, '\n', n);
		if (newline) {
			n -= (size_t)(newline + 1 - kept);
			kept = newline + 1;
		}
	}
	if (n)
		memcpy(text, kept, n);
	*len = (uint32_t)n;
	buf_free(&out);
}
