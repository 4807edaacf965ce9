/* SPDX-License-Identifier: Apache-2.0 */
/* Breadcrumbs: the last failures of the process that dies, by time. */
#include "unit/enrich_test.h"

static void send_sample(struct world *w, uint32_t pid, uint64_t time, uint16_t error, const char *subject)
{
	struct record r = {.type = RECORD_SUBJECT_SAMPLE, .time = time};

	r.subject.task = task_of(pid, LOGIN, "worker");
	r.subject.call = 257; /* openat */
	r.subject.error = error;
	r.subject.weight = 1;
	text_copy(r.subject.subject, sizeof(r.subject.subject), subject);
	enrich_record(w->enrich, &r);
}

static void send_tcp(struct world *w, uint32_t pid, uint64_t time, enum tcp_kind kind, const char *remote)
{
	struct record r = {.type = RECORD_TCP_COUNT, .time = w->now};

	r.tcp.kind = kind;
	r.tcp.owner = key_of(pid);
	r.tcp.last = time;
	r.tcp.count = 1;
	r.tcp.reason = UINT32_MAX;
	r.tcp.error = kind == TCP_CONNECT_FAILED ? 111 : 0;
	text_copy(r.tcp.local, sizeof(r.tcp.local), "10.0.0.1:40000");
	text_copy(r.tcp.remote, sizeof(r.tcp.remote), remote);
	enrich_record(w->enrich, &r);
}

static void send_crash(struct world *w, uint32_t pid)
{
	struct record d = death_of(w, pid, "worker", SIGSEGV);

	send_death(w, &d);
}

static void assert_crumb(
	const struct world *w, unsigned i, const char *call, uint16_t error, const char *subject)
{
	assert_true(i < w->evidence.crumb_count);
	assert_string_equal(w->crumbs[i].call, call);
	assert_int_equal(w->crumbs[i].error, error);
	assert_string_equal(w->crumbs[i].subject, subject);
}

static void in_order_of_time(void **state)
{
	struct world *w = *state;

	send_sample(w, 42, T0 - 9, 13, "/a");
	send_sample(w, 43, T0 - 8, 13, "/other");
	send_sample(w, 42, T0 - 5, 20, "");
	send_tcp(w, 42, T0 - 7, TCP_CONNECT_FAILED, "10.0.0.7:5432");
	send_tcp(w, 42, T0 - 6, TCP_RECEIVED, "10.0.0.8:80");
	send_tcp(w, 42, T0 - 4, TCP_SENT, "10.0.0.9:80");
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, 5);
	assert_crumb(w, 0, "openat", 13, "/a");
	assert_crumb(w, 1, "connect", 111, "10.0.0.7:5432");
	assert_crumb(w, 2, "tcp_reset_received", 0, "10.0.0.8:80");
	assert_crumb(w, 3, "openat", 20, "");
	assert_crumb(w, 4, "tcp_reset_sent", 0, "10.0.0.9:80");
	assert_int_equal(w->crumbs[0].time, EPOCH + T0 - 9);
}

/* A connect that fails in the call is seen there and by TCP. */
static void told_once(void **state)
{
	struct world *w = *state;

	send_sample(w, 42, T0 - 9, 111, "10.0.0.7:5432");
	send_tcp(w, 42, T0 - 8, TCP_CONNECT_FAILED, "10.0.0.7:5432");
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, 1);
}

static void the_last_ones(void **state)
{
	struct world *w = *state;
	char path[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		send_sample(w, 42, T0 + i, 13, path);
	}
	send_sample(w, 42, T0, 13, "/too old");
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, EVIDENCE_CRUMBS);
	assert_crumb(w, 0, "openat", 13, "/68");
	assert_crumb(w, EVIDENCE_CRUMBS - 1, "openat", 13, "/99");
}

static void processes_are_bounded(void **state)
{
	struct world *w = *state;

	for (uint32_t pid = 1000; pid < 4000; pid++) {
		send_sample(w, pid, T0, 13, "/a");
		send_sample(w, 42, T0, 13, "/a"); /* the one that goes on failing stays */
	}
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, EVIDENCE_CRUMBS);
	send_crash(w, 3999);
	assert_int_equal(w->evidence.crumb_count, 1);
	send_crash(w, 1000);
	assert_int_equal(w->evidence.crumb_count, 0);
}

static void dead_ones_are_forgotten(void **state)
{
	struct world *w = *state;

	send_exec(w, 42, LOGIN, "/srv/worker");
	send_sample(w, 42, T0, 13, "/a");
	send_exit(w, 42, 0);
	w->now += 2 * SECOND;
	send_tick(w);
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, 1);
	w->now += 2 * SECOND;
	send_tick(w);
	send_tcp(w, 42, T0, TCP_SENT, "10.0.0.9:80"); /* too late: no trail of a dead one is begun */
	send_crash(w, 42);
	assert_int_equal(w->evidence.crumb_count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(in_order_of_time), WORLD_TEST(told_once),
		WORLD_TEST(the_last_ones), WORLD_TEST(processes_are_bounded),
		WORLD_TEST(dead_ones_are_forgotten)};

	return cmocka_run_group_tests_name("enrich_crumbs", tests, NULL, NULL);
}
