/* SPDX-License-Identifier: Apache-2.0 */
/* Only the daemon removes events, and it alone knows what was in them. What it does not know is which of them
 * are on their way just now: so it counts all that a sink wanted, and takes off what was delivered all the
 * same. */
#include "command/delivery_loss.h"

#include "sink/kind.h"

int loss_init(struct delivery_loss *loss, const struct sink_options *options)
{
	return options->kind->send ? filter_new(&loss->filter, options) : 0;
}

void loss_clear(struct delivery_loss *loss)
{
	filter_free(loss->filter);
	*loss = (struct delivery_loss){0};
}

static bool wants(const struct delivery_loss *loss, const struct store_row *row)
{
	return filter_wants_body(loss->filter, row->kind, row->service, row->body);
}

void loss_removing(struct delivery_loss *loss, const struct store_row *row)
{
	if (!loss->filter || row->seq <= loss->cursor || !wants(loss, row))
		return;
	loss->leaving++;
	if (row->seq > loss->to)
		loss->to = row->seq;
}

void loss_removed(struct delivery_loss *loss, bool committed)
{
	if (committed)
		loss->gone += (int64_t)loss->leaving;
	loss->leaving = 0;
}

struct counting {
	const struct delivery_loss *loss;
	uint64_t to;
	uint64_t count;
};

static int count_wanted(void *context, const struct store_row *row)
{
	struct counting *counting = context;

	if (row->seq > counting->to)
		return 1;
	counting->count += wants(counting->loss, row);
	return 0;
}

int loss_advance(struct delivery_loss *loss, struct store *store, uint64_t event, uint64_t handled)
{
	const struct store_filter filter = {.by_seq = true, .after_seq = loss->cursor};
	struct counting counting = {.loss = loss, .to = event};
	int r = 0;

	/* Behind what was removed all that was handled is still there. */
	if (loss->filter && loss->cursor < loss->to && event > loss->cursor) {
		r = store_query(store, &filter, count_wanted, &counting);
		if (r >= 0)
			loss->gone -= (int64_t)(handled - counting.count);
	}
	loss->cursor = event;
	return r < 0 ? r : 0;
}

uint64_t loss_take(struct delivery_loss *loss)
{
	uint64_t lost = loss->gone > 0 ? (uint64_t)loss->gone : 0;

	loss->gone -= (int64_t)lost;
	return lost;
}
