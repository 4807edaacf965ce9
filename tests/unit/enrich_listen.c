/* SPDX-License-Identifier: Apache-2.0 */
/* Services that listen no more: by their sockets, and by who closed the last one. */
#include "unit/enrich_test.h"

static void socket_of(struct world *w, uint32_t pid, uint64_t inode, bool opens)
{
	struct record r = {.type = RECORD_LISTEN,
		.time = w->now,
		.listen = {.process = key_of(pid), .inode = inode, .port = 80, .opens = opens}};

	enrich_record(w->enrich, &r);
}

static void pass(struct world *w, unsigned seconds)
{
	while (seconds-- > 0) {
		w->now += SECOND;
		send_tick(w);
	}
}

/* Two sockets, one of a worker. */
static void start(struct world *w)
{
	send_exec(w, 42, 1, "/srv/shop");
	send_fork(w, 42, 43);
	socket_of(w, 42, 1000, true);
	socket_of(w, 43, 1001, true);
	pass(w, 10);
}

static void assert_told(const struct world *w, unsigned count, const char *what, unsigned listening)
{
	const struct event *e = &w->events[count - 1];

	assert_int_equal(w->count, count);
	assert_int_equal(e->kind, EVENT_LISTEN);
	assert_string_equal(e->listen.state, what);
	assert_string_equal(e->service.unit, "shop.service");
	assert_true(e->service.has_listening && e->service.listening == listening);
}

static void stops_and_comes_back(void **state)
{
	struct world *w = *state;
	uint64_t closed;

	start(w);
	socket_of(w, 42, 1000, false);
	pass(w, 10);
	assert_int_equal(w->count, 0);
	closed = w->now;
	socket_of(w, 42, 1001, false);
	pass(w, 3);
	assert_int_equal(w->count, 0);
	pass(w, 10);
	assert_told(w, 1, "stopped", 0);
	assert_int_equal(w->events[0].time, EPOCH + closed);
	socket_of(w, 43, 1002, true);
	assert_told(w, 2, "again", 1);
	pass(w, 10);
	assert_int_equal(w->count, 2);
}

static void ends_after_it_stopped(void **state)
{
	struct world *w = *state;

	start(w);
	socket_of(w, 42, 1000, false);
	socket_of(w, 43, 1001, false);
	pass(w, 5);
	assert_told(w, 1, "stopped", 0);
	send_exit(w, 43, 0);
	pass(w, 1);
	assert_told(w, 2, "ended", 0);
}

/* A restart, a program that ends, one that listened for a moment, sockets that are not known. */
static void nothing_to_tell(void **state)
{
	struct world *w = *state;

	start(w);
	socket_of(w, 43, 1000, false);
	socket_of(w, 43, 1001, false);
	send_exit(w, 43, 0);
	pass(w, 10);
	socket_of(w, 42, 1002, true);
	pass(w, 4);
	socket_of(w, 42, 1002, false);
	pass(w, 10);
	socket_of(w, 42, 1002, false);
	socket_of(w, 99, 1003, true);
	pass(w, 10);
	socket_of(w, 42, 1004, true);
	pass(w, 10);
	socket_of(w, 42, 1004, false);
	pass(w, 2);
	socket_of(w, 42, 1005, true);
	pass(w, 10);
	assert_int_equal(w->count, 0);
}

static void in_a_flood(void **state)
{
	struct world *w = *state;

	start(w);
	for (uint64_t inode = 2000; inode < 10000; inode++)
		socket_of(w, 42, inode, true);
	pass(w, 10);
	for (uint64_t inode = 10000; inode-- > 1000;)
		socket_of(w, 42, inode, false);
	pass(w, 10);
	assert_told(w, 1, "stopped", 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(stops_and_comes_back),
		WORLD_TEST(ends_after_it_stopped), WORLD_TEST(nothing_to_tell), WORLD_TEST(in_a_flood)};

	return cmocka_run_group_tests_name("enrich_listen", tests, NULL, NULL);
}
