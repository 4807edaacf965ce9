/* SPDX-License-Identifier: Apache-2.0 */
/* One sink as the daemon knows it: its account, from one process to the next. */
#ifndef LW_COMMAND_DELIVERY_SEAT_H
#define LW_COMMAND_DELIVERY_SEAT_H

#include "command/delivery.h"
#include "command/delivery_loss.h"

struct seat {
	char name[SINK_NAME];
	struct delivery_account account;
	struct delivery_account before; /* at the start of the process; below: since then */
	struct sink_progress told;      /* the last one */
	uint64_t lost;                  /* to retention */
	struct delivery_loss loss;
	char error[SINK_REASON]; /* the last one that was logged */
	uint64_t logged;
};

/* Loads its account, or makes one: a sink that is new begins at the end of the store, or with the oldest
 * event. Begins or joins the open transaction. Returns 0 or -errno. The end of the seat is loss_clear. */
int seat_take(struct seat *seat, struct store *store, const struct sink_options *options);
/* A process begins: what the one before had on its way comes to nothing. */
void seat_begin(struct seat *seat, struct pipeline *pipeline);
/* What the process told: into the account, the log and, when something is lost, a gap event. */
void seat_progress(struct seat *seat, struct pipeline *pipeline, const struct sink_progress *progress);
/* Into the transaction that removes what loss_removing saw. Returns 0 or -errno. */
int seat_save_leaving(const struct seat *seat, struct store *store);

#endif
