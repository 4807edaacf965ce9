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

struct world {
	struct store *store;
	struct delivery_loss loss;
};

/* Events 1 to 100, of which every second is a crash, as the sink wants them. */
static int begin(void **state)
{
	static char kinds[] = "crash", file[] = "file";
	const struct sink_options options = {.kind = sink_kind_find(file), .kinds = kinds};
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->store = open_ok(NULL, STORE_MEMORY);
	assert_int_equal(loss_init(&w->loss, &options), 0);
	for (unsigned i = 1; i <= 100; i++)
		assert_int_equal(add_number(w->store, i, NULL), 0);
	assert_int_equal(store_commit(w->store, NULL), 0);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	loss_clear(&w->loss);
	store_close(w->store);
	free(w);
	return 0;
}

static void remove_to(struct world *w, unsigned last)
{
	const struct store_retention bounds = {.max_age = 1};
	uint64_t removed;

	store_watch_removal(w->store, w->loss.cursor, on_removal, &w->loss);
	assert_int_equal(store_trim(w->store, &bounds, T0 + last + 2, &removed), 0);
	loss_removed(&w->loss, true);
}

static void only_what_is_wanted_counts(void **state)
{
	struct world *w = *state;

	assert_int_equal(loss_advance(&w->loss, w->store, 10, 5), 0);
	remove_to(w, 30);
	assert_int_equal(loss_take(&w->loss), 10);
	assert_int_equal(loss_advance(&w->loss, w->store, 40, 5), 0); /* what was left of 11 to 40 */
	assert_int_equal(loss_take(&w->loss), 0);
}

/* 11 to 40 were read before 11 to 30 were removed, and were delivered. */
static void what_was_on_its_way_is_not_lost(void **state)
{
	struct world *w = *state;

	assert_int_equal(loss_advance(&w->loss, w->store, 10, 5), 0);
	remove_to(w, 30);
	assert_int_equal(loss_advance(&w->loss, w->store, 40, 15), 0);
	assert_int_equal(loss_take(&w->loss), 0);
	remove_to(w, 40); /* delivered before */
	assert_int_equal(loss_take(&w->loss), 0);
}

/* The cursor ends among what was removed: 11 to 20 were delivered, 21 to 30 not. */
static void a_part_may_be_lost(void **state)
{
	struct world *w = *state;

	assert_int_equal(loss_advance(&w->loss, w->store, 10, 5), 0);
	remove_to(w, 30);
	assert_int_equal(loss_advance(&w->loss, w->store, 20, 5), 0);
	assert_int_equal(loss_advance(&w->loss, w->store, 35, 3), 0); /* 31, 33, 35 */
	assert_int_equal(loss_take(&w->loss), 5);
}

/* Told too early: the next loss makes up for it. */
static void too_much_is_made_up_for(void **state)
{
	struct world *w = *state;

	remove_to(w, 20);
	assert_int_equal(loss_take(&w->loss), 10);
	assert_int_equal(loss_advance(&w->loss, w->store, 20, 10), 0);
	assert_int_equal(loss_take(&w->loss), 0);
	remove_to(w, 50);
	assert_int_equal(loss_take(&w->loss), 5);
}

static void what_is_not_removed_after_all_is_not_lost(void **state)
{
	struct world *w = *state;
	const struct store_row row = {.seq = 50, .id = "x", .kind = "crash", .body = "{}"};

	loss_removing(&w->loss, &row);
	loss_removed(&w->loss, false);
	assert_int_equal(loss_take(&w->loss), 0);
}

#define LOSS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOSS_TEST(only_what_is_wanted_counts),
		LOSS_TEST(what_was_on_its_way_is_not_lost),
		LOSS_TEST(a_part_may_be_lost),
		LOSS_TEST(too_much_is_made_up_for),
		LOSS_TEST(what_is_not_removed_after_all_is_not_lost),
	};

	return cmocka_run_group_tests_name("command_delivery_loss", tests, NULL, NULL);
}
