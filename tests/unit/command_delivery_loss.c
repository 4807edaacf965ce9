/* SPDX-License-Identifier: Apache-2.0 */
/* What retention takes from a sink, with and without events that are on their way while it does. */
#include "store_test.h"

#include "command/delivery_loss.h"
#include "sink/kind.h"

static int on_removal(void *context, const struct store_row *row)
{
	if (row)
		loss_removing(context, row);
	return 0;
}

/* Events 1 to 100, of which every second is a crash, as the sink wants them. */
static void begin(struct store **store, struct delivery_loss *loss)
{
	static char kinds[] = "crash", file[] = "file";
	const struct sink_options options = {.kind = sink_kind_find(file), .kinds = kinds};

	*store = open_ok(NULL, STORE_MEMORY);
	*loss = (struct delivery_loss){0};
	assert_int_equal(loss_init(loss, &options), 0);
	for (unsigned i = 1; i <= 100; i++)
		assert_int_equal(add_number(*store, i, NULL), 0);
	assert_int_equal(store_commit(*store, NULL), 0);
}

static void end(struct store *store, struct delivery_loss *loss)
{
	loss_clear(loss);
	store_close(store);
}

static void remove_to(struct store *store, struct delivery_loss *loss, unsigned last)
{
	const struct store_retention bounds = {.max_age = 1};
	uint64_t removed;

	store_watch_removal(store, loss->cursor, on_removal, loss);
	assert_int_equal(store_trim(store, &bounds, T0 + last + 2, &removed), 0);
	loss_removed(loss, true);
}

static void only_what_is_wanted_counts(void **state)
{
	struct delivery_loss loss;
	struct store *store;

	(void)state;
	begin(&store, &loss);
	assert_int_equal(loss_advance(&loss, store, 10, 5), 0);
	remove_to(store, &loss, 30);
	assert_int_equal(loss_take(&loss), 10);
	assert_int_equal(loss_advance(&loss, store, 40, 5), 0); /* what was left of 11 to 40 */
	assert_int_equal(loss_take(&loss), 0);
	end(store, &loss);
}

/* 11 to 40 were read before 11 to 30 were removed, and were delivered. */
static void what_was_on_its_way_is_not_lost(void **state)
{
	struct delivery_loss loss;
	struct store *store;

	(void)state;
	begin(&store, &loss);
	assert_int_equal(loss_advance(&loss, store, 10, 5), 0);
	remove_to(store, &loss, 30);
	assert_int_equal(loss_advance(&loss, store, 40, 15), 0);
	assert_int_equal(loss_take(&loss), 0);
	remove_to(store, &loss, 40); /* delivered before */
	assert_int_equal(loss_take(&loss), 0);
	end(store, &loss);
}

/* The cursor ends among what was removed: 11 to 20 were delivered, 21 to 30 not. */
static void a_part_may_be_lost(void **state)
{
	struct delivery_loss loss;
	struct store *store;

	(void)state;
	begin(&store, &loss);
	assert_int_equal(loss_advance(&loss, store, 10, 5), 0);
	remove_to(store, &loss, 30);
	assert_int_equal(loss_advance(&loss, store, 20, 5), 0);
	assert_int_equal(loss_advance(&loss, store, 35, 3), 0); /* 31, 33, 35 */
	assert_int_equal(loss_take(&loss), 5);
	end(store, &loss);
}

/* Told too early: the next loss makes up for it. */
static void too_much_is_made_up_for(void **state)
{
	struct delivery_loss loss;
	struct store *store;

	(void)state;
	begin(&store, &loss);
	remove_to(store, &loss, 20);
	assert_int_equal(loss_take(&loss), 10);
	assert_int_equal(loss_advance(&loss, store, 20, 10), 0);
	assert_int_equal(loss_take(&loss), 0);
	remove_to(store, &loss, 50);
	assert_int_equal(loss_take(&loss), 5);
	end(store, &loss);
}

static void what_is_not_removed_after_all_is_not_lost(void **state)
{
	struct delivery_loss loss;
	struct store *store;
	const struct store_row row = {.seq = 50, .id = "x", .kind = "crash", .body = "{}"};

	(void)state;
	begin(&store, &loss);
	loss_removing(&loss, &row);
	loss_removed(&loss, false);
	assert_int_equal(loss_take(&loss), 0);
	end(store, &loss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_wanted_counts),
		cmocka_unit_test(what_was_on_its_way_is_not_lost),
		cmocka_unit_test(a_part_may_be_lost),
		cmocka_unit_test(too_much_is_made_up_for),
		cmocka_unit_test(what_is_not_removed_after_all_is_not_lost),
	};

	return cmocka_run_group_tests_name("command_delivery_loss", tests, NULL, NULL);
}
