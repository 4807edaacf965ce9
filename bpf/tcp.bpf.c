// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* TCP resets and failed connects, counted by both ends and owner; sockets that listen. The current task in
 * softirq is not the owner: it is remembered when a process connects or listens. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "task.bpf.h"
#include "tcp.h"
#include "tcp_established.bpf.h"
#include "tcp_listen.bpf.h"
#include "tcp_local.bpf.h"
#include "tcp_sock.bpf.h"

#define ECANCELED 125

/* include/net/tcp_states.h; TCP_ESTABLISHED is in tcp_established.bpf.h */
#define TCP_SYN_SENT     2
#define TCP_SYN_RECV     3
#define TCP_TIME_WAIT    6
#define TCP_CLOSE        7
#define TCP_LISTEN       10
#define TCP_NEW_SYN_RECV 12

#define EPHEMERAL_PORT 32768
/* A connect that the program itself gives up earlier than this is no failure: it asks several addresses at a
 * time. */
#define GIVEN_UP_AFTER 1000000000ull

/* What a socket was on its way to TCP_CLOSE: a reset is told after it was sent, and by then the peer's socket
 * on this host may have closed, too, and the process moved to another CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} closed_from SEC(".maps");

struct tcp_counters {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct lw_tcp_key);
	__type(value, struct lw_tcp_value);
};

struct tcp_counters tcp_a SEC(".maps");
struct tcp_counters tcp_b SEC(".maps");

/* Keys with both ends in full that may still be made in this second; user space fills it up again. */
volatile __s32 tcp_exact_left = LW_TCP_EXACT_PER_SECOND;

static const struct lw_tcp_value value_new;

/* The ends as in the packet that is being answered: it came from the remote one. */
static __always_inline void ends_of_packet(struct lw_tcp_key *key, const struct sk_buff *skb)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	unsigned char *ip = head + BPF_CORE_READ(skb, network_header);
	unsigned char *tcp = head + BPF_CORE_READ(skb, transport_header);
	__u8 version = 0;
	__be16 ports[2] = {};

	key->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	bpf_probe_read_kernel(&version, sizeof(version), ip);
	bpf_probe_read_kernel(ports, sizeof(ports), tcp);
	key->remote_port = bpf_ntohs(ports[0]);
	key->local_port = bpf_ntohs(ports[1]);
	if (version >> 4 == 6) {
		key->family = 6;
		bpf_probe_read_kernel(key->remote, 16, ip + 8);
		bpf_probe_read_kernel(key->local, 16, ip + 24);
	} else {
		key->family = 4;
		bpf_probe_read_kernel(key->remote, 4, ip + 12);
		bpf_probe_read_kernel(key->local, 4, ip + 16);
	}
}

/* Returns false for the observer's own delivery. */
static __always_inline bool owner_find(struct lw_tcp_key *key, const struct sock *sk)
{
	__u64 socket = (__u64)sk;
	struct owner *owner = bpf_map_lookup_elem(&connectors, &socket);

	if (!owner)
		owner = listener_find(key);
	if (owner) {
		key->owner_pid = owner->key.pid;
		key->owner_start = owner->key.start;
	}
	return !owner || owner->since;
}

/* In a flood the ephemeral port is left out, and when even that makes too many keys the remote address too.
 */
static __always_inline void fold(struct lw_tcp_key *key, __u8 flags)
{
	if (flags & LW_TCP_FOLDED_PORT) {
		if (key->remote_port >= EPHEMERAL_PORT && key->remote_port >= key->local_port)
			key->remote_port = 0;
		else if (key->local_port >= EPHEMERAL_PORT)
			key->local_port = 0;
	}
	if (flags & LW_TCP_FOLDED_ADDRESS) {
		key->remote_port = 0;
		__builtin_memset(key->remote, 0, sizeof(key->remote));
	}
	key->flags = flags;
}

static __always_inline struct lw_tcp_value *value_find(const struct lw_tcp_key *key)
{
	return active_buffer ? bpf_map_lookup_elem(&tcp_b, key) : bpf_map_lookup_elem(&tcp_a, key);
}

static __always_inline struct lw_tcp_value *value_make(const struct lw_tcp_key *key)
{
	if (active_buffer)
		bpf_map_update_elem(&tcp_b, key, &value_new, BPF_NOEXIST);
	else
		bpf_map_update_elem(&tcp_a, key, &value_new, BPF_NOEXIST);
	return value_find(key);
}

static __always_inline struct lw_tcp_value *value_get(struct lw_tcp_key *key)
{
	struct lw_tcp_value *value = value_find(key);

	if (value)
		return value;
	if (tcp_exact_left > 0) {
		__sync_fetch_and_add(&tcp_exact_left, -1);
		value = value_make(key);
		if (value)
			return value;
	}
	fold(key, LW_TCP_FOLDED_PORT);
	value = value_make(key);
	if (value)
		return value;
	fold(key, LW_TCP_FOLDED_PORT | LW_TCP_FOLDED_ADDRESS);
	return value_make(key);
}

/* sk may be NULL, or a small socket (time-wait, request) that has no more than the common part. */
static __always_inline void count(
	struct lw_tcp_key *key, const struct sock *sk, bool full_socket, enum scratch_slot slot)
{
	struct lw_tcp_value *value;
	struct scratch *scratch;
	__u32 size;

	STAT(LW_SRC_TCP, seen);
	value = value_get(key);
	if (!value) {
		STAT(LW_SRC_TCP, map_full);
		return;
	}
	__sync_fetch_and_add(&value->count, 1);
	value->last = bpf_ktime_get_boot_ns();
	if (value->first)
		return;
	value->first = value->last;
	value->uid = full_socket ? BPF_CORE_READ(sk, sk_uid.val) : (__u32)-1;
	scratch = scratch_get(slot);
	if (!full_socket || !scratch)
		return;
	size = walk_cgroup(slot, 0, (__u64)BPF_CORE_READ(sk, sk_cgrp_data.cgroup));
	if (size <= LW_PATH) {
		__builtin_memcpy(value->cgroup, scratch->bytes, LW_PATH);
		value->cgroup_size = size;
	}
}

static __always_inline bool is_full(__u8 state)
{
	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

static __always_inline __u8 state_before(const struct sock *sk, __u8 state)
{
	__u64 socket = (__u64)sk;
	__u8 *from = state == TCP_CLOSE ? bpf_map_lookup_elem(&closed_from, &socket) : NULL;

	return from ? *from : state;
}

SEC("raw_tp/tcp_send_reset")
int tcp_send_reset(__u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	const struct sk_buff *skb = (void *)ctx[1];
	struct lw_tcp_key key = {.kind = LW_TCP_SENT, .reason = LW_TCP_NO_REASON};
	__u8 state = 0;

	if (bpf_core_type_exists(enum sk_rst_reason)) /* from 6.10 on */
		key.reason = ctx[2];
	if (sk)
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (skb)
		ends_of_packet(&key, skb);
	else if (sk)
		ends_of_sock(&key, sk, is_full(state));
	owner_find(&key, sk);
	if (sk)
		key.state = state_before(sk, state);
	count(&key, sk, sk && is_full(state), SCRATCH_SEND_RESET);
	return 0;
}

SEC("raw_tp/tcp_receive_reset")
int tcp_receive_reset(__u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	struct lw_tcp_key key = {.kind = LW_TCP_RECEIVED, .reason = LW_TCP_NO_REASON};

	key.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (key.state == TCP_SYN_SENT) /* a refused connect, told as that */
		return 0;
	ends_of_sock(&key, sk, is_full(key.state));
	if (owner_find(&key, sk))
		count(&key, sk, is_full(key.state), SCRATCH_RECEIVE_RESET);
	return 0;
}

static __always_inline void connect_ended(const struct sock *sk)
{
	struct lw_tcp_key key = {
		.kind = LW_TCP_CONNECT_FAILED, .reason = LW_TCP_NO_REASON, .state = TCP_SYN_SENT};
	__u64 socket = (__u64)sk;
	struct owner *owner = bpf_map_lookup_elem(&connectors, &socket);

	key.error = BPF_CORE_READ(sk, sk_err);
	if (!key.error) {
		if (!owner || bpf_ktime_get_boot_ns() - owner->since < GIVEN_UP_AFTER)
			return;
		key.error = ECANCELED;
	}
	ends_of_sock(&key, sk, true);
	/* Each try has a port of its own: without it the failures of one place are one count. */
	key.local_port = 0;
	key.flags = LW_TCP_FOLDED_PORT;
	if (owner_find(&key, sk))
		count(&key, sk, true, SCRATCH_SET_STATE);
}

SEC("raw_tp/inet_sock_set_state")
int tcp_set_state(__u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	int old = ctx[1], new = ctx[2];
	__u64 socket = (__u64)sk;
	struct owner owner = {};

	if (new == TCP_SYN_SENT) { /* in connect(2): the current task is the owner */
		owner_now(&owner);
		owner_group(&owner);
		bpf_map_update_elem(&connectors, &socket, &owner, BPF_ANY);
	} else if (new == TCP_ESTABLISHED && old == TCP_SYN_SENT) {
		connected(sk);
	} else if (new == TCP_SYN_RECV) { /* an accepted socket where a connecting one may have been before */
		bpf_map_delete_elem(&connectors, &socket);
	} else if (new == TCP_LISTEN) {
		listener_begins(sk);
		listen_send(sk, LW_LISTEN_OPEN);
	} else if (new == TCP_CLOSE) {
		__u8 from = old;

		if (old == TCP_SYN_SENT) {
			connect_ended(sk);
		} else if (old == TCP_LISTEN) {
			listener_ends(sk);
			listen_send(sk, 0);
		}
		bpf_map_update_elem(&closed_from, &socket, &from, BPF_ANY);
	}
	return 0;
}

SEC("iter/task_file")
int established_look(struct bpf_iter__task_file *ctx)
{
	const struct task_struct *task = ctx->task;
	const struct file *file = ctx->file;

	if (!task || !file)
		return 0;
	if (established_left <= 0)
		return 1; /* again, in the next piece */
	established_left--;
	established_file(ctx->meta->seq, task, file);
	return 0;
}
