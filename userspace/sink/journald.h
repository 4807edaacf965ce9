/* SPDX-License-Identifier: Apache-2.0 */
/* An event as the fields of a journal entry. */
#ifndef LW_SINK_JOURNALD_H
#define LW_SINK_JOURNALD_H

#include "sink/kind.h"

/* Appends the fields in the native protocol, named as in docs/EVENTS.md, "Names elsewhere". */
void journald_fields(const struct sink_item *item, struct buf *out);

#endif
