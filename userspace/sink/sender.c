/* SPDX-License-Identifier: Apache-2.0 */
/* One sink's life: read a batch, send it, move the cursor or wait and try again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/internal.h"

#define PAUSE_FIRST (250 * NS_PER_MS)
#define SETTLE_TIME (500 * NS_PER_MS) /* that a connection must outlive what was sent on it */

static void wait_for(struct sink *sink, uint64_t pause)
{
	sink->sender = SENDER_WAITING;
	sink->due = clock_boottime() + pause;
}

/* Doubled each time, and then any length down to its half: receivers that come back are not stormed. */
static void back_off(struct sink *sink, uint64_t least)
{
	uint64_t max = sink->options->retry_max;
	uint64_t pause = sink->pause ? 2 * sink->pause : PAUSE_FIRST;

	sink->pause = pause < max ? pause : max;
	sink->all->entropy = id_hash(sink->all->entropy, &sink->due, sizeof(sink->due));
	pause = sink->pause / 2 + sink->all->entropy % (sink->pause / 2 + 1);
	wait_for(sink, pause > least ? pause : least);
}

static void confirm(struct sink *sink, const struct sink_cursor *at, const struct tally *tally)
{
	sink->confirmed = *at;
	sink->done = *tally;
	sink->progress.delivered = tally->delivered;
	sink->progress.skipped = tally->skipped;
	sink->progress.events = tally->events;
	aside_tell(sink);
	sink->told = false;
}

void sender_pass(struct sink *sink)
{
	if (!sink->settling_count &&
		(sink->confirmed.event != sink->sent.event || sink->confirmed.finding != sink->sent.finding))
		confirm(sink, &sink->sent, &sink->tally);
}

/* What was read has found its end. */
static void pass(struct sink *sink)
{
	sink->sent = sink->read;
	sink->tally.events += sink->events;
}

/* Those of a batch that the receiver spoke of by themselves. Returns how many come again. */
static unsigned sort_entries(struct sink *sink)
{
	for (unsigned i = 0; i < sink->count; i++) {
		struct entry *entry = &sink->entries[i];

		if (entry->state == ENTRY_AGAIN) {
			sink->read = i ? sink->entries[i - 1].at : sink->sent;
			sink->events = i ? sink->entries[i - 1].events : 0;
			return sink->count - i;
		}
		if (sink->repeating)
			continue;
		if (entry->state == ENTRY_REFUSED)
			aside_add(sink, &entry->at, entry->id, entry->reason, 1);
		else if (sink->unnamed)
			sink->unnamed--;
		else
			sink->tally.delivered++;
	}
	return 0;
}

static void forget_entries(struct sink *sink)
{
	for (unsigned i = 0; i < sink->count; i++) {
		free(sink->entries[i].reason);
		sink->entries[i].reason = NULL;
	}
	sink->unnamed = 0;
}

static void on_delivered(struct sink *sink, uint64_t least, const char *reason)
{
	uint64_t before = sink->tally.delivered;
	unsigned again = sort_entries(sink);

	pass(sink);
	confirm(sink, &sink->sent, &sink->tally);
	sink->refusals = 0;
	sink->takes |= sink->tally.delivered > before;
	if (again) {
		sink->progress.failures++;
		text_copy(sink->progress.error, sizeof(sink->progress.error),
			reason ? reason : "some were put off");
		back_off(sink, least);
		return;
	}
	sink->limit = sink->limit < sink->max / 2 ? 2 * sink->limit : sink->max;
	sink->pause = 0;
	sink->progress.error[0] = '\0';
}

static void on_sent(struct sink *sink)
{
	sort_entries(sink);
	pass(sink);
	sink->settling[sink->settling_count++] = (struct settling){sink->sent, sink->tally, clock_boottime()};
	sink->pause = 0;
	sink->limit = sink->max;
	sink->progress.error[0] = '\0';
	sink->told = false;
}

static void on_retry(struct sink *sink, uint64_t least, const char *reason)
{
	sink->sent = sink->confirmed;
	sink->tally = sink->done;
	sink->settling_count = 0;
	sink->progress.failures++;
	text_copy(sink->progress.error, sizeof(sink->progress.error), reason ? reason : "it failed");
	sink->told = false;
	back_off(sink, least);
}

static void on_refused(struct sink *sink, const char *reason)
{
	/* The one was searched for when the batch was new. */
	if (sink->repeating)
		return;
	if (sink->count > 1) {
		sink->limit = sink->count / 2;
		return;
	}
	if (++sink->refusals < SINK_TRIES) {
		/* A receiver that takes others is tried at once: it is the event, which holds up the rest.
		 * One that takes nothing may be mended meanwhile. */
		if (!sink->takes)
			on_retry(sink, 0, reason);
		return;
	}
	aside_add(sink, &sink->entries[0].at, sink->entries[0].id, reason, 1);
	sink->takes = false;
	sink->refusals = 0;
	sink->pause = 0;
	pass(sink);
	confirm(sink, &sink->sent, &sink->tally);
}

void sink_done(struct sink *sink, enum sink_outcome outcome, uint64_t wait, const char *reason)
{
	if (sink->sender != SENDER_SENDING)
		return;
	sink->sender = SENDER_IDLE;
	sink->more = true;
	switch (outcome) {
	case SINK_DELIVERED: on_delivered(sink, wait, reason); break;
	case SINK_SENT: on_sent(sink); break;
	case SINK_RETRY: on_retry(sink, wait, reason); break;
	case SINK_REFUSED: on_refused(sink, reason); break;
	}
	forget_entries(sink);
	sink_tell(sink);
	loop_set_alarm(sink->all->alarm, 0);
}

void sink_lost(struct sink *sink, const char *reason)
{
	if (sink->sender == SENDER_SENDING) {
		sink_done(sink, SINK_RETRY, 0, reason);
		return;
	}
	if (!sink->settling_count)
		return;
	on_retry(sink, 0, reason);
	sink->more = true;
	sink_tell(sink);
	loop_set_alarm(sink->all->alarm, 0);
}

void sink_refuse(struct sink *sink, unsigned index, const char *reason)
{
	struct entry *entry = &sink->entries[index];

	if (index >= sink->count || entry->state == ENTRY_REFUSED)
		return;
	entry->state = ENTRY_REFUSED;
	entry->reason = strdup(reason);
}

void sink_again(struct sink *sink, unsigned index)
{
	if (index < sink->count)
		sink->entries[index].state = ENTRY_AGAIN;
}

void sink_refuse_some(struct sink *sink, unsigned count, const char *reason)
{
	char which[SINK_ID + 32];

	if (count > sink->count)
		count = sink->count;
	if (!count)
		return;
	snprintf(which, sizeof(which), "%u of the batch from %s", count, sink->entries[0].id);
	aside_add(sink, &sink->entries[0].at, which, reason, count);
	sink->unnamed = count;
}

static void settle(struct sink *sink, uint64_t now)
{
	unsigned old = 0;

	while (old < sink->settling_count && now >= sink->settling[old].since + SETTLE_TIME)
		old++;
	if (!old)
		return;
	confirm(sink, &sink->settling[old - 1].at, &sink->settling[old - 1].tally);
	sink->settling_count -= old;
	memmove(sink->settling, sink->settling + old, sink->settling_count * sizeof(sink->settling[0]));
	sender_pass(sink);
	sink_tell(sink);
}

/* What was passed over by the filter moves the cursor, too. */
static void pass_over(struct sink *sink)
{
	pass(sink);
	sender_pass(sink);
	sink_tell(sink);
}

static bool is_time_to_repeat(const struct sink *sink, uint64_t now)
{
	return sink->kind->repeat && sink->all->store && now >= sink->repeat_due;
}

static bool wants_to_read(const struct sink *sink, uint64_t now)
{
	return sink->sender == SENDER_IDLE && sink->settling_count < SETTLING &&
	       (sink->more || is_time_to_repeat(sink, now));
}

/* What is new goes first: a repetition is for receivers that forget. */
static int read_batch(struct sink *sink, uint64_t now)
{
	sink->repeating = !sink->more;
	if (!sink->repeating)
		return batch_read(sink);
	sink->repeat_due = now + sink->kind->repeat;
	return batch_read_open(sink);
}

static void send(struct sink *sink, uint64_t now)
{
	int r = read_batch(sink, now);

	if (r < 0) {
		on_retry(sink, 0, strerror(-r));
		sink_tell(sink);
	} else if (!sink->count) {
		pass_over(sink);
	} else {
		sink->sender = SENDER_SENDING;
		sink->due = now + sink->options->timeout;
		sink->kind->send(sink, &sink->body, sink->count);
	}
}

uint64_t sender_step(struct sink *sink, uint64_t now)
{
	settle(sink, now);
	if (sink->sender == SENDER_SENDING && now >= sink->due && sink->kind->cancel) {
		sink->kind->cancel(sink);
		sink_done(sink, SINK_RETRY, 0, "no answer in time");
	}
	if (sink->sender == SENDER_WAITING && now >= sink->due)
		sink->sender = SENDER_IDLE;
	if (wants_to_read(sink, now))
		send(sink, now);
	if (wants_to_read(sink, now))
		return now;
	if (sink->settling_count &&
		(sink->sender == SENDER_IDLE || sink->due > sink->settling[0].since + SETTLE_TIME))
		return sink->settling[0].since + SETTLE_TIME;
	if (sink->sender == SENDER_IDLE)
		return sink->kind->repeat && sink->all->store ? sink->repeat_due : UINT64_MAX;
	if (sink->sender == SENDER_SENDING && !sink->kind->cancel)
		return UINT64_MAX;
	return sink->due;
}

void sender_stop(struct sink *sink)
{
	if (sink->sender == SENDER_SENDING && sink->kind->cancel)
		sink->kind->cancel(sink);
	sink->sender = SENDER_IDLE;
	sink->more = false;
}
