/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as the probes send them: a valid one of each type, to be changed by a test. */
#ifndef LW_TESTS_MESSAGES_H
#define LW_TESTS_MESSAGES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/events.h"

#define SECOND 1000000000ull
#define T0     (1000 * SECOND) /* of the boot clock */

struct message {
	union {
		uint64_t words[LW_MSG_LARGEST / 8]; /* aligned as the ring's are; with room to be too large */
		struct lw_head head;
		struct lw_fork fork;
		struct lw_exec exec;
		struct lw_exit exit;
		struct lw_death death;
		struct lw_subject_sample sample;
		struct lw_syscall_count syscall;
		struct lw_tcp_count tcp;
		struct lw_listen listen;
		struct lw_connected connected;
		struct lw_unix unix_socket;
		struct lw_dns_answer dns;
		struct lw_stats stats;
		struct lw_tick tick;
		struct lw_host host;
		struct lw_reset_reasons reasons;
		struct lw_last_words words_of;
		struct lw_output output;
		struct lw_oom_mark mark;
		struct lw_oom_scene scene;
	};
};

static inline void message_begin(struct message *m, uint16_t type, size_t fixed)
{
	memset(m, 0, sizeof(*m));
	m->head = (struct lw_head){.type = type, .size = (uint32_t)fixed, .time = T0};
}

static inline struct lw_tail message_tail(struct message *m, const void *bytes, size_t size)
{
	struct lw_tail tail = {.offset = (uint16_t)m->head.size, .size = (uint16_t)size};

	memcpy((char *)m + m->head.size, bytes, size);
	m->head.size += (uint32_t)size;
	return tail;
}

/* A string literal; a path's last NUL is the literal's own. */
#define TAIL_TEXT(m, text) message_tail(m, text, sizeof(text) - 1)
#define TAIL_PATH(m, text) message_tail(m, text, sizeof(text))

static inline struct lw_task message_task(void)
{
	return (struct lw_task){.pid = 42,
		.tid = 43,
		.start = T0 - SECOND,
		.ppid = 7,
		.ns_pid = 2,
		.uid = 1000,
		.gid = 1001,
		.comm = "worker"};
}

static inline void make_fork(struct message *m)
{
	message_begin(m, LW_FORK, sizeof(m->fork));
	m->fork.parent_pid = 7;
	m->fork.parent_start = SECOND;
	m->fork.child_pid = 42;
	m->fork.child_start = T0 - SECOND;
}

static inline void make_exec(struct message *m)
{
	message_begin(m, LW_EXEC, sizeof(m->exec));
	m->exec.task = message_task();
	m->exec.inode = 5;
	m->exec.mtime = 6;
	m->exec.device = 7;
	m->exec.exe = TAIL_PATH(m, "worker\0app\0srv");
	m->exec.args = TAIL_PATH(m, "worker\0--fast");
	m->exec.cgroup2 = TAIL_PATH(m, "shop.service\0system.slice");
	m->exec.cgroup1 = TAIL_PATH(m, "shop.service");
}

static inline void make_seed(struct message *m)
{
	make_exec(m);
	m->head.type = LW_SEED;
}

static inline void make_exit(struct message *m)
{
	message_begin(m, LW_EXIT, sizeof(m->exit));
	m->exit.pid = 42;
	m->exit.start = T0 - SECOND;
	m->exit.exit_code = 0x8b;
}

static inline void make_death(struct message *m)
{
	struct lw_fault fault = {
		.time = T0, .address = 0x10, .tid = 43, .code = 1, .signal = 11, .comm = "worker"};

	message_begin(m, LW_DEATH, sizeof(m->death));
	m->death.task = message_task();
	m->death.exit_code = 11;
	m->death.dumpable = 2;
	m->death.core_limit = 4096;
	m->death.sender = (struct lw_sender){.time = T0 - 1,
		.start = 2,
		.pid = 9,
		.uid = 3,
		.signal = 15,
		.comm = "bash",
		.kin_count = 2,
		.kin = {{8, "sshd"}, {1, "systemd"}}};
	m->death.first = fault;
	m->death.first.handled = 1;
	m->death.last = fault;
	m->death.oom = (struct lw_oom){.time = T0,
		.limit = 1 << 20,
		.usage = 1 << 20,
		.trigger_pid = 42,
		.scope = LW_OOM_CGROUP,
		.score_adj = -5,
		.trigger_comm = "worker"};
	m->death.sender.origin =
		(struct lw_origin){.login_uid = 1000, .session = 3, .ns_pid = 9, .exiting = 1, .tty = "pts3"};
	m->death.request =
		(struct lw_request){.time = T0 - 2, .start = 2, .pid = 9, .signal = 15, .comm = "bash"};
	m->death.limits = (struct lw_limits){.nofile = 1024,
		.as = UINT64_MAX,
		.stack = 8 << 20,
		.size = 4 << 20,
		.rss = 2 << 20,
		.peak = 3 << 20,
		.stack_top = 1,
		.files = 7,
		.threads = 2,
		.flags = LW_LIMITS_KNOWN | LW_LIMITS_MEMORY | LW_LIMITS_FILES};
	m->death.cgroup2 = TAIL_PATH(m, "shop.service\0system.slice");
	m->death.cgroup1 = TAIL_PATH(m, "shop.service");
	m->death.oom_cgroup = TAIL_PATH(m, "system.slice");
}

static inline void make_sample(struct message *m)
{
	message_begin(m, LW_SUBJECT_SAMPLE, sizeof(m->sample));
	m->sample.task = message_task();
	m->sample.call = 257;
	m->sample.error = 13;
	m->sample.kind = LW_SUBJECT_PATH;
	m->sample.weight = 4;
	m->sample.subject = TAIL_TEXT(m, "/etc/app.key");
	m->sample.cgroup2 = TAIL_PATH(m, "shop.service\0system.slice");
	m->sample.cgroup1 = TAIL_PATH(m, "shop.service");
}

/* What a write to a full disk was about: the names from the file up. */
static inline void make_file_sample(struct message *m)
{
	make_sample(m);
	m->sample.call = 1;
	m->sample.error = 28;
	m->sample.kind = LW_SUBJECT_FILE;
	m->sample.subject = TAIL_PATH(m, "queue.log\0srv");
}

static inline void make_address_sample(struct message *m, const void *address, size_t size)
{
	message_begin(m, LW_SUBJECT_SAMPLE, sizeof(m->sample));
	m->sample.task = message_task();
	m->sample.call = 42;
	m->sample.error = 111;
	m->sample.kind = LW_SUBJECT_ADDRESS;
	m->sample.weight = 1;
	m->sample.subject = message_tail(m, address, size);
}

static inline void make_syscall(struct message *m)
{
	message_begin(m, LW_SYSCALL_COUNT, sizeof(m->syscall));
	m->syscall.pid = 42;
	m->syscall.start = T0 - SECOND;
	m->syscall.first = T0 - SECOND / 2;
	m->syscall.last = T0 - 1;
	m->syscall.count = 48;
	m->syscall.interval = SECOND;
	m->syscall.call = 257;
	m->syscall.error = 13;
}

static inline void make_tcp(struct message *m)
{
	static const uint8_t local[4] = {10, 0, 0, 1}, remote[4] = {10, 0, 0, 2};

	message_begin(m, LW_TCP_COUNT, sizeof(m->tcp));
	m->tcp.first = T0 - 2;
	m->tcp.last = T0 - 1;
	m->tcp.count = 3;
	m->tcp.interval = SECOND;
	m->tcp.owner_pid = 42;
	m->tcp.owner_start = T0 - SECOND;
	m->tcp.owner_uid = 1000;
	m->tcp.netns = 4026531840u;
	m->tcp.reason = LW_TCP_NO_REASON;
	m->tcp.kind = LW_TCP_SENT;
	m->tcp.family = 4;
	m->tcp.state = 1;
	m->tcp.local_port = 443;
	m->tcp.remote_port = 50000;
	memcpy(m->tcp.local, local, sizeof(local));
	memcpy(m->tcp.remote, remote, sizeof(remote));
	m->tcp.cgroup2 = TAIL_PATH(m, "shop.service\0system.slice");
}

static inline void make_stats(struct message *m)
{
	message_begin(m, LW_STATS, sizeof(m->stats));
	for (unsigned i = 0; i < LW_SOURCES; i++)
		m->stats.source[i] = (struct lw_source_stats){100 + i, i, 10 + i, 20 + i, 30 + i};
}

static inline void make_tick(struct message *m)
{
	message_begin(m, LW_TICK, sizeof(m->tick));
	m->tick.realtime = 1700000000 * SECOND + T0;
}

static inline void make_host(struct message *m)
{
	message_begin(m, LW_HOST, sizeof(m->host));
	m->host.wire_version = LW_WIRE_VERSION;
	m->host.name = TAIL_TEXT(m, "web-1");
	m->host.boot_id = TAIL_TEXT(m, "834b311d-4506-471b-be43-8fc205b6171f");
	m->host.machine = TAIL_TEXT(m, "x86_64");
	m->host.release = TAIL_TEXT(m, "6.1.0");
	m->host.core_pattern = TAIL_TEXT(m, "core");
}

static inline void make_reasons(struct message *m)
{
	message_begin(m, LW_RESET_REASONS, sizeof(m->reasons));
	m->reasons.names = TAIL_PATH(m, "SK_RST_REASON_NOT_SPECIFIED\0\0SK_RST_REASON_NO_SOCKET");
}

static inline void make_last_words(struct message *m)
{
	message_begin(m, LW_LAST_WORDS, offsetof(struct lw_last_words, text));
	m->words_of.pid = 42;
	m->words_of.start = T0 - SECOND;
	m->words_of.bytes = 100;
	m->words_of.position = 6;
	TAIL_TEXT(m, "hello\n");
}

static inline void make_output(struct message *m)
{
	message_begin(m, LW_OUTPUT, sizeof(m->output));
	m->output.pid = 42;
	m->output.start = T0 - SECOND;
	m->output.bytes = 100;
	m->output.kept = 1000;
	m->output.size = 6;
	TAIL_TEXT(m, "hello\n");
}

static inline void make_mark(struct message *m)
{
	message_begin(m, LW_OOM_MARK, sizeof(m->mark));
	m->mark.start = T0 - SECOND;
	m->mark.pid = 42;
	m->mark.scope = LW_OOM_CGROUP;
	m->mark.version = 2;
	m->mark.cgroup = TAIL_PATH(m, "system.slice");
}

static inline void make_scene(struct message *m)
{
	message_begin(m, LW_OOM_SCENE, sizeof(m->scene));
	m->scene.start = T0 - SECOND;
	m->scene.marked = T0 - 5;
	m->scene.pid = 42;
	m->scene.process_count = 1;
	m->scene.stat_count = 1;
	m->scene.largest[0] = (struct lw_oom_process){1 << 20, 42, -5, "worker"};
	m->scene.stats[0] = (struct lw_oom_stat){1 << 20, "anon"};
}

static inline void make_listen(struct message *m)
{
	message_begin(m, LW_LISTEN, sizeof(m->listen));
	m->head.flags = LW_LISTEN_OPEN;
	m->listen.start = T0 - SECOND;
	m->listen.pid = 42;
	m->listen.inode = 1234;
	m->listen.port = 443;
	m->listen.family = 4;
	memcpy(m->listen.address, "\x7f\0\0\1", 4);
}

static inline void make_connected(struct message *m)
{
	message_begin(m, LW_CONNECTED, sizeof(m->connected));
	m->connected.start = T0 - SECOND;
	m->connected.pid = 42;
	m->connected.netns = 7;
	m->connected.port = 443;
	m->connected.family = 4;
	m->connected.local = 1;
	memcpy(m->connected.remote, "\x7f\0\0\1", 4);
}

static inline void make_unix(struct message *m)
{
	message_begin(m, LW_UNIX, sizeof(m->unix_socket));
	m->unix_socket.start = T0 - SECOND;
	m->unix_socket.pid = 42;
	m->unix_socket.listener_start = T0 - 2 * SECOND;
	m->unix_socket.listener_pid = 41;
	m->unix_socket.size = 15;
	memcpy(m->unix_socket.path, "/run/shop.sock", 15);
}

/* pay.example is 192.0.2.7 */
static inline void make_dns(struct message *m)
{
	message_begin(m, LW_DNS_ANSWER, sizeof(m->dns));
	m->dns.netns = 7;
	TAIL_PATH(m, "\0\1\x81\x80\0\1\0\1\0\0\0\0\3pay\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0"
		     "\0\2\7");
	m->dns.size = m->dns.kept = (uint16_t)(m->head.size - sizeof(m->dns));
}

typedef void (*make_fn)(struct message *m);

static const make_fn make_each[] = {make_fork, make_exec, make_exit, make_death, make_sample, make_syscall,
	make_tcp, make_stats, make_tick, make_seed, make_host, make_reasons, make_last_words, make_output,
	make_mark, make_scene, make_listen, make_connected, make_dns, make_unix};
#define MAKE_COUNT (sizeof(make_each) / sizeof(*make_each))

#endif
