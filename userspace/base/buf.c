/* SPDX-License-Identifier: Apache-2.0 */
/* The growable byte buffer. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 256

/* Apart from what is done each time, which is little then. */
static __attribute__((noinline)) bool grow(struct buf *b, size_t need)
{
	size_t cap = need > b->cap * 2 ? need : b->cap * 2;
	char *data;

	if (cap < CAP_MIN)
		cap = CAP_MIN;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

/* Makes room for len more bytes and a NUL, or marks the buffer as failed. */
static inline bool reserve(struct buf *b, size_t len)
{
	size_t max = b->max ? b->max : BUF_MAX;

	if (b->failed || b->len > max || len > max - b->len) {
		b->failed = true;
		return false;
	}
	return b->len + len + 1 <= b->cap || grow(b, b->len + len + 1);
}

void buf_append(struct buf *b, const void *bytes, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		b->failed = true;
	if (len < 0 || !reserve(b, (size_t)len))
		return;

	va_start(args, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}
