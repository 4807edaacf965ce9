/* SPDX-License-Identifier: Apache-2.0 */
/* The output of a program that lives on: whole lines go to the reader as they come. */
#include "traceback/traceback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traceback/internal.h"

struct traceback_stream {
	struct reader reader;
	char line[TRACEBACK_STREAM_MAX];
	size_t len;
	bool skip; /* the rest of this line was already read, or is too long */
};

int traceback_stream_new(struct traceback_stream **ret)
{
	struct traceback_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	*ret = stream;
	return 0;
}

void traceback_stream_free(struct traceback_stream *stream)
{
	free(stream);
}

static void keep(struct traceback_stream *s, const char *bytes, size_t len)
{
	size_t room = sizeof(s->line) - s->len;

	if (s->skip)
		return;
	memcpy(s->line + s->len, bytes, len < room ? len : room);
	s->len += len < room ? len : room;
}

void traceback_stream_feed(
	struct traceback_stream *s, const char *bytes, size_t len, traceback_fn fn, void *context)
{
	const char *end = bytes + len, *newline;

	s->reader.fn = fn;
	s->reader.context = context;
	while (bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		keep(s, bytes, (size_t)(newline - bytes));
		if (!s->skip)
			lines_read(&s->reader, s->line, s->len, true);
		s->len = 0;
		s->skip = false;
		bytes = newline + 1;
	}
	keep(s, bytes, (size_t)(end - bytes));
}

void traceback_stream_idle(struct traceback_stream *s, traceback_fn fn, void *context)
{
	s->reader.fn = fn;
	s->reader.context = context;
	if (s->len && !s->skip) {
		lines_read(&s->reader, s->line, s->len, false);
		s->len = 0;
		s->skip = true;
	}
	/* Half a trace may still go on; nothing else does. */
	if (!s->reader.language || s->reader.sure) {
		reader_end(&s->reader);
		s->reader.past_count = 0;
	}
}
