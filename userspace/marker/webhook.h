/* SPDX-License-Identifier: Apache-2.0 */
/* Declared changes as other programs tell them: our own JSON, webhooks of CI systems, marker files. */
#ifndef LW_MARKER_WEBHOOK_H
#define LW_MARKER_WEBHOOK_H

#include "base/buf.h"
#include "model/event.h"

#define WEBHOOK_MAX 65536 /* bytes of a body */

struct webhook {
	struct event_marker marker; /* checked; source and evidence are not set */
	uint64_t time;              /* ns since the epoch; now where none was given */
};

/* Reads a body of any shape that is known. Returns 0; -ENODATA when it is understood and tells of no change
 * that took place; -EINVAL when it is wrong: then why says so in a line, and names the key. Hostile text is
 * fine. */
int webhook_read(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why);

/* The same for a marker file: JSON as above, or lines of key=value with the keys of our own JSON. */
int webhook_read_file(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why);

/* Entropy for the event's id: the same declaration twice is one event. */
uint64_t webhook_entropy(const struct webhook *webhook);

#endif
