/* SPDX-License-Identifier: Apache-2.0 */
/* decode: each type arrives, and each length, offset, count and enumeration is bounded. */
#include "unit/decode_test.h"

#include <errno.h>

static void valid_messages(void **state)
{
	static const enum record_type types[MAKE_COUNT] = {RECORD_FORK, RECORD_EXEC, RECORD_EXIT,
		RECORD_DEATH, RECORD_SUBJECT_SAMPLE, RECORD_SYSCALL_COUNT, RECORD_TCP_COUNT, RECORD_STATS,
		RECORD_TICK, RECORD_SEED, RECORD_HOST, RECORD_RESET_REASONS, RECORD_LAST_WORDS, RECORD_OUTPUT,
		RECORD_OOM_MARK, RECORD_OOM_SCENE, RECORD_LISTEN, RECORD_CONNECTED, RECORD_DNS_ANSWER,
		RECORD_UNIX_SOCKET};
	struct message m;
	struct record r;

	(void)state;
	for (size_t i = 0; i < MAKE_COUNT; i++) {
		make_each[i](&m);
		assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
		assert_int_equal(r.type, types[i]);
		assert_int_equal(r.time, T0);
	}
}

/* The head's size must be the message's, and no byte of the fixed part or of a tail may be missing. */
static void wrong_sizes(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	for (size_t i = 0; i < MAKE_COUNT; i++) {
		make_each[i](&m);
		for (uint32_t size = 0, whole = m.head.size; size < whole; size++) {
			m.head.size = whole;
			assert_int_equal(decode_exact(&m, size, &r), -EBADMSG);
			m.head.size = size;
			assert_int_equal(decode_exact(&m, size, &r), -EBADMSG);
		}
		make_each[i](&m);
		assert_int_equal(decode_exact(&m, m.head.size + 1, &r), -EBADMSG);
		m.head.size = m.head.type == LW_LAST_WORDS ? sizeof(m.words_of) + 8
			      : m.head.type == LW_OUTPUT   ? sizeof(m.output) + LW_WORDS + 8
							   : LW_MSG_MAX + 8;
		assert_int_equal(decode_exact(&m, m.head.size, &r), -EBADMSG);
	}
	make_tick(&m);
	m.head.size += 8;
	assert_int_equal(decode_exact(&m, m.head.size, &r), -EBADMSG);
	make_exec(&m);
	m.head.size = LW_MSG_MAX;
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
}

#define FIELD(make, member, value, ok)                                                                       \
	{                                                                                                    \
#make " " #member " " #value, make, offsetof(struct message, member),                        \
			sizeof(((struct message *)0)->member), (uint64_t)(value), ok                         \
	}

static const struct {
	const char *what;
	make_fn make;
	size_t offset;
	size_t width;
	uint64_t value;
	bool ok;
} fields[] = {
	FIELD(make_tick, head.type, 0, false),
	FIELD(make_tick, head.type, LW_TYPES, false),
	FIELD(make_tick, head.type, 0xffff, false),
	FIELD(make_tick, head.flags, 0xffff, true),
	FIELD(make_tick, head.time, UINT64_MAX, true),
	FIELD(make_tick, tick.realtime, 0, true),
	FIELD(make_fork, fork.child_pid, 0, false),
	FIELD(make_fork, fork.child_pid, UINT32_MAX, true),
	FIELD(make_fork, fork.parent_pid, 0, true),
	FIELD(make_exec, exec.task.pid, 0, false),
	FIELD(make_exec, exec.task.tid, 0, false),
	FIELD(make_exec, exec.task.pid, UINT32_MAX, true),
	FIELD(make_seed, exec.task.pid, 0, false),
	FIELD(make_exit, exit.pid, 0, false),
	FIELD(make_exit, exit.exit_code, UINT32_MAX, true),
	FIELD(make_death, death.task.pid, 0, false),
	FIELD(make_death, death.exit_code, 0, false),
	FIELD(make_death, death.exit_code, 0x80, false),
	FIELD(make_death, death.exit_code, 1, true),
	FIELD(make_death, death.exit_code, 64, true),
	FIELD(make_death, death.exit_code, 65, false),
	FIELD(make_death, death.exit_code, 0x7f, false),
	FIELD(make_death, death.exit_code, 0xff00, true),
	FIELD(make_death, death.exit_code, 0x10000, false),
	FIELD(make_death, death.exit_code, UINT32_MAX, false),
	FIELD(make_death, death.sender.from_kernel, 2, true),
	FIELD(make_death, death.sender.from_kernel, 3, false),
	FIELD(make_death, death.request.signal, 64, true),
	FIELD(make_death, death.request.signal, 65, false),
	FIELD(make_death, death.limits.rss, UINT64_MAX, false),
	FIELD(make_death, death.limits.peak, UINT64_MAX, false),
	FIELD(make_death, death.limits.size, UINT64_MAX, false),
	FIELD(make_death, death.limits.nofile, UINT64_MAX, true),
	FIELD(make_mark, mark.pid, 0, false),
	FIELD(make_mark, mark.scope, 0, false),
	FIELD(make_mark, mark.scope, LW_OOM_HOST, true),
	FIELD(make_mark, mark.scope, LW_OOM_HOST + 1, false),
	FIELD(make_mark, mark.version, 3, false),
	FIELD(make_mark, mark.cgroup.offset, 0, false),
	FIELD(make_mark, mark.cgroup.size, 0xffff, false),
	FIELD(make_scene, scene.pid, 0, false),
	FIELD(make_scene, scene.process_count, LW_OOM_LARGEST, true),
	FIELD(make_scene, scene.process_count, LW_OOM_LARGEST + 1, false),
	FIELD(make_scene, scene.stat_count, LW_OOM_STATS + 1, false),
	FIELD(make_scene, scene.largest[0].rss, UINT64_MAX, false),
	FIELD(make_scene, scene.stats[0].bytes, UINT64_MAX, false),
	FIELD(make_death, death.dumpable, 0, true),
	FIELD(make_death, death.dumpable, 3, true),
	FIELD(make_death, death.dumpable, 4, false),
	FIELD(make_death, death.sender.signal, 0, true),
	FIELD(make_death, death.sender.signal, 64, true),
	FIELD(make_death, death.sender.signal, 65, false),
	FIELD(make_death, death.sender.kin_count, 0, true),
	FIELD(make_death, death.sender.kin_count, LW_ANCESTRY, true),
	FIELD(make_death, death.sender.kin_count, LW_ANCESTRY + 1, false),
	FIELD(make_death, death.sender.kin_count, UINT32_MAX, false),
	FIELD(make_death, death.first.signal, 64, true),
	FIELD(make_death, death.first.signal, 65, false),
	FIELD(make_death, death.last.signal, 64, true),
	FIELD(make_death, death.last.signal, 65, false),
	FIELD(make_death, death.last.handled, 0xffff, true),
	FIELD(make_death, death.oom.scope, 0, false),
	FIELD(make_death, death.oom.scope, LW_OOM_HOST, true),
	FIELD(make_death, death.oom.scope, LW_OOM_HOST + 1, false),
	FIELD(make_death, death.oom.scope, 0xffff, false),
	FIELD(make_death, death.oom.time, 0, false),
	FIELD(make_sample, sample.task.tid, 0, false),
	FIELD(make_sample, sample.call, 0xffff, true),
	FIELD(make_sample, sample.error, 0, false),
	FIELD(make_sample, sample.error, 4095, true),
	FIELD(make_sample, sample.error, 4096, false),
	FIELD(make_sample, sample.compat, 1, true),
	FIELD(make_sample, sample.compat, 2, false),
	FIELD(make_sample, sample.kind, LW_SUBJECT_NONE, true),
	FIELD(make_sample, sample.kind, LW_SUBJECT_ADDRESS + 1, false),
	FIELD(make_sample, sample.weight, UINT32_MAX, true),
	FIELD(make_syscall, syscall.pid, 0, false),
	FIELD(make_syscall, syscall.error, 0, false),
	FIELD(make_syscall, syscall.error, 4095, true),
	FIELD(make_syscall, syscall.error, 4096, false),
	FIELD(make_syscall, syscall.compat, 1, true),
	FIELD(make_syscall, syscall.compat, 2, false),
	FIELD(make_syscall, syscall.count, 0, false),
	FIELD(make_syscall, syscall.count, INT64_MAX, true),
	FIELD(make_syscall, syscall.count, 1ull << 63, false),
	FIELD(make_last_words, words_of.pid, 0, false),
	FIELD(make_last_words, words_of.bytes, 0, false),
	FIELD(make_last_words, words_of.bytes, 1ull << 63, false),
	FIELD(make_last_words, words_of.position, 0, true),
	FIELD(make_last_words, words_of.position, 7, false),
	FIELD(make_last_words, words_of.position, UINT32_MAX, false),
	FIELD(make_last_words, words_of.end, 6, true),
	FIELD(make_last_words, words_of.end, 7, false),
	FIELD(make_last_words, words_of.end, UINT32_MAX, false),
	FIELD(make_last_words, words_of.datagrams, 12, true),
	FIELD(make_last_words, words_of.datagrams, 13, false),
	FIELD(make_output, output.pid, 0, false),
	FIELD(make_output, output.bytes, 0, true),
	FIELD(make_output, output.bytes, 1ull << 63, false),
	FIELD(make_tcp, tcp.count, INT64_MAX, true),
	FIELD(make_tcp, tcp.count, 1ull << 63, false),
	FIELD(make_stats, stats.source[LW_SRC_TCP].seen, INT64_MAX, true),
	FIELD(make_stats, stats.source[LW_SRC_TCP].seen, 1ull << 63, false),
	FIELD(make_stats, stats.source[0].ring_full, UINT64_MAX, false),
	FIELD(make_stats, stats.source[0].map_full, UINT64_MAX, false),
	FIELD(make_stats, stats.source[0].unreadable, UINT64_MAX, false),
	FIELD(make_stats, stats.source[LW_SRC_TCP].missed, UINT64_MAX, false),
	FIELD(make_death, death.oom.limit, 1ull << 63, false),
	FIELD(make_death, death.oom.usage, 1ull << 63, false),
	FIELD(make_tcp, tcp.kind, 0, false),
	FIELD(make_tcp, tcp.kind, LW_TCP_CONNECT_FAILED, true),
	FIELD(make_tcp, tcp.kind, LW_TCP_CONNECT_FAILED + 1, false),
	FIELD(make_tcp, tcp.kind, 0xff, false),
	FIELD(make_tcp, tcp.family, 0, false),
	FIELD(make_tcp, tcp.family, 5, false),
	FIELD(make_tcp, tcp.family, 6, true),
	FIELD(make_tcp, tcp.family, 7, false),
	FIELD(make_tcp, tcp.state, 0xff, true),
	FIELD(make_tcp, tcp.count, 0, false),
	FIELD(make_tcp, tcp.error, 4095, true),
	FIELD(make_tcp, tcp.error, 4096, false),
	FIELD(make_tcp, tcp.owner_pid, 0, true),
	FIELD(make_listen, listen.pid, 0, false),
	FIELD(make_listen, listen.inode, UINT64_MAX, true),
	FIELD(make_listen, listen.family, 5, false),
	FIELD(make_connected, connected.pid, 0, false),
	FIELD(make_connected, connected.family, 0, false),
	FIELD(make_connected, connected.family, 6, true),
	FIELD(make_connected, connected.port, 0xffff, true),
	FIELD(make_connected, connected.local_port, 0xffff, true),
	FIELD(make_connected, connected.local, 0, true),
	FIELD(make_connected, connected.local, 2, false),
	FIELD(make_unix, unix_socket.pid, 0, true),
	FIELD(make_unix, unix_socket.listener_pid, 0, false),
	FIELD(make_unix, unix_socket.listener_start, 0, true),
	FIELD(make_unix, unix_socket.size, 0, false),
	FIELD(make_unix, unix_socket.size, LW_UNIX_PATH, true),
	FIELD(make_unix, unix_socket.size, LW_UNIX_PATH + 1, false),
	FIELD(make_dns, dns.size, 4096, true),
	FIELD(make_dns, dns.size, 0, false),
	FIELD(make_dns, dns.kept, 0, false),
	FIELD(make_host, host.wire_version, LW_WIRE_VERSION - 1, false),
	FIELD(make_host, host.wire_version, LW_WIRE_VERSION + 1, false),
};

static void field_bounds(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		fields[i].make(&m);
		memcpy((char *)&m + fields[i].offset, &fields[i].value, fields[i].width); /* little endian */
		if (decode_exact(&m, m.head.size, &r) != (fields[i].ok ? 0 : -EBADMSG))
			fail_msg("%s: expected %s", fields[i].what,
				fields[i].ok ? "to pass" : "to be refused");
	}
}

enum { TAIL_IS_PATH, TAIL_IS_TEXT, TAIL_IS_BYTES, TAIL_IS_NAMES };

#define TAIL(make, member, max, kind)                                                                        \
	{                                                                                                    \
#make " " #member, make, offsetof(struct message, member), max, kind                         \
	}

static const struct {
	const char *what;
	make_fn make;
	size_t offset;
	uint16_t max;
	int kind;
} tails[] = {
	TAIL(make_exec, exec.exe, LW_PATH, TAIL_IS_PATH),
	TAIL(make_exec, exec.args, LW_ARGS, TAIL_IS_BYTES),
	TAIL(make_exec, exec.cgroup2, LW_PATH, TAIL_IS_PATH),
	TAIL(make_seed, exec.cgroup1, LW_PATH, TAIL_IS_PATH),
	TAIL(make_death, death.cgroup2, LW_PATH, TAIL_IS_PATH),
	TAIL(make_death, death.cgroup1, LW_PATH, TAIL_IS_PATH),
	TAIL(make_death, death.oom_cgroup, LW_PATH, TAIL_IS_PATH),
	TAIL(make_sample, sample.subject, 159, TAIL_IS_TEXT),
	TAIL(make_file_sample, sample.subject, LW_PATH, TAIL_IS_PATH),
	TAIL(make_sample, sample.cgroup2, LW_PATH, TAIL_IS_PATH),
	TAIL(make_sample, sample.cgroup1, LW_PATH, TAIL_IS_PATH),
	TAIL(make_tcp, tcp.cgroup2, LW_PATH, TAIL_IS_PATH),
	TAIL(make_host, host.name, 255, TAIL_IS_TEXT),
	TAIL(make_host, host.boot_id, 39, TAIL_IS_TEXT),
	TAIL(make_host, host.machine, 31, TAIL_IS_TEXT),
	TAIL(make_host, host.release, 71, TAIL_IS_TEXT),
	TAIL(make_host, host.core_pattern, 135, TAIL_IS_TEXT),
	TAIL(make_reasons, reasons.names, RECORD_REASON_TEXT, TAIL_IS_NAMES),
};

/* What becomes of a message whose tail number i is size bytes of 'a' behind all others, its place moved by
 * shift. */
static int decode_tail(size_t i, uint16_t size, int shift, bool ended)
{
	char bytes[LW_MSG_MAX];
	struct message m;
	struct record r;
	struct lw_tail t;

	tails[i].make(&m);
	memset(bytes, 'a', sizeof(bytes));
	if (ended && size && (tails[i].kind == TAIL_IS_PATH || tails[i].kind == TAIL_IS_NAMES))
		bytes[size - 1] = '\0';
	if (!ended && tails[i].kind == TAIL_IS_TEXT)
		bytes[size / 2] = '\0';
	t = message_tail(&m, bytes, size);
	t.offset = (uint16_t)(t.offset + shift);
	memcpy((char *)&m + tails[i].offset, &t, sizeof(t));
	return decode_exact(&m, m.head.size, &r);
}

static void tail_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		int kind = tails[i].kind;

		if (decode_tail(i, 2, 0, true) != 0)
			fail_msg("%s is refused", tails[i].what);
		assert_int_equal(decode_tail(i, tails[i].max, 0, true), 0);
		assert_int_equal(decode_tail(i, (uint16_t)(tails[i].max + 1), 0, true), -EBADMSG);
		assert_int_equal(decode_tail(i, 2, 1, true), -EBADMSG);
		assert_int_equal(decode_tail(i, tails[i].max, 1, true), -EBADMSG);
		assert_int_equal(decode_tail(i, 2, 0x7000, true), -EBADMSG);
		assert_int_equal(decode_tail(i, 0, 0x7000, true), kind == TAIL_IS_NAMES ? -EBADMSG : 0);
		assert_int_equal(decode_tail(i, 2, 0, false), kind == TAIL_IS_BYTES ? 0 : -EBADMSG);
	}
}

/* A tail may not reach back into the fixed part. */
static void tail_in_head(void **state)
{
	struct message m;
	struct record r;
	struct lw_tail t = {.size = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		tails[i].make(&m);
		for (t.offset = 0; t.offset <= tails[i].offset; t.offset++) {
			memcpy((char *)&m + tails[i].offset, &t, sizeof(t));
			assert_int_equal(decode_exact(&m, m.head.size, &r), -EBADMSG);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(valid_messages),
		cmocka_unit_test(wrong_sizes), cmocka_unit_test(field_bounds), cmocka_unit_test(tail_bounds),
		cmocka_unit_test(tail_in_head)};

	return cmocka_run_group_tests_name("probe_decode", tests, NULL, NULL);
}
