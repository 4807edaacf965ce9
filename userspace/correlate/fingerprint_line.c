/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of what a program said: what changes from one run or host to another is left out. */
#include <ctype.h>
#include <string.h>

#include "correlate/fingerprint_name.h"
#include "correlate/fingerprint_writer.h"

#define WORD_LEAST 6 /* letters and digits that are mixed are an id from here on */
#define WORD_MIXED 3 /* changes from one to the other */

/* The length of a word that is an id: "x8kQ2f". */
static size_t id_length(const char *text, size_t len)
{
	unsigned mixed = 0;
	size_t n = 0;

	for (; n < len && isalnum((unsigned char)text[n]); n++)
		mixed += n > 0 && !isdigit((unsigned char)text[n]) != !isdigit((unsigned char)text[n - 1]);
	return n >= WORD_LEAST && mixed >= WORD_MIXED ? n : 0;
}

/* The length of a number, an address or an id at the start of text: letters count only beside a digit. */
static size_t number_length(const char *text, size_t len)
{
	size_t n = 0;
	bool digit = false;

	while (n < len && (isxdigit((unsigned char)text[n]) || (n == 1 && text[n] == 'x'))) {
		digit |= isdigit((unsigned char)text[n]) != 0;
		n++;
	}
	return digit && (n == len || !is_name(text[n])) ? n : id_length(text, len);
}

/* Writes "#" for a number; with one before it and a character that belongs between both it is one: a time, a
 * version, an address, a fraction. */
static void put_number(struct writer *w)
{
	static const char between[] = ".,:-T";
	size_t n = w->len;

	if (n > 1 && w->out[n - 2] == '#' && strchr(between, w->out[n - 1]))
		w->len--;
	else if (n > 0 && strchr("-+", w->out[n - 1]) && (n == 1 || strchr(" \t(=[", w->out[n - 2])))
		w->out[n - 1] = '#'; /* its sign */
	else
		put(w, '#');
}

/* A part of a UUID that happens to have no digit. */
static size_t group_length(const struct writer *w, const char *text, size_t len)
{
	size_t n = 0;

	if (w->len < 2 || memcmp(w->out + w->len - 2, "#-", 2) != 0)
		return 0;
	while (n < len && isxdigit((unsigned char)text[n]))
		n++;
	return (n == 4 || n == 12) && (n == len || !is_name(text[n])) ? n : 0;
}

/* The length of the folders of a path, up to its last part: where it is installed is up to the host. */
static size_t folders_length(const char *text, size_t len)
{
	size_t last = 0;

	for (size_t n = 0; n < len && (is_name(text[n]) || strchr("/.-+~#%@", text[n])) && text[n]; n++)
		if (text[n] == '/')
			last = n + 1;
	return last;
}

/* Behind the quote that closes the one at text[0], or 0: an apostrophe. */
static size_t quote_length(const char *text, size_t len)
{
	const char *end = memchr(text + 1, text[0] == '`' ? '\'' : text[0], len - 1);

	return end ? (size_t)(end - text) + 1 : 0;
}

void fold_line(const char *text, size_t len, char *out, size_t size)
{
	struct writer w = {.out = out, .size = size};
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		bool begins = at == 0 || !is_name(text[at - 1]);

		n = strchr("'\"`", text[at]) && text[at] && begins ? quote_length(text + at, len - at) : 0;
		if (n) {
			put(&w, '\'');
			put(&w, '\'');
			continue;
		}
		if (text[at] == '/' && begins && (n = folders_length(text + at, len - at)) > 1)
			continue;
		n = begins ? number_length(text + at, len - at) : 0;
		if (!n && begins)
			n = group_length(&w, text + at, len - at);
		if (!n && isdigit((unsigned char)text[at])) /* "worker12" */
			while (at + n < len && isdigit((unsigned char)text[at + n]))
				n++;
		if (n)
			put_number(&w);
		else
			put(&w, text[at]);
		n += !n;
	}
	out[w.len] = '\0';
}

void fold_words(const char *line, size_t len, char *out, size_t size)
{
	static const char assertion[] = "Assertion `", frame[] = "at ";
	const char *at = memmem(line, len, assertion, sizeof(assertion) - 1), *place;

	if (at) {
		len -= (size_t)(at - line);
		len = len < size ? len : size - 1;
		memcpy(out, at, len);
		out[len] = '\0';
		return;
	}
	place = len > 3 && memcmp(line, frame, sizeof(frame) - 1) == 0 ? memchr(line, '(', len) : NULL;
	fold_line(line, place ? (size_t)(place - line) : len, out, size);
}
