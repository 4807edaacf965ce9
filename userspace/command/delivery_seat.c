/* SPDX-License-Identifier: Apache-2.0 */
/* What the process of the sinks tells becomes an account that outlives it. */
#include "command/delivery_seat.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/delivery_account.h"
#include "store/finding.h"

#define LOG_REPEAT (60 * NS_PER_SEC)

int seat_take(struct seat *seat, struct store *store, const struct sink_options *options)
{
	bool known, oldest = options->start && strcmp(options->start, "oldest") == 0;
	int r = delivery_load(store, options->name, &seat->account, &known);

	text_copy(seat->name, sizeof(seat->name), options->name);
	if (r == 0)
		r = loss_init(&seat->loss, options);
	if (r == 0 && !known && !oldest) {
		r = store_last_seq(store, &seat->account.cursor.event);
		if (r == 0)
			r = store_last_finding(store, &seat->account.cursor.finding);
	}
	if (r == 0 && !known)
		r = delivery_save(store, options->name, &seat->account);
	seat->loss.cursor = seat->account.cursor.event;
	seat->loss.gone = (int64_t)seat->account.gone;
	return r;
}

/* What was skipped is lost to that sink, and told as all loss is. */
static void tell_skipped(struct pipeline *pipeline, const char *sink, uint64_t count)
{
	struct event event = {.kind = EVENT_GAP, .time = clock_realtime()};

	event.host = *enrich_host(pipeline->enrich);
	snprintf(event.gap.reason, sizeof(event.gap.reason), "sink %.26s", sink);
	event.gap.count = count;
	id_make(event.time, id_hash(count, sink, strlen(sink)), event.id);
	pipeline_event(pipeline, &event);
	log_warn("sink %s: %llu events were gone from the store, or over its backlog, before they were "
		 "delivered",
		sink, (unsigned long long)count);
}

/* A failure is told when it is new, and once a minute while it lasts; and its end. */
static void tell_error(struct seat *seat, const struct sink_progress *progress)
{
	uint64_t now = clock_boottime();
	bool same = strcmp(seat->error, progress->error) == 0;

	if (same && (!progress->error[0] || now < seat->logged + LOG_REPEAT))
		return;
	if (progress->error[0])
		log_warn("sink %s: %s; it is tried again", seat->name, progress->error);
	else
		log_info("sink %s: works again", seat->name);
	seat->logged = now;
	text_copy(seat->error, sizeof(seat->error), progress->error);
}

/* The account after what was told. */
static void settle(struct seat *seat, struct pipeline *pipeline)
{
	const struct sink_progress *told = &seat->told;
	uint64_t skipped = seat->before.skipped + told->skipped + seat->lost;

	if (skipped > seat->account.skipped)
		tell_skipped(pipeline, seat->name, skipped - seat->account.skipped);
	seat->account = (struct delivery_account){
		.cursor = told->cursor,
		.delivered = seat->before.delivered + told->delivered,
		.refused = seat->before.refused + told->refused,
		.skipped = skipped,
		.failures = seat->before.failures + told->failures,
		.gone = (uint64_t)seat->loss.gone,
	};
	text_copy(seat->account.error, sizeof(seat->account.error), told->error);
	/* Without room in the store it goes on from an older place after a restart: twice, not never. */
	(void)!delivery_save(pipeline->store, seat->name, &seat->account);
}

/* Nothing is on its way when the cursor is behind all that was removed, or after a failure. */
static void take_losses(struct seat *seat, struct store *store, const struct sink_progress *progress)
{
	/* A store that cannot be read counts too much rather than too little. */
	(void)!loss_advance(&seat->loss, store, progress->cursor.event, progress->events - seat->told.events);
	if (seat->loss.cursor >= seat->loss.to || progress->failures > seat->told.failures)
		seat->lost += loss_take(&seat->loss);
}

void seat_progress(struct seat *seat, struct pipeline *pipeline, const struct sink_progress *progress)
{
	take_losses(seat, pipeline->store, progress);
	if (strcmp(seat->account.error, progress->error) != 0)
		(void)!delivery_save_error(pipeline->store, seat->name, progress->error);
	seat->told = *progress;
	tell_error(seat, progress);
	settle(seat, pipeline);
}

void seat_begin(struct seat *seat, struct pipeline *pipeline)
{
	seat->before = seat->account;
	seat->told = (struct sink_progress){.cursor = seat->account.cursor};
	text_copy(seat->told.error, sizeof(seat->told.error), seat->account.error);
	seat->lost = loss_take(&seat->loss);
	if (seat->lost)
		settle(seat, pipeline);
}

int seat_save_leaving(const struct seat *seat, struct store *store)
{
	struct delivery_account account = seat->account;

	if (!seat->loss.leaving)
		return 0;
	account.gone = (uint64_t)seat->loss.gone + seat->loss.leaving;
	return delivery_save(store, seat->name, &account);
}
