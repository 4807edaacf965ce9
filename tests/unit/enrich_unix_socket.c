/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens on unix sockets and who connects to them, and connections that fail. */
#include "unit/calls_test.h"

#include <errno.h>

#define CONNECT 42 /* of x86-64 */

static void send_unix(
	struct world *w, struct process_key caller, struct process_key listener, const char *path)
{
	struct record r = {.type = RECORD_UNIX_SOCKET, .time = w->now};

	r.unix_socket = (struct record_unix){.caller = caller, .listener = listener};
	text_copy(r.unix_socket.path, sizeof(r.unix_socket.path), path);
	enrich_record(w->enrich, &r);
	w->now += SECOND;
}

static void listens(struct world *w, uint32_t pid, const char *path)
{
	send_unix(w, (struct process_key){0}, key_of(pid), path);
}

static void connects(struct world *w, uint32_t pid, uint32_t listener, const char *path)
{
	send_unix(w, key_of(pid), key_of(listener), path);
}

static void fails(struct world *w, uint32_t pid, int error, const char *path, uint64_t count)
{
	struct record sample = {.type = RECORD_SUBJECT_SAMPLE, .time = w->now};
	struct record r = {.type = RECORD_SYSCALL_COUNT, .time = w->now};

	sample.subject.task = task_of(pid, 1, "program");
	sample.subject.call = CONNECT;
	sample.subject.error = (uint16_t)error;
	sample.subject.weight = (uint32_t)count;
	text_copy(sample.subject.subject, sizeof(sample.subject.subject), path);
	enrich_record(w->enrich, &sample);
	r.syscall = (struct record_syscall_count){.key = key_of(pid),
		.call = CONNECT,
		.error = (uint16_t)error,
		.last = w->now,
		.count = count,
		.interval = SECOND};
	enrich_record(w->enrich, &r);
}

/* By who called listen(2), and when that one has gone by the path. */
static void who_calls_whom(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "nginx");
	exec_in(w, 43, "shop");
	exec_in(w, 44, "postgres");
	listens(w, 44, "/run/postgresql/.s.PGSQL.5432");
	connects(w, 42, 43, "/var/run/shop.sock");
	connects(w, 43, 44, "@abstract");
	send_unix(w, key_of(43), (struct process_key){.pid = 44}, "/run/postgresql/.s.PGSQL.5432");
	send_unix(w, key_of(43), (struct process_key){.pid = 44}, "/run/nobody");
	connects(w, 43, 43, "/run/own.sock");
	connects(w, 43, 44, "/run/systemd/journal/stdout");
	connects(w, 43, 44, "/run/user/1000/bus");
	assert_calls(w, 42, "nginx", "shop unix:/run/shop.sock;");
	assert_calls(w, 43, "shop", "postgres unix:/run/postgresql/.s.PGSQL.5432;postgres unix:@abstract;");
	assert_int_equal(enrich_tally(w->enrich, SOURCE_TCP)->used, 8);
}

static void failures(void **state)
{
	struct world *w = *state;
	const struct event *e;

	exec_in(w, 42, "nginx");
	exec_in(w, 43, "shop");
	listens(w, 43, "/run/shop.sock");
	send_exit(w, 43, 9);
	fails(w, 42, ENOENT, "/var/run/shop.sock", 7);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].kind, EVENT_SYSCALL_ERRORS);
	e = &w->events[1];
	assert_int_equal(e->kind, EVENT_CONNECT_FAILURE);
	assert_string_equal(e->tcp.remote, "unix:/run/shop.sock");
	assert_string_equal(e->tcp.local, "");
	assert_int_equal(e->tcp.error, ENOENT);
	assert_int_equal(e->tcp.count, 7);
	assert_int_equal(e->process.key.pid, 42);
	assert_string_equal(e->service.name, "nginx");
	assert_calls_of(e, "shop unix:/run/shop.sock;");
	/* Where nobody listened, what is no failure of the listener's, and its own look before it listens. */
	fails(w, 42, ECONNREFUSED, "/run/nobody", 1);
	fails(w, 42, EPROTOTYPE, "/run/shop.sock", 1);
	exec_in(w, 44, "shop");
	fails(w, 44, ENOENT, "/run/shop.sock", 1);
	assert_int_equal(w->count, 5);
	fails(w, 42, EAGAIN, "/run/shop.sock", 1);
	assert_int_equal(w->events[6].kind, EVENT_CONNECT_FAILURE);
}

/* Two containers have the same path: nobody knows which one was meant. */
static void disputed(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "nginx");
	exec_in(w, 43, "one");
	exec_in(w, 44, "two");
	listens(w, 43, "/app.sock");
	listens(w, 44, "/app.sock");
	fails(w, 42, ECONNREFUSED, "/app.sock", 1);
	assert_int_equal(w->events[1].kind, EVENT_CONNECT_FAILURE);
	w->now -= 3 * SECOND / 2; /* told late: counters are read a second after */
	fails(w, 42, ECONNREFUSED, "/app.sock", 1);
	w->now += 3 * SECOND / 2;
	assert_calls(w, 42, "nginx", "");
	w->now += 3600 * SECOND;
	exec_in(w, 45, "nginx");
	fails(w, 45, ECONNREFUSED, "/app.sock", 1);
	assert_calls(w, 45, "nginx", "two unix:/app.sock;");
}

/* Any byte may be in a path. */
static void hostile(void **state)
{
	struct world *w = *state;
	char path[RECORD_UNIX];

	memset(path, 'x', sizeof(path));
	path[0] = '@';
	path[sizeof(path) - 1] = '\0';
	exec_in(w, 42, "nginx");
	exec_in(w, 43, "shop");
	connects(w, 42, 43, "/run/\n\033[1m\177");
	for (unsigned n = 0; n < 3000; n++) {
		snprintf(path + 1, sizeof(path) - 1, "%0110u", n);
		listens(w, 43, path);
	}
	connects(w, 42, 43, path);
	assert_calls(w, 42, "nginx",
		"shop "
		"unix:@"
		"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000002999;shop unix:/run/??[1m?;");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(who_calls_whom), WORLD_TEST(failures), WORLD_TEST(disputed), WORLD_TEST(hostile)};

	return cmocka_run_group_tests_name("enrich_unix_socket", tests, NULL, NULL);
}
