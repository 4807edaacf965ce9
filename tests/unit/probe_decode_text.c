/* SPDX-License-Identifier: Apache-2.0 */
/* decode: values, paths, socket addresses and the ends of connections. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <sys/un.h>
#include <cmocka.h>

#include "probe/decode.h"
#include "unit/messages.h"

static struct record decode_ok(struct message *m)
{
	struct record r;

	memset(&r, 0xa5, sizeof(r));
	assert_int_equal(decode(m, m->head.size, &r), 0);
	return r;
}

static void values_of_exec(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	make_exec(&m);
	memset(m.exec.task.comm, 'x', LW_COMM); /* without NUL */
	m.head.flags = LW_EXEC_ARGS_CUT;
	r = decode_ok(&m);
	assert_int_equal(r.exec.task.key.pid, 42);
	assert_int_equal(r.exec.task.key.start, T0 - SECOND);
	assert_int_equal(r.exec.task.tid, 43);
	assert_int_equal(r.exec.task.ppid, 7);
	assert_int_equal(r.exec.task.ns_pid, 2);
	assert_int_equal(r.exec.task.uid, 1000);
	assert_int_equal(r.exec.task.gid, 1001);
	assert_string_equal(r.exec.task.comm, "xxxxxxxxxxxxxxxx");
	assert_string_equal(r.exec.exe, "/srv/app/worker");
	assert_string_equal(r.exec.cgroup.v2, "/system.slice/shop.service");
	assert_string_equal(r.exec.cgroup.v1, "/shop.service");
	assert_int_equal(r.exec.args_len, 14);
	assert_memory_equal(r.exec.args, "worker\0--fast", 15);
	assert_true(r.exec.args_cut && !r.exec.path_cut);
	assert_true(r.exec.inode == 5 && r.exec.mtime == 6 && r.exec.device == 7);
}

static void values_of_death(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	make_death(&m);
	m.head.flags = LW_DEATH_DELIVERED | LW_DEATH_CGROUP_CUT;
	r = decode_ok(&m);
	assert_true(r.death.delivered && r.death.cgroup_cut && !r.death.no_state);
	assert_int_equal(r.death.dumpable, 1);
	assert_int_equal(r.death.core_limit, 4096);
	assert_int_equal(r.death.sender.key.pid, 9);
	assert_int_equal(r.death.sender.kin_count, 2);
	assert_string_equal(r.death.sender.kin[1].comm, "systemd");
	assert_true(r.death.first.handled && !r.death.last.handled);
	assert_int_equal(r.death.last.address, 0x10);
	assert_int_equal(r.death.oom.scope, OOM_CGROUP);
	assert_int_equal(r.death.oom.score_adj, -5);
	assert_string_equal(r.death.oom.cgroup, "/system.slice");
	m.death.dumpable = 0;
	m.head.flags = LW_DEATH_NO_STATE;
	r = decode_ok(&m);
	assert_int_equal(r.death.dumpable, -1);
	assert_true(r.death.no_state && !r.death.delivered);
}

static void values_of_the_rest(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	make_host(&m);
	r = decode_ok(&m);
	assert_string_equal(r.host.name, "web-1");
	assert_string_equal(r.host.core_pattern, "core");
	make_stats(&m);
	r = decode_ok(&m);
	for (unsigned i = 0; i < SOURCES; i++) {
		assert_int_equal(r.stats.source[i].seen, 100 + i);
		assert_int_equal(r.stats.source[i].missed, 30 + i);
	}
	make_reasons(&m);
	r = decode_ok(&m);
	assert_int_equal(r.reasons.count, 3);
	assert_string_equal(r.reasons.text + r.reasons.offset[1], "");
	assert_string_equal(r.reasons.text + r.reasons.offset[2], "SK_RST_REASON_NO_SOCKET");
	make_syscall(&m);
	m.head.flags = LW_BUFFER_B;
	r = decode_ok(&m);
	assert_true(
		r.syscall.count == 48 && r.syscall.call == 257 && r.syscall.error == 13 && r.syscall.buffer);
}

/* More names than there is room for are cut, not refused. */
static void many_reasons(void **state)
{
	char names[RECORD_REASONS + 40] = {0};
	struct message m;
	struct record r;

	(void)state;
	message_begin(&m, LW_RESET_REASONS, sizeof(m.reasons));
	m.reasons.names = message_tail(&m, names, sizeof(names));
	r = decode_ok(&m);
	assert_int_equal(r.reasons.count, RECORD_REASONS);
}

static void expect_path(const void *names, size_t size, const char *path)
{
	struct message m;
	struct record r;

	message_begin(&m, LW_EXEC, sizeof(m.exec));
	m.exec.task = message_task();
	m.exec.exe = message_tail(&m, names, size);
	if (!path) {
		assert_int_equal(decode(&m, m.head.size, &r), -EBADMSG);
		return;
	}
	r = decode_ok(&m);
	assert_string_equal(r.exec.exe, path);
}

static void paths(void **state)
{
	char longest[LW_PATH], many[LW_PATH], expected[LW_PATH + 2];

	(void)state;
	expect_path("", 0, "");
	expect_path("", 1, "/");
	expect_path("a", 2, "/a");
	expect_path("c\0b\0a", 6, "/a/b/c");
	expect_path("a", 1, NULL);      /* not ended */
	expect_path("c\0\0a", 5, NULL); /* an empty name among others */
	expect_path("\0a", 3, NULL);
	expect_path("c\0", 3, NULL);
	memset(longest, 'a', sizeof(longest));
	longest[LW_PATH - 1] = '\0';
	snprintf(expected, sizeof(expected), "/%s", longest);
	expect_path(longest, sizeof(longest), expected);
	for (size_t i = 0; i < sizeof(many); i += 2) {
		memcpy(many + i, "b", 2);
		memcpy(expected + i, "/b", 3);
	}
	expect_path(many, sizeof(many), expected);
}

static void expect_address(const void *address, size_t size, const char *text)
{
	struct message m;
	struct record r;

	make_address_sample(&m, address, size);
	r = decode_ok(&m);
	assert_string_equal(r.subject.subject, text);
}

static void internet_addresses(void **state)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(5432), .sin_addr.s_addr = htonl(0x0a000001)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(53), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
	struct sockaddr other = {.sa_family = AF_NETLINK};

	(void)state;
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &mapped.sin6_addr);
	for (size_t size = 0; size <= sizeof(in); size++)
		expect_address(&in, size, size == sizeof(in) ? "10.0.0.1:5432" : "");
	for (size_t size = 0; size <= sizeof(in6); size++) {
		expect_address(&in6, size, size >= 24 ? "[::1]:53" : ""); /* SIN6_LEN_RFC2133 */
		expect_address(&mapped, size, size >= 24 ? "192.0.2.7:80" : "");
	}
	for (size_t size = 0; size <= sizeof(other); size++)
		expect_address(&other, size, "");
}

static void local_addresses(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/db.sock"}, abstract = un;
	char text[LW_SUBJECT + 1] = "";

	(void)state;
	memcpy(abstract.sun_path, "\0db", 3);
	for (size_t size = 0; size <= sizeof(un); size++) {
		snprintf(text, sizeof(text), "%.*s", size > 2 ? (int)size - 2 : 0, "/run/db.sock");
		expect_address(&un, size, text);
	}
	expect_address(&abstract, 2, "");
	expect_address(&abstract, 3, "@");
	expect_address(&abstract, 5, "@db");
	memset(un.sun_path, 'x', sizeof(un.sun_path)); /* without NUL */
	memset(text, 0, sizeof(text));
	memset(text, 'x', sizeof(un.sun_path));
	expect_address(&un, sizeof(un), text);
}

static void expect_ends(struct message *m, const char *local, const char *remote)
{
	struct record r = decode_ok(m);

	assert_string_equal(r.tcp.local, local);
	assert_string_equal(r.tcp.remote, remote);
}

static void ends(void **state)
{
	struct message m;

	(void)state;
	make_tcp(&m);
	expect_ends(&m, "10.0.0.1:443", "10.0.0.2:50000");
	m.tcp.remote_port = 0;
	m.head.flags = LW_TCP_FOLDED_PORT;
	expect_ends(&m, "10.0.0.1:443", "10.0.0.2:*");
	m.head.flags |= LW_TCP_FOLDED_ADDRESS;
	expect_ends(&m, "10.0.0.1:443", "*:*");
	m.tcp.local_port = 0;
	m.tcp.remote_port = 5432;
	m.head.flags = LW_TCP_FOLDED_PORT;
	expect_ends(&m, "10.0.0.1:*", "10.0.0.2:5432");
	m.head.flags = 0;
	expect_ends(&m, "10.0.0.1:0", "10.0.0.2:5432");
	m.tcp.family = 6;
	m.tcp.local_port = 0xffff;
	inet_pton(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", m.tcp.local);
	inet_pton(AF_INET6, "::ffff:192.0.2.1", m.tcp.remote);
	expect_ends(&m, "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", "192.0.2.1:5432");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(values_of_exec),
		cmocka_unit_test(values_of_death), cmocka_unit_test(values_of_the_rest),
		cmocka_unit_test(many_reasons), cmocka_unit_test(paths), cmocka_unit_test(internet_addresses),
		cmocka_unit_test(local_addresses), cmocka_unit_test(ends)};

	return cmocka_run_group_tests_name("probe_decode_text", tests, NULL, NULL);
}
