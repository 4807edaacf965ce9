/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets inside of one argument: named values, URLs, known shapes; private to redact.c. */
#ifndef LW_ENRICH_REDACT_TEXT_H
#define LW_ENRICH_REDACT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One argument that is being read, and where its redacted form goes. */
struct redact_text {
	struct buf *out;
	const char *s;
	size_t len;
	size_t space;       /* offset of the first white space, or len */
	size_t login;       /* offset of the '@' in "USER:PASSWORD@tcp(HOST)", or 0 */
	size_t no_at;       /* up to here a '@' was looked for in vain */
	bool header;        /* the argument is a header */
	bool value_follows; /* out: the secret is in the next argument */
};

/* Begins with the len bytes at s, which stay where they are; what comes of them is appended to out. */
void redact_text_begin(struct redact_text *text, struct buf *out, const char *s, size_t len);

/* Appends what begins at at to out, redacted if need be. Returns how many bytes of the argument that were, at
 * least 1. */
size_t redact_text_step(struct redact_text *text, size_t at);

/* What follows the name at start..end, if that is a secret: as redact_text_step, or 0 and nothing is
 * appended. */
size_t redact_pair(struct redact_text *text, size_t start, size_t end);

/* Appends from..to as they are, REDACTED for to..end. Returns the length of both. */
size_t redact_text_hide(struct redact_text *text, size_t from, size_t to, size_t end);

/* Whether what stands at at begins with prefix. */
bool redact_text_at(const struct redact_text *text, size_t at, const char *prefix);

/* "Bearer" and other words that stand between a header's name and its secret. */
bool redact_is_scheme(const char *word, size_t len);

/* Characters of a name, white space, quotes. */
bool redact_is_name(char c);
bool redact_is_space(char c);
bool redact_is_quote(char c);

#endif
