/* SPDX-License-Identifier: Apache-2.0 */
/* A growable byte buffer with an upper bound. Once an append fails the buffer stays failed, so that a
 * writer can append many times and check once. */
#ifndef LW_BASE_BUF_H
#define LW_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* always NUL-terminated once something was appended; NULL before */
	size_t len;
	size_t cap;
	size_t max; /* bytes; an append beyond it fails. 0 means BUF_MAX */
	bool failed;
};

#define BUF_MAX (16u << 20)

/* These append bytes, a text, a character, a formatted text. */
void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties the buffer and its failure; keeps the memory. */
void buf_reset(struct buf *b);
void buf_free(struct buf *b);

/* The text, never NULL. */
const char *buf_text(const struct buf *b);

#define _cleanup_buf_ __attribute__((cleanup(buf_free)))

#endif
