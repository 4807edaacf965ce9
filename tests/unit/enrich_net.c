/* SPDX-License-Identifier: Apache-2.0 */
/* Resets and failed connects: whose, why, and where from the service is known. */
#include "unit/enrich_test.h"

static struct record tcp_of(enum tcp_kind kind, uint32_t owner)
{
	struct record r = {.type = RECORD_TCP_COUNT, .time = T0};

	r.tcp = (struct record_tcp){.kind = kind,
		.last = T0 - 1,
		.count = 3,
		.interval = SECOND,
		.netns = 7,
		.reason = UINT32_MAX,
		.state = 1,
		.local = "10.0.0.1:443",
		.remote = "10.0.0.2:50000"};
	if (owner)
		r.tcp.owner = key_of(owner);
	return r;
}

static void send(struct world *w, struct record r)
{
	enrich_record(w->enrich, &r);
}

static void resets(void **state)
{
	struct world *w = *state;
	struct record r = tcp_of(TCP_SENT, 42);
	const struct event *e;

	send_exec(w, 42, LOGIN, "/srv/web");
	send(w, r);
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_TCP_RESET);
	assert_int_equal(e->time, EPOCH + T0 - 1);
	assert_string_equal(e->tcp.direction, "sent");
	assert_string_equal(e->tcp.local, "10.0.0.1:443");
	assert_string_equal(e->tcp.remote, "10.0.0.2:50000");
	assert_string_equal(e->tcp.state, "ESTABLISHED");
	assert_string_equal(e->tcp.reason, "");
	assert_true(e->tcp.count == 3 && e->tcp.interval == SECOND && e->tcp.netns == 7 && !e->tcp.folded);
	assert_string_equal(e->process.comm, "web");
	assert_string_equal(e->service.unit, "shop.service");
	r.tcp.kind = TCP_RECEIVED;
	r.tcp.state = 200;
	r.tcp.folded_port = true;
	send(w, r);
	assert_string_equal(w->events[1].tcp.direction, "received");
	assert_null(w->events[1].tcp.state);
	assert_true(w->events[1].tcp.folded);
}

/* Without a process the socket's control group still tells the service. */
static void no_owner(void **state)
{
	struct world *w = *state;
	struct record r = tcp_of(TCP_RECEIVED, 0);

	send(w, r);
	assert_true(is_missing(the_event(w), "process"));
	assert_string_equal(w->events[0].service.name, "");
	text_copy(r.tcp.cgroup.v2, sizeof(r.tcp.cgroup.v2), "/system.slice/db.service");
	send(w, r);
	assert_string_equal(w->events[1].service.unit, "db.service");
	assert_int_equal(w->events[1].process.key.pid, 0);
}

static void connect_failure(void **state)
{
	struct world *w = *state;
	struct record r = tcp_of(TCP_CONNECT_FAILED, 42);

	r.tcp.error = 111;
	send(w, r);
	assert_int_equal(the_event(w)->kind, EVENT_CONNECT_FAILURE);
	assert_null(w->events[0].tcp.direction);
	assert_int_equal(w->events[0].tcp.error, 111);
	assert_true(is_missing(w->events, "process.exe"));
}

static void reasons(void **state)
{
	static const struct {
		uint32_t reason;
		const char *text;
	} cases[] = {{0, "NOT_SPECIFIED"}, {1, "1"}, {2, "OTHER"}, {3, "3"}, {1u << 31, "2147483648"},
		{UINT32_MAX, ""}};
	struct world *w = *state;
	struct record names = {.type = RECORD_RESET_REASONS};
	struct record r = tcp_of(TCP_SENT, 0);

	r.tcp.reason = 0;
	send(w, r); /* before the names are known */
	assert_string_equal(w->events[0].tcp.reason, "0");
	memcpy(names.reasons.text, "SK_RST_REASON_NOT_SPECIFIED\0\0OTHER", 35);
	names.reasons.count = 3;
	names.reasons.offset[1] = 28;
	names.reasons.offset[2] = 29;
	send(w, names);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		r.tcp.reason = cases[i].reason;
		send(w, r);
		assert_string_equal(w->events[i + 1].tcp.reason, cases[i].text);
	}
}

static void not_watched(void **state)
{
	struct world *w = *state;

	enrich_watch(w->enrich, 200);
	send_fork(w, LOGIN, 200);
	send(w, tcp_of(TCP_SENT, 0));
	send(w, tcp_of(TCP_SENT, 42));
	assert_int_equal(w->count, 0);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_TCP)->routine, 6);
	send(w, tcp_of(TCP_SENT, 200));
	assert_int_equal(w->count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(resets), WORLD_TEST(no_owner),
		WORLD_TEST(connect_failure), WORLD_TEST(reasons), WORLD_TEST(not_watched)};

	return cmocka_run_group_tests_name("enrich_net", tests, NULL, NULL);
}
