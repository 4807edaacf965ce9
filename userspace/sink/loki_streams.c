/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a batch sorted by stream: Loki wants each set of labels once in a request. Within a stream they
 * keep their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/loki.h"

static bool grow(void **array, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 16;
	void *bigger = reallocarray(*array, more, size);

	if (!bigger)
		return false;
	memset((char *)bigger + *cap * size, 0, (more - *cap) * size);
	*array = bigger;
	*cap = more;
	return true;
}

void loki_begin(struct loki *loki)
{
	loki->streams_count = 0;
	loki->entries_count = 0;
}

/* A host has few of them: services times kinds. */
static struct loki_stream *find_stream(struct loki *loki)
{
	const struct buf *labels = &loki->labels;
	struct loki_stream *stream;

	/* The last one first: what follows one another is often alike. */
	for (size_t i = loki->streams_count; i-- > 0;) {
		stream = &loki->streams[i];
		if (stream->labels.len == labels->len &&
			memcmp(stream->labels.data, labels->data, labels->len) == 0)
			return stream;
	}
	if (loki->streams_count == loki->streams_cap &&
		!grow((void **)&loki->streams, &loki->streams_cap, sizeof(*loki->streams)))
		return NULL;
	stream = &loki->streams[loki->streams_count];
	stream->first = stream->last = 0;
	buf_reset(&stream->labels);
	buf_append(&stream->labels, labels->data, labels->len);
	if (stream->labels.failed)
		return NULL;
	loki->streams_count++;
	return stream;
}

int loki_add(struct loki *loki, size_t begin, size_t len, uint64_t time)
{
	struct loki_stream *stream;

	if (loki->entries_count == loki->entries_cap &&
		!grow((void **)&loki->entries, &loki->entries_cap, sizeof(*loki->entries)))
		return -ENOMEM;
	stream = find_stream(loki);
	if (!stream)
		return -ENOMEM;
	loki->entries[loki->entries_count++] = (struct loki_entry){.begin = begin, .len = len, .time = time};
	if (stream->last)
		loki->entries[stream->last - 1].next = loki->entries_count;
	else
		stream->first = loki->entries_count;
	stream->last = loki->entries_count;
	return 0;
}

int loki_join(struct loki *loki, const struct buf *body)
{
	struct buf *out = &loki->request;

	buf_reset(out);
	buf_str(out, "{\"streams\":[");
	for (size_t i = 0; i < loki->streams_count; i++) {
		const struct loki_stream *stream = &loki->streams[i];

		buf_str(out, i ? ",{\"stream\":" : "{\"stream\":");
		buf_append(out, stream->labels.data, stream->labels.len);
		buf_str(out, ",\"values\":[");
		for (size_t at = stream->first; at; at = loki->entries[at - 1].next) {
			const struct loki_entry *entry = &loki->entries[at - 1];

			buf_str(out, at == stream->first ? "" : ",");
			buf_append(out, body->data + entry->begin, entry->len);
		}
		buf_str(out, "]}");
	}
	buf_str(out, "]}");
	return out->failed ? -ENOMEM : 0;
}
