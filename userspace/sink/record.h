/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of a kind that sends each event as a message of its own: the parts of the message, one event behind
 * the other. */
#ifndef LW_SINK_RECORD_H
#define LW_SINK_RECORD_H

#include "sink/kind.h"

struct sink_record {
	const char *id;
	const char *kind;
	const char *service; /* empty: none */
	const char *body;
	size_t len;
};

/* Appends a copy of what a batch must keep of an item. */
void record_put(struct buf *batch, const struct sink_item *item);
/* The one at a place of a batch, within whose memory its texts are. Returns the place of the next. */
const char *record_get(const char *at, struct sink_record *ret);

#endif
