/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Who listens on this host, and who connects to that, or to peers elsewhere. A connection is of this host
 * when its way to the peer is the loopback device, whatever the address. */
#ifndef LW_TCP_LOCAL_BPF_H
#define LW_TCP_LOCAL_BPF_H

#include "emit.bpf.h"
#include "tcp_sock.bpf.h"

#define IFF_LOOPBACK 8
#define EVERY        1000000000ull /* one that was told is told again after that */

/* Not by process: one that is made for each request would be new each time. */
struct connected_key {
	__u64 group;
	char comm[LW_COMM];
	__u32 netns;
	__u16 port;
	__u16 family;
	__u8 remote[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct connected_key);
	__type(value, __u64);
} connected_told SEC(".maps");

/* Messages that may still be sent in this second; user space fills it up again. */
volatile __s32 connected_left = LW_CONNECTED_PER_SECOND;
/* The same of peers elsewhere. */
volatile __s32 connected_far_left = LW_CONNECTED_FAR_PER_SECOND;

static __always_inline void listen_send(const struct sock *sk, __u16 flags)
{
	struct socket_alloc *socket = (void *)BPF_CORE_READ(sk, sk_socket);
	struct lw_tcp_key ends = {};
	struct lw_listen m = {};
	struct process_key key;

	if (!socket) /* the kernel's own */
		return;
	current_key(&key);
	ends_of_sock(&ends, sk, true);
	head_set(&m.head, LW_LISTEN, sizeof(m));
	m.head.flags = flags;
	m.pid = key.pid;
	m.start = key.start;
	m.inode = BPF_CORE_READ(socket, vfs_inode.i_ino);
	m.netns = ends.netns;
	m.port = ends.local_port;
	m.family = ends.family;
	__builtin_memcpy(m.address, ends.local, sizeof(m.address));
	emit_activity(LW_SRC_LIFECYCLE, &m, sizeof(m));
}

/* Whether it is to be told now. */
static __always_inline bool connected_due(const struct connected_key *key, bool local)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *told = bpf_map_lookup_elem(&connected_told, key);

	if (told && now - *told < EVERY)
		return false;
	if (told)
		*told = now;
	else
		bpf_map_update_elem(&connected_told, key, &now, BPF_ANY);
	if (!local) {
		if (connected_far_left <= 0)
			return false;
		__sync_fetch_and_add(&connected_far_left, -1);
		return true;
	}
	if (connected_left > 0) {
		__sync_fetch_and_add(&connected_left, -1);
		return true;
	}
	STAT(LW_SRC_TCP, seen);
	STAT(LW_SRC_TCP, map_full);
	return false;
}

/* connect(2) has succeeded. */
static __always_inline void connected(const struct sock *sk)
{
	__u64 socket = (__u64)sk;
	struct owner *owner;
	struct lw_tcp_key ends = {};
	struct connected_key key = {};
	struct lw_connected m = {};

	bool local = BPF_CORE_READ(sk, sk_dst_cache, dev, flags) & IFF_LOOPBACK;

	owner = bpf_map_lookup_elem(&connectors, &socket);
	if (!owner || !owner->since)
		return;
	ends_of_sock(&ends, sk, true);
	key.group = owner->group;
	__builtin_memcpy(key.comm, owner->comm, sizeof(key.comm));
	key.netns = ends.netns;
	key.port = ends.remote_port;
	key.family = ends.family;
	__builtin_memcpy(key.remote, ends.remote, sizeof(key.remote));
	if (!connected_due(&key, local))
		return;
	head_set(&m.head, LW_CONNECTED, sizeof(m));
	m.start = owner->key.start;
	m.pid = owner->key.pid;
	m.netns = ends.netns;
	m.port = ends.remote_port;
	m.family = ends.family;
	m.local = local;
	__builtin_memcpy(m.remote, ends.remote, sizeof(m.remote));
	emit_activity(LW_SRC_TCP, &m, sizeof(m));
}

#endif
