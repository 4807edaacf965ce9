/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of delivery share: a store in memory is delivered to one sink, whose kind the test made. */
#ifndef LW_TESTS_SINK_TEST_H
#define LW_TESTS_SINK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/clock.h"
#include "sink/kind.h"
#include "store/store.h"

/* What comes of one delivery. */
struct delivery {
	struct loop *loop;
	struct store *store;
	struct sinks *sinks;
	uint64_t enough; /* stop when the cursor stands at this event; 0: the test stops the loop */
	unsigned set_aside;
	struct sink_progress progress;
};

static struct delivery delivery;

static void on_progress(void *context, const char *sink, const struct sink_progress *progress)
{
	(void)context;
	(void)sink;
	delivery.progress = *progress;
	if (delivery.enough && progress->cursor.event == delivery.enough)
		loop_stop(delivery.loop, 0);
}

static void on_refused(void *context, const char *sink, const char *event, const char *reason)
{
	(void)context;
	(void)sink;
	(void)event;
	(void)reason;
	delivery.set_aside++;
}

static void give_up(void *context)
{
	(void)context;
	loop_stop(delivery.loop, 1);
}

/* Delivers what fill puts into a new store by these options, until the loop is stopped. */
static void deliver_to(struct sink_options *options, uint64_t enough, void (*fill)(struct store *store))
{
	char name[] = "t";
	const struct sink_list list = {.sinks = options, .count = 1};
	const struct sink_cursor cursor = {0};
	const struct sink_listener listener = {on_progress, on_refused, NULL};
	_cleanup_buf_ struct buf error = {0};

	options->name = name;
	options->batch_size = 1 << 20;
	options->timeout = NS_PER_SEC;
	options->retry_max = 20 * NS_PER_MS;
	delivery = (struct delivery){.enough = enough};
	assert_int_equal(store_open(&delivery.store, NULL, STORE_MEMORY, &error), 0);
	fill(delivery.store);
	assert_int_equal(loop_new(&delivery.loop), 0);
	assert_int_equal(loop_add_timer(delivery.loop, 20 * NS_PER_SEC, give_up, NULL), 0);
	assert_int_equal(
		sinks_open(&delivery.sinks, delivery.loop, delivery.store, &list, &cursor, &listener), 0);
	assert_int_equal(loop_run(delivery.loop), 0);
	sinks_close(delivery.sinks);
	loop_free(delivery.loop);
	store_close(delivery.store);
}

#endif
