/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch is made of: never more than asked for, nothing but events, issues and incidents. */
#include <stdio.h>
#include <string.h>

#include "sink_test.h"
#include "store/finding.h"

#define EVENTS   20
#define FINDINGS 5

struct receiver {
	unsigned largest; /* batch */
	unsigned events;
	unsigned findings;
	unsigned others;
};

static struct receiver receiver;

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	(void)body;
	if (strcmp(item->kind, "crash") == 0)
		receiver.events++;
	else if (strcmp(item->kind, "incident") == 0)
		receiver.findings++;
	else
		receiver.others++;
	return 0;
}

static void send(struct sink *sink, struct buf *body, unsigned count)
{
	(void)body;
	receiver.largest = count > receiver.largest ? count : receiver.largest;
	sink_done(sink, SINK_DELIVERED, 0, NULL);
	if (receiver.events >= EVENTS && receiver.findings >= FINDINGS)
		loop_stop(delivery.loop, 0);
}

static const struct sink_kind kind = {
	.name = "test", .keys = "", .raw = true, .encode = encode, .send = send};

static void add_finding(struct store *store, const char *kind_of, unsigned number)
{
	char id[32];
	const struct store_finding finding = {
		.id = id, .kind = kind_of, .state = "open", .service = "s", .time = 1, .body = "{}"};

	snprintf(id, sizeof(id), "%s-%u", kind_of, number);
	assert_int_equal(store_finding_set(store, &finding), 0);
}

static void fill(struct store *store)
{
	for (unsigned i = 1; i <= EVENTS; i++) {
		char id[ID_SIZE];
		const struct store_event event = {.id = id, .time = i, .kind = "crash", .body = "{}"};

		snprintf(id, sizeof(id), "01ARZ3NDEKTSV4RRFFQ69G%04u", i);
		assert_int_equal(store_add(store, &event, NULL), 0);
	}
	for (unsigned i = 0; i < FINDINGS; i++) {
		/* What a sink was refused is of no other sink's concern. */
		add_finding(store, "refused", i);
		add_finding(store, "incident", i);
	}
	assert_int_equal(store_commit(store, NULL), 0);
}

static void deliver(unsigned batch)
{
	struct sink_options options = {.kind = &kind, .batch = batch};

	receiver = (struct receiver){0};
	deliver_to(&options, 0, fill);
	assert_int_equal(receiver.events, EVENTS);
	assert_int_equal(receiver.findings, FINDINGS);
}

static void no_batch_is_larger_than_asked_for(void **state)
{
	(void)state;
	for (unsigned batch = 1; batch <= 9; batch++) {
		deliver(batch);
		assert_int_equal(receiver.largest, batch);
	}
}

static void refusals_are_not_delivered(void **state)
{
	(void)state;
	deliver(8);
	assert_int_equal(receiver.others, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_batch_is_larger_than_asked_for),
		cmocka_unit_test(refusals_are_not_delivered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
