/* SPDX-License-Identifier: Apache-2.0 */
/* The live source for run, exec and record: probes and what /proc knows, as one stream of messages. */
#ifndef LW_COMMAND_LIVE_H
#define LW_COMMAND_LIVE_H

#include "base/loop.h"
#include "enrich/enrich.h"
#include "probe/probe.h"

struct live;

/* Opens the probes, then sends the host and the processes that live already: in this order nothing falls
 * between. Messages go to fn, and after each batch of them flush is called. Failures have been reported.
 * Returns 0 or -errno. */
int live_start(struct live **ret, struct loop *loop, const struct probe_config *config, probe_message_fn fn,
	void (*flush)(void *context), void (*second)(void *context), void *context);
/* Runs the loop until all stacks have been unwound; the symbolizer's deadline bounds it. */
void live_settle(struct loop *loop, struct enrich *enrich);

/* Detaches, sends the rest and frees. Takes NULL. */
void live_stop(struct live *live);

/* "attached in 130 ms: lifecycle, crash, …" */
void live_summary(const struct live *live, struct buf *out);

#endif
