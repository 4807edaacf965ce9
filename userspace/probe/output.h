/* SPDX-License-Identifier: Apache-2.0 */
/* What living processes write: read once a second from the map of last words, for those that told of a write.
 * Private to this folder. */
#ifndef LW_PROBE_OUTPUT_H
#define LW_PROBE_OUTPUT_H

#include "probe/probe.h"
#include "bpf/events.h"

struct output;

/* map is the map of last words of so many entries. Returns 0 or -ENOMEM. */
int output_new(struct output **ret, int map, uint32_t processes);
/* Takes NULL. */
void output_free(struct output *output);

/* A process wants to be read. */
void output_wrote(struct output *output, const struct lw_wrote *message);
/* Not all of them could tell: whoever wrote is looked for in the map. */
void output_look(struct output *output);

/* Hands over, as LW_OUTPUT, what they have written; beyond a bound the rest waits for the next time, unless
 * all is set. */
void output_read(struct output *output, uint64_t now, bool all, probe_message_fn fn, void *context);

/* Adds what was written and what of it was overwritten unread, in bytes since the start. */
void output_stats(const struct output *output, struct lw_source_stats *stats);

#endif
