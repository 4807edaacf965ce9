/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to the sink loki. */
#ifndef LW_SINK_LOKI_H
#define LW_SINK_LOKI_H

#include "sink/http.h"

/* One set of labels, as JSON. */
struct loki_stream {
	struct buf labels;
	size_t first, last; /* entries + 1; 0: none */
};

/* Where it is in the batch's body, and the next one of its stream + 1. */
struct loki_entry {
	size_t begin, len, next;
	uint64_t time;
};

struct loki {
	bool text;
	struct buf tenant;  /* the header */
	struct buf labels;  /* of the entry at hand */
	struct buf request; /* the batch, by streams */
	struct loki_stream *streams;
	size_t streams_count, streams_cap;
	struct loki_entry *entries;
	size_t entries_count, entries_cap;
};

/* loki_streams.c: a batch is begun; the bytes of body that hold an entry join the stream of labels; all are
 * written to request. Both return 0 or -ENOMEM. */
void loki_begin(struct loki *loki);
int loki_add(struct loki *loki, size_t begin, size_t len, uint64_t time);
int loki_join(struct loki *loki, const struct buf *body);

/* loki_answer.c: what the answer to a batch means; calls sink_done. */
void loki_answer(struct sink *sink, const struct loki *loki, const struct http_answer *answer);

#endif
