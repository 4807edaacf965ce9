/* SPDX-License-Identifier: Apache-2.0 */
/* Open incidents are sent again to a kind that wants it, and nothing else is; the account does not change.
 * And an incident is found behind issues that nobody wants. */
#include <string.h>

#include "sink_test.h"
#include "store/finding.h"

#define ROUNDS 4 /* of sending */

struct receiver {
	unsigned sent[3]; /* of open, closed and the crash */
	unsigned rounds;
	bool refuses; /* what is repeated */
};

static struct receiver receiver;

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	buf_char(body, strcmp(item->kind, "crash") == 0 ? 2 : strncmp(item->id, "open", 4) == 0 ? 0 : 1);
	return 0;
}

static void send(struct sink *sink, struct buf *body, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		receiver.sent[(int)body->data[i]]++;
	if (++receiver.rounds == ROUNDS)
		loop_stop(delivery.loop, 0);
	sink_done(sink, receiver.rounds > 1 && receiver.refuses ? SINK_REFUSED : SINK_DELIVERED, 0, "no");
}

static const struct sink_kind kind = {
	.name = "test", .keys = "", .repeat = 30 * NS_PER_MS, .batch = 8, .encode = encode, .send = send};

static void fill(struct store *store)
{
	const struct store_event crash = {.id = "01ARZ3NDEKTSV4RRFFQ69G0001",
		.time = 1,
		.kind = "crash",
		.body = "{\"kind\":\"crash\"}"};

	assert_int_equal(store_add(store, &crash, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		const char *state = i ? "closed" : "open";
		const struct store_finding finding = {.id = state,
			.kind = "incident",
			.state = state,
			.service = "s",
			.time = 1,
			.body = i ? "{\"kind\":\"incident\",\"state\":\"closed\"}"
				  : "{\"kind\":\"incident\",\"state\":\"open\"}"};

		assert_int_equal(store_finding_set(store, &finding), 0);
	}
	assert_int_equal(store_commit(store, NULL), 0);
}

static void deliver(bool refuses)
{
	struct sink_options options = {.kind = &kind};

	receiver = (struct receiver){.refuses = refuses};
	deliver_to(&options, 0, fill);
	assert_int_equal(receiver.sent[0], ROUNDS);
	assert_int_equal(receiver.sent[1], 1);
	assert_int_equal(receiver.sent[2], 1);
	assert_int_equal(delivery.progress.delivered, 3);
	assert_int_equal(delivery.progress.cursor.event, 1);
	assert_int_equal(delivery.progress.cursor.finding, 2);
	assert_int_equal(delivery.set_aside, 0);
}

static void open_incidents_come_again(void **state)
{
	(void)state;
	deliver(false);
}

static void what_is_refused_then_is_left_alone(void **state)
{
	(void)state;
	deliver(true);
}

/* severity chooses incidents, not halves of them. */
static void an_end_goes_where_the_begin_went(void **state)
{
	char error[] = "error";
	struct sink_options options = {.kind = &kind, .severity = error};

	(void)state;
	receiver = (struct receiver){0};
	deliver_to(&options, 0, fill);
	assert_int_equal(receiver.sent[0], ROUNDS);
	assert_int_equal(receiver.sent[1], 1);
}

static void send_one(struct sink *sink, struct buf *body, unsigned count)
{
	(void)body;
	receiver.rounds += count;
	sink_done(sink, SINK_DELIVERED, 0, NULL);
	loop_stop(delivery.loop, 0);
}

static void fill_behind_issues(struct store *store)
{
	struct store_finding finding = {.kind = "issue", .state = "new", .service = "s", .body = "{}"};

	for (char id[] = "a"; *id <= 'z'; (*id)++) {
		finding.id = id;
		assert_int_equal(store_finding_set(store, &finding), 0);
	}
	fill(store);
}

/* A batch of one, woken once. */
static void what_is_not_wanted_holds_up_nothing(void **state)
{
	static const struct sink_kind one = {
		.name = "one", .keys = "", .batch = 1, .encode = encode, .send = send_one};
	char kinds[] = "incident";
	struct sink_options options = {.kind = &one, .kinds = kinds};

	(void)state;
	receiver = (struct receiver){0};
	deliver_to(&options, 0, fill_behind_issues);
	assert_int_equal(receiver.rounds, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_incidents_come_again),
		cmocka_unit_test(what_is_refused_then_is_left_alone),
		cmocka_unit_test(an_end_goes_where_the_begin_went),
		cmocka_unit_test(what_is_not_wanted_holds_up_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
