/* SPDX-License-Identifier: Apache-2.0 */
/* Which services of this host, and peers elsewhere, a failing one has called or is connected to. */
#include "unit/calls_test.h"

#include <arpa/inet.h>

static void address_of(uint8_t ret[16], unsigned last)
{
	const uint8_t bytes[4] = {127, 0, 0, (uint8_t)last};

	record_address(ret, bytes, 4);
}

/* last: of 127.0.0.x; 0: any address of IPv4, -1: any at all. */
static void listens(struct world *w, uint32_t pid, uint32_t netns, int last, uint16_t port)
{
	static uint64_t inode = 1000;
	struct record r = {.type = RECORD_LISTEN, .time = w->now};

	r.listen = (struct record_listen){
		.process = key_of(pid), .inode = inode++, .netns = netns, .port = port, .opens = true};
	if (last > 0)
		address_of(r.listen.address, (unsigned)last);
	else if (last == 0)
		record_address(r.listen.address, (const uint8_t[4]){0}, 4);
	enrich_record(w->enrich, &r);
}

static void connects(struct world *w, uint32_t pid, uint32_t netns, unsigned last, uint16_t port)
{
	struct record r = {.type = RECORD_CONNECTED, .time = w->now};

	r.connected = (struct record_connected){
		.process = key_of(pid), .netns = netns, .port = port, .local = true};
	address_of(r.connected.address, last);
	snprintf(r.connected.remote, sizeof(r.connected.remote), "127.0.0.%u:%u", last, port);
	enrich_record(w->enrich, &r);
	w->now += SECOND;
}

static void connects_far(struct world *w, uint32_t pid, unsigned last)
{
	struct record r = {.type = RECORD_CONNECTED, .time = w->now};
	const uint8_t bytes[4] = {198, 51, 100, (uint8_t)last};

	r.connected = (struct record_connected){.process = key_of(pid), .netns = 1, .port = 443};
	record_address(r.connected.address, bytes, 4);
	snprintf(r.connected.remote, sizeof(r.connected.remote), "198.51.100.%u:443", last);
	enrich_record(w->enrich, &r);
	w->now += SECOND;
}

/* A look at all connections tells that this process has it still. */
static void still(struct world *w, uint32_t pid, const char *remote, uint16_t port, uint16_t local_port)
{
	struct record r = {.type = RECORD_CONNECTED, .time = w->now};
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, remote, &address), 1);
	r.connected = (struct record_connected){.process = key_of(pid),
		.netns = 1,
		.port = port,
		.local_port = local_port,
		.local = strncmp(remote, "127.", 4) == 0};
	record_address(r.connected.address, (const uint8_t *)&address, 4);
	snprintf(r.connected.remote, sizeof(r.connected.remote), "%s:%u", remote, port);
	enrich_record(w->enrich, &r);
	w->now += SECOND;
}

/* pay.example is 192.0.X.Y */
static void answers(struct world *w, unsigned last)
{
	char bytes[] = "\0\1\x81\x80\0\1\0\1\0\0\0\0\3pay\7example\0\0\1\0\1"
		       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0XY";
	struct record answer = {.type = RECORD_DNS_ANSWER,
		.dns = {.netns = 1, .len = sizeof(bytes) - 1, .bytes = (const uint8_t *)bytes}};

	bytes[sizeof(bytes) - 3] = (char)(last >> 8);
	bytes[sizeof(bytes) - 2] = (char)last;
	enrich_record(w->enrich, &answer);
}

static void assert_callers(struct world *w, uint32_t pid, const char *service, const char *expected)
{
	const struct event *e = fail_in(w, pid, service);
	char got[1024] = "";

	for (unsigned i = 0; i < e->caller_count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s;", e->callers[i]);
	assert_string_equal(got, expected);
}

static void newest_first(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	exec_in(w, 44, "cache");
	listens(w, 43, 1, 1, 80);
	listens(w, 44, 1, -1, 81);
	connects(w, 42, 1, 1, 80);
	connects(w, 42, 1, 1, 81);
	connects(w, 42, 1, 1, 80);
	send_exit(w, 43, 9);
	assert_calls(w, 42, "shop", "orders 127.0.0.1:80;cache 127.0.0.1:81;");
	assert_calls(w, 44, "cache", "");
	/* By another process of the service, and no longer than an hour. */
	exec_in(w, 45, "shop");
	w->now += 3599 * SECOND;
	assert_calls(w, 45, "shop", "orders 127.0.0.1:80;");
	exec_in(w, 46, "shop");
	w->now += SECOND;
	assert_calls(w, 46, "shop", "");
}

/* Itself, where nobody listens, another namespace, a process that is not known. */
static void left_out(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	listens(w, 42, 1, 1, 79);
	listens(w, 43, 2, -1, 80);
	listens(w, 43, 1, 2, 81);
	connects(w, 42, 1, 1, 79);
	connects(w, 42, 1, 1, 80);
	connects(w, 42, 1, 1, 81);
	connects(w, 99, 2, 1, 80);
	assert_calls(w, 42, "shop", "");
}

/* The one that the kernel chooses; none where that may be either. */
static void several_listen(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "exact");
	exec_in(w, 44, "four");
	exec_in(w, 45, "any");
	exec_in(w, 46, "other");
	listens(w, 45, 1, -1, 80);
	listens(w, 43, 1, 1, 80);
	listens(w, 44, 1, 0, 80);
	connects(w, 42, 1, 1, 80);
	connects(w, 42, 1, 2, 80);
	listens(w, 45, 1, -1, 81);
	listens(w, 45, 1, -1, 81);
	connects(w, 42, 1, 3, 81);
	listens(w, 46, 1, -1, 81);
	connects(w, 42, 1, 4, 81);
	assert_calls(w, 42, "shop", "any 127.0.0.3:81;four 127.0.0.2:80;exact 127.0.0.1:80;");
}

static void in_a_flood(void **state)
{
	struct world *w = *state;
	char name[32];

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	for (uint16_t port = 1; port <= 20; port++) {
		listens(w, 43, 1, -1, port);
		connects(w, 42, 1, 1, port);
	}
	connects(w, 42, 1, 1, 15);
	for (uint32_t i = 0; i < 511; i++) {
		snprintf(name, sizeof(name), "caller%u", i);
		exec_in(w, 1000 + i, name);
		connects(w, 1000 + i, 1, 1, 1);
	}
	assert_calls(w, 42, "shop",
		"orders 127.0.0.1:15;orders 127.0.0.1:20;orders 127.0.0.1:19;orders 127.0.0.1:18;"
		"orders 127.0.0.1:17;orders 127.0.0.1:16;orders 127.0.0.1:14;orders 127.0.0.1:13;");
	exec_in(w, 2000, "one-more");
	connects(w, 2000, 1, 1, 1);
	exec_in(w, 47, "shop");
	assert_calls(w, 47, "shop", "");
	assert_calls(w, 2000, "one-more", "orders 127.0.0.1:1;");
}

static void who_calls(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	exec_in(w, 44, "feed");
	listens(w, 43, 1, 1, 80);
	connects(w, 42, 1, 1, 80);
	connects(w, 44, 1, 1, 80);
	assert_callers(w, 43, "orders", "feed;shop;");
	assert_callers(w, 44, "feed", "");
	exec_in(w, 45, "orders");
	w->now += 3599 * SECOND;
	assert_callers(w, 45, "orders", "feed;");
}

/* However many there are, services of this host keep their places. */
static void peers_elsewhere(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	listens(w, 43, 1, 1, 80);
	connects(w, 42, 1, 1, 80);
	for (unsigned last = 1; last <= 20; last++)
		connects_far(w, 42, last);
	assert_calls(w, 42, "shop",
		" 198.51.100.20:443; 198.51.100.19:443; 198.51.100.18:443; 198.51.100.17:443;"
		"orders 127.0.0.1:80;");
}

/* As long as it lives, and an hour more. */
static void connections_that_live(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	exec_in(w, 43, "orders");
	listens(w, 43, 1, 1, 80);
	connects(w, 42, 1, 1, 80);
	w->now += 3000 * SECOND;
	for (unsigned i = 0; i < 2 * 24; i++) {
		still(w, 42, "127.0.0.1", 80, 40000);
		w->now += 1800 * SECOND;
	}
	assert_callers(w, 43, "orders", "shop;");
	assert_calls(w, 42, "shop", "orders 127.0.0.1:80;");
	exec_in(w, 44, "shop");
	w->now += 1799 * SECOND;
	assert_calls(w, 44, "shop", "orders 127.0.0.1:80;");
	exec_in(w, 45, "shop");
	w->now += SECOND;
	assert_calls(w, 45, "shop", "");
}

/* Who accepted at a port is no caller; nor is anybody when somebody else's port is the same elsewhere. */
static void connections_accepted(void **state)
{
	struct world *w = *state;

	exec_in(w, 42, "shop");
	listens(w, 42, 1, -1, 8080);
	listens(w, 42, 2, -1, 40000);
	still(w, 42, "198.51.100.1", 50000, 8080);
	still(w, 42, "198.51.100.2", 443, 40000);
	assert_calls(w, 42, "shop", " 198.51.100.2:443;");
}

/* What is known of names may be forgotten before the connection ends. */
static void connections_with_names(void **state)
{
	struct world *w = *state;
	const struct event *e;

	exec_in(w, 42, "shop");
	answers(w, 7);
	still(w, 42, "192.0.0.7", 443, 0);
	for (unsigned last = 256; last < 256 + 4096; last++)
		answers(w, last);
	still(w, 42, "192.0.0.7", 443, 40000);
	e = fail_in(w, 42, "shop");
	assert_int_equal(e->call_count, 1);
	assert_string_equal(e->calls[0].remote_name, "pay.example");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(newest_first), WORLD_TEST(left_out),
		WORLD_TEST(several_listen), WORLD_TEST(in_a_flood), WORLD_TEST(who_calls),
		WORLD_TEST(peers_elsewhere), WORLD_TEST(connections_that_live),
		WORLD_TEST(connections_accepted), WORLD_TEST(connections_with_names)};

	return cmocka_run_group_tests_name("enrich_relations", tests, NULL, NULL);
}
