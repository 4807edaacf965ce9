/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics says. */
#ifndef LW_SINK_PROMETHEUS_H
#define LW_SINK_PROMETHEUS_H

#include "sink/kind.h"

/* Appends the text format, version 0.0.4, of what the store says now. Returns 0 or -errno. */
int prometheus_text(const struct sink *sink, struct buf *out);

/* See kind.h. */
int prometheus_ask(const struct sink_options *options, char reason[SINK_REASON]);

#endif
