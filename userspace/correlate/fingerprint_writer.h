/* SPDX-License-Identifier: Apache-2.0 */
/* What folding writes to: as much as fits. */
#ifndef LW_CORRELATE_FINGERPRINT_WRITER_H
#define LW_CORRELATE_FINGERPRINT_WRITER_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

struct writer {
	char *out;
	size_t len, size;
};

/* One byte is left for the NUL. */
static inline void put(struct writer *w, char c)
{
	if (w->len + 1 < w->size)
		w->out[w->len++] = c;
}

/* Whether it can be part of a name in most languages. */
static inline bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

#endif
