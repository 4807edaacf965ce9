/* SPDX-License-Identifier: Apache-2.0 */
/* What the store's retention takes from a sink: events that it wanted and has not had yet. */
#ifndef LW_COMMAND_DELIVERY_LOSS_H
#define LW_COMMAND_DELIVERY_LOSS_H

#include "sink/filter.h"
#include "sink/sink.h"

struct delivery_loss {
	struct filter *filter; /* NULL: the sink reads no events */
	uint64_t cursor;       /* the last event that was delivered, as the daemon knows it */
	uint64_t to;           /* the last one that was removed behind the cursor */
	/* Wanted events that were removed behind the cursor and are not told yet. Some of them may have been
	 * on their way and are delivered all the same: they are taken off when the sink says so. Below 0 when
	 * that comes after they were told: then the next loss is told the smaller. */
	int64_t gone;
	uint64_t leaving; /* the same of a removal that is not committed */
};

/* Returns 0 or -ENOMEM. */
int loss_init(struct delivery_loss *loss, const struct sink_options *options);
void loss_clear(struct delivery_loss *loss);

/* An event is about to be removed; whether it was is told afterwards. */
void loss_removing(struct delivery_loss *loss, const struct store_row *row);
void loss_removed(struct delivery_loss *loss, bool committed);

/* The cursor moves to event, with handled events delivered, refused or skipped since it moved before. The
 * rest between the two that is not in the store is lost. */
int loss_advance(struct delivery_loss *loss, struct store *store, uint64_t event, uint64_t handled);
/* What is lost for certain, to be told. Nothing may be on its way from before the cursor's end: call it when
 * a try has failed, or no process is there, or the cursor is behind what was removed. */
uint64_t loss_take(struct delivery_loss *loss);

#endif
