/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a TCP socket is, and whose. */
#ifndef LW_TCP_SOCK_BPF_H
#define LW_TCP_SOCK_BPF_H

#include "task.bpf.h"
#include "tcp.h"
#include <bpf/bpf_endian.h>

#define AF_INET6 10

struct owner {
	struct process_key key;
	__u64 since; /* 0: the observer's own delivery, of which nothing is told */
	__u64 group; /* of who connects: stands for all its control groups */
	char comm[LW_COMM];
};

/* By socket. When it is full the connections that were made first lose their owner, which the event then
 * says. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct owner);
} connectors SEC(".maps");

static __always_inline __u32 sock_netns(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* The number is taken away when a socket closes, before its reset is sent; the port in its packets is not. */
static __always_inline __u16 local_port(const struct sock *sk, bool full_socket)
{
	__u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return port || !full_socket ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

static __always_inline void ends_of_sock(struct lw_tcp_key *key, const struct sock *sk, bool full_socket)
{
	key->netns = sock_netns(sk);
	key->local_port = local_port(sk, full_socket);
	key->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		key->family = 6;
		BPF_CORE_READ_INTO(&key->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&key->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	} else {
		key->family = 4;
		*(__be32 *)key->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__be32 *)key->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	}
}

static __always_inline void owner_now(struct owner *owner)
{
	current_key(&owner->key);
	owner->since =
		own_children && (__u32)CURRENT(real_parent, tgid) == self_pid ? 0 : bpf_ktime_get_boot_ns();
}

/* Control groups of both versions: the set of them has one address while it lives, the group of v2 an id for
 * ever. */
static __always_inline void owner_group(struct owner *owner)
{
	owner->group = bpf_get_current_cgroup_id() ^ (__u64)BPF_CORE_READ(task_current(), cgroups);
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

#endif
