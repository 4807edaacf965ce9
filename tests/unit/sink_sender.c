/* SPDX-License-Identifier: Apache-2.0 */
/* The promise: at least once, in order, whatever the receiver does; what it will never take is set aside. The
 * receiver here is a kind of its own, which does as it is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink_test.h"

#define EVENTS 40

struct receiver {
	const char *behaviour;
	unsigned poison; /* the number of an event that is refused; 0: none */
	unsigned each;   /* so is each of so many; 0: none */
	unsigned unfit;  /* one that has no form of this kind; 0: none */
	unsigned calls;
	unsigned got[EVENTS + 1];
	unsigned last; /* number of the last one taken for the first time */
	bool disorder;
};

static struct receiver receiver;

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	const char *digits = item->id + ID_LEN - 4;

	(void)sink;
	buf_printf(body, "%.4s", digits);
	return receiver.unfit && strtoul(digits, NULL, 10) == receiver.unfit ? -EINVAL : 0;
}

static unsigned number(const struct buf *body, unsigned index)
{
	char digits[5] = "";

	memcpy(digits, body->data + index * 4, 4);
	return (unsigned)strtoul(digits, NULL, 10);
}

static void take(const struct buf *body, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned n = number(body, i);

		if (!receiver.got[n]++ && n < receiver.last)
			receiver.disorder = true;
		receiver.last = n > receiver.last ? n : receiver.last;
	}
}

static bool holds_poison(const struct buf *body, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned n = number(body, i);

		if (n == receiver.poison || (receiver.each && n % receiver.each == 0))
			return true;
	}
	return false;
}

static void send(struct sink *sink, struct buf *body, unsigned count)
{
	bool third = ++receiver.calls % 3 == 0;

	if (holds_poison(body, count)) {
		sink_done(sink, SINK_REFUSED, 0, "poison");
	} else if (strcmp(receiver.behaviour, "shaky") == 0 && !third) {
		sink_done(sink, SINK_RETRY, 0, "down");
	} else if (strcmp(receiver.behaviour, "partial") == 0 && count > 2) {
		sink_refuse(sink, 0, "not this one");
		sink_again(sink, 2);
		take(body, 2);
		sink_done(sink, SINK_DELIVERED, 0, "busy");
	} else if (strcmp(receiver.behaviour, "loses") == 0) {
		sink_refuse(sink, 0, "not this one");
		sink_done(sink, SINK_SENT, 0, NULL);
		if (receiver.calls < 3)
			sink_lost(sink, "reset");
		else
			take(body, count);
	} else {
		take(body, count);
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	}
}

static const struct sink_kind kind = {
	.name = "test", .keys = "", .raw = true, .batch = 8, .encode = encode, .send = send};

static void fill(struct store *store)
{
	for (unsigned i = 1; i <= EVENTS; i++) {
		char id[ID_SIZE];
		const struct store_event event = {.id = id,
			.time = i,
			.kind = i % 4 ? "crash" : "kill",
			.body = i % 4 ? "{\"kind\":\"crash\"}" : "{\"kind\":\"kill\"}"};

		snprintf(id, sizeof(id), "01ARZ3NDEKTSV4RRFFQ69G%04u", i);
		assert_int_equal(store_add(store, &event, NULL), 0);
	}
	assert_int_equal(store_commit(store, NULL), 0);
}

static void deliver_as_told(uint64_t backlog)
{
	struct sink_options options = {.kind = &kind, .backlog = backlog};

	deliver_to(&options, EVENTS, fill);
	assert_false(receiver.disorder);
}

static void deliver(const char *behaviour, unsigned poison, uint64_t backlog)
{
	receiver = (struct receiver){.behaviour = behaviour, .poison = poison};
	deliver_as_told(backlog);
}

static void assert_all_but(unsigned left_out)
{
	for (unsigned i = 1; i <= EVENTS; i++)
		if ((receiver.got[i] > 0) == (i == left_out))
			fail_msg("event %u came %u times", i, receiver.got[i]);
}

static void all_come_once(void **state)
{
	(void)state;
	deliver("good", 0, 0);
	assert_all_but(0);
	for (unsigned i = 1; i <= EVENTS; i++)
		assert_int_equal(receiver.got[i], 1);
	assert_int_equal(delivery.progress.delivered, EVENTS);
	assert_int_equal(delivery.progress.failures, 0);
}

static void failures_lose_nothing(void **state)
{
	(void)state;
	deliver("shaky", 0, 0);
	assert_all_but(0);
	assert_true(delivery.progress.failures > 0);
	assert_string_equal(delivery.progress.error, "");
}

static void a_poison_event_is_set_aside(void **state)
{
	(void)state;
	deliver("good", 13, 0);
	assert_all_but(13);
	assert_int_equal(delivery.set_aside, 1);
	assert_int_equal(delivery.progress.refused, 1);
	assert_int_equal(delivery.progress.delivered, EVENTS - 1);
}

/* A receiver that takes the rest is not waited for. */
static void poison_does_not_hold_up_the_rest(void **state)
{
	(void)state;
	receiver = (struct receiver){.behaviour = "good", .each = 5};
	deliver_as_told(0);
	assert_int_equal(delivery.set_aside, EVENTS / 5);
	assert_int_equal(delivery.progress.refused, EVENTS / 5);
	assert_int_equal(delivery.progress.delivered, EVENTS - EVENTS / 5);
	assert_int_equal(delivery.progress.failures, 0);
}

/* One that takes nothing is: somebody may mend it before all is set aside. */
static void a_receiver_that_refuses_all_is_waited_for(void **state)
{
	(void)state;
	receiver = (struct receiver){.behaviour = "good", .each = 1};
	deliver_as_told(0);
	assert_int_equal(delivery.progress.refused, EVENTS);
	assert_int_equal(delivery.progress.failures, EVENTS * (SINK_TRIES - 1));
}

static void what_has_no_form_is_told_once(void **state)
{
	static const char *const behaviours[] = {"good", "shaky", "loses"};

	(void)state;
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
		/* The first of each batch, of which events take six of eight. */
		unsigned others = strcmp(behaviours[i], "loses") == 0 ? (EVENTS + 5) / 6 : 0;

		receiver = (struct receiver){.behaviour = behaviours[i], .unfit = EVENTS};
		deliver_as_told(0);
		assert_int_equal(receiver.got[EVENTS], 0);
		assert_int_equal(delivery.set_aside, 1 + others);
		assert_int_equal(delivery.progress.refused, 1 + others);
		assert_int_equal(delivery.progress.delivered, EVENTS - 1 - others);
		assert_int_equal(delivery.progress.events, EVENTS);
	}
}

static void a_batch_may_be_taken_in_part(void **state)
{
	(void)state;
	deliver("partial", 0, 0);
	assert_all_but(0);
	assert_int_equal(delivery.set_aside + delivery.progress.delivered, EVENTS);
}

static void what_a_connection_took_with_it_comes_again(void **state)
{
	(void)state;
	deliver("loses", 0, 0);
	assert_all_but(0);
}

static void the_backlog_is_bounded(void **state)
{
	(void)state;
	deliver("good", 0, 10);
	assert_int_equal(delivery.progress.skipped, EVENTS - 10);
	assert_int_equal(delivery.progress.delivered, 10);
	assert_int_equal(receiver.got[EVENTS - 9], 1);
	assert_int_equal(receiver.got[EVENTS - 10], 0);
}

/* The backlog is of all that is stored; what the sink would not have got is not missed. */
static void what_is_not_wanted_is_not_skipped(void **state)
{
	char kinds[] = "kill", fatal[] = "fatal";
	struct sink_options options = {.kind = &kind, .backlog = 10, .kinds = kinds};

	(void)state;
	receiver = (struct receiver){.behaviour = "shaky"};
	deliver_to(&options, EVENTS, fill);
	assert_int_equal(delivery.progress.skipped, 7); /* of 30 */
	assert_int_equal(delivery.progress.delivered, 3);
	assert_int_equal(delivery.progress.events, 10);
	options.severity = fatal; /* of which none is */
	receiver = (struct receiver){.behaviour = "good"};
	deliver_to(&options, EVENTS, fill);
	assert_int_equal(delivery.progress.skipped, 0);
}

static void what_is_skipped_counts_once(void **state)
{
	static const char *const behaviours[] = {"shaky", "loses"};

	(void)state;
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
		deliver(behaviours[i], 0, 10);
		assert_int_equal(delivery.progress.skipped, EVENTS - 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_once),
		cmocka_unit_test(failures_lose_nothing),
		cmocka_unit_test(a_poison_event_is_set_aside),
		cmocka_unit_test(poison_does_not_hold_up_the_rest),
		cmocka_unit_test(a_receiver_that_refuses_all_is_waited_for),
		cmocka_unit_test(what_has_no_form_is_told_once),
		cmocka_unit_test(a_batch_may_be_taken_in_part),
		cmocka_unit_test(what_a_connection_took_with_it_comes_again),
		cmocka_unit_test(the_backlog_is_bounded),
		cmocka_unit_test(what_is_not_wanted_is_not_skipped),
		cmocka_unit_test(what_is_skipped_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
