/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sink sentry share. */
#ifndef LW_SINK_SENTRY_H
#define LW_SINK_SENTRY_H

#include "base/json.h"
#include "sink/kind.h"

#define SENTRY_ID 33 /* 32 hexadecimal digits */

/* Of the same item always the same: doubles are dropped by it. */
void sentry_id(const char *id, char ret[SENTRY_ID]);
/* Appends the event that Sentry is to show, one line of JSON. */
void sentry_event(const struct sink *sink, const struct sink_item *item, struct buf *out);

/* exception, threads and debug_meta, of deaths and exceptions. platform is that of the event. */
void sentry_stacks(struct json *j, const json_t *event, const char *platform);
/* A text as it is, with NULs in it; nothing when it is empty or none. */
void sentry_put(struct json *j, const char *key, const json_t *text);
/* How much of len bytes is at most max, to the end of a character. */
size_t sentry_fit(const char *text, size_t len, size_t max);

#endif
