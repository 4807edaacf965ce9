/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's side of delivery: the process that runs the sinks is started, told of new events, and started
 * again when it ends; what it delivered is kept in the store. */
#ifndef LW_COMMAND_DELIVERY_H
#define LW_COMMAND_DELIVERY_H

#include "base/loop.h"
#include "command/pipeline.h"
#include "sink/sink.h"

struct delivery;

/* Gives sinks that are new a place to begin, before any event is stored. list need not live on: the process
 * gets a copy, each time that it is started. pipeline and state are borrowed; pipeline has a store. Returns 0
 * or -errno. */
int delivery_new(
	struct delivery **ret, struct pipeline *pipeline, const struct sink_list *list, const char *state);
/* Starts it, when there is any sink. Failures are reported and tried again. */
void delivery_start(struct delivery *d, struct loop *loop);
/* Events may have been committed. */
void delivery_wake(struct delivery *d);
/* Once a second, after findings were committed. */
void delivery_second(struct delivery *d);
/* Before store_trim and after it: what it removes is lost to the sinks that have not had it. */
void delivery_removing(struct delivery *d);
void delivery_removed(struct delivery *d, bool committed);
/* Another configuration: lets the process finish what is under way, for at most three seconds, while the loop
 * goes on; then starts one with the new list, of which it has a copy, and calls taken, perhaps from here.
 * Returns 0, or -errno when all stays as it was. */
int delivery_reload(
	struct delivery *d, const struct sink_list *list, void (*taken)(void *context), void *context);
/* Lets it deliver what is stored, for at most three seconds. Takes NULL. */
void delivery_stop(struct delivery *d);

/* What the two processes say to each other. */
enum delivery_type { DELIVERY_WAKE, DELIVERY_FINISH, DELIVERY_PROGRESS, DELIVERY_REFUSED };

struct delivery_message {
	enum delivery_type type;
	char sink[SINK_NAME];
	char event[64];           /* REFUSED */
	char reason[SINK_REASON]; /* REFUSED */
	struct sink_progress progress;
};

/* In the process that runs the sinks: the socket, and what sink_options_take reads. */
#define DELIVERY_FD         3
#define DELIVERY_OPTIONS_FD 4

/* One sink's account, as the store keeps it. */
struct delivery_account {
	struct sink_cursor cursor;
	uint64_t delivered;
	uint64_t refused;
	uint64_t skipped;
	uint64_t failures;
	char error[SINK_REASON]; /* of the last attempt; empty: it worked */
	uint64_t gone;           /* of struct delivery_loss, a number with a sign */
};

/* Leaves this process as few rights as the one that runs the sinks has. Returns 0 or -errno. */
int delivery_drop_rights(void);

/* Returns 0, also when there is none yet: then *ret_known is false. */
int delivery_load(struct store *store, const char *sink, struct delivery_account *ret, bool *ret_known);

#endif
