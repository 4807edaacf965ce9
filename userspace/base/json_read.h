/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON in place, key by key, without a tree: for streams of millions of events of which few keys
 *matter. The text may be hostile: any error makes the reader fail for good, every later call then returns
 *false or nothing. Usage:
 *
 *	if (json_enter(&r, '{'))
 *		while (json_next(&r, &key))
 *			if (json_key_is(&key, "time")) json_take_text(&r, …); else json_skip(&r);
 *
 * Exactly one take, enter or skip must follow each json_next. */
#ifndef LW_BASE_JSON_READ_H
#define LW_BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_READ_DEPTH 32

struct json_reader {
	const char *at;
	const char *end;
	unsigned depth;
	char closing[JSON_READ_DEPTH]; /* of what was entered */
	bool first;                    /* nothing of the innermost was read yet */
	bool failed;
};

/* A key as it is written, between its quotes. */
struct json_key {
	const char *text;
	size_t len;
};

/* Borrows the text. */
void json_read(struct json_reader *r, const char *text, size_t len);

/* Enters the object ('{') or array ('[') that comes next. Anything else is skipped: returns false. */
bool json_enter(struct json_reader *r, char opening);
/* Goes to the next member of what was entered; key is NULL in an array. False at its end, which is left. */
bool json_next(struct json_reader *r, struct json_key *key);

/* The same where the next member has this key, of plain characters, and no spaces are before and behind it.
 * False says nothing, and moves nothing: json_next tells what comes. */
static inline bool json_next_is(struct json_reader *r, const char *key, size_t len)
{
	const char *at = r->at;

	if (r->failed || r->depth == 0 || r->closing[r->depth - 1] != '}')
		return false;
	if (!r->first && (at == r->end || *at++ != ','))
		return false;
	if ((size_t)(r->end - at) < len + 3 || at[0] != '"' || at[1] != key[0] || at[len + 1] != '"' ||
		at[len + 2] != ':' || memcmp(at + 1, key, len) != 0)
		return false;
	r->at = at + len + 3;
	r->first = false;
	return true;
}

/* Inline, so that the compiler knows the name and its length. */
static inline bool json_key_is(const struct json_key *key, const char *name)
{
	return strlen(name) == key->len && memcmp(name, key->text, key->len) == 0;
}

/* Takes a string, unescaped, cut to fit at the end of a character and ended by NUL; returns its length in the
 * buffer. Any other value is skipped and gives the empty string. */
size_t json_take_text(struct json_reader *r, char *buf, size_t size);
/* Takes a number; any other value is skipped. False when it is none. What is beyond the type is cut to its
 * bounds. */
bool json_take_number(struct json_reader *r, double *ret);
bool json_take_u64(struct json_reader *r, uint64_t *ret);
void json_skip(struct json_reader *r);

/* Whether all was read and well-formed as far as it was looked at. */
bool json_read_end(struct json_reader *r);

#endif
