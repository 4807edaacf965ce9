/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with their NUL, and the body's length before it. */
#include "sink/record.h"

#include <string.h>

static void put_text(struct buf *batch, const char *text)
{
	buf_append(batch, text, strlen(text) + 1);
}

void record_put(struct buf *batch, const struct sink_item *item)
{
	put_text(batch, item->id);
	put_text(batch, item->kind);
	put_text(batch, item->service ? item->service : "");
	buf_append(batch, &item->len, sizeof(item->len));
	buf_append(batch, item->body, item->len);
}

const char *record_get(const char *at, struct sink_record *ret)
{
	ret->id = at;
	ret->kind = ret->id + strlen(ret->id) + 1;
	ret->service = ret->kind + strlen(ret->kind) + 1;
	at = ret->service + strlen(ret->service) + 1;
	memcpy(&ret->len, at, sizeof(ret->len));
	ret->body = at + sizeof(ret->len);
	return ret->body + ret->len;
}
