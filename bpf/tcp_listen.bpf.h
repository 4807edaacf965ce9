/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Who listens where: the owner of the connections that are accepted there. */
#ifndef LW_TCP_LISTEN_BPF_H
#define LW_TCP_LISTEN_BPF_H

#include "tcp_sock.bpf.h"

struct listen_key {
	__u32 netns;
	__u32 port;
	__u32 address[4]; /* network order; IPv4 as ::ffff:A.B.C.D */
};

/* One that has closed stays: what it accepted may be reset later. Of several sockets in one place the last
 * one that was opened stands for all. */
struct listener {
	struct owner owner;
	__u64 socket; /* 0: closed */
	__u64 v6only;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct listen_key);
	__type(value, struct listener);
} listeners SEC(".maps");

static __always_inline bool is_mapped(const __u32 address[4])
{
	return !address[0] && !address[1] && address[2] == bpf_htonl(0xffff);
}

static __always_inline void listen_key_set(struct listen_key *key, const struct lw_tcp_key *ends)
{
	key->netns = ends->netns;
	key->port = ends->local_port;
	if (ends->family == 6) {
		__builtin_memcpy(key->address, ends->local, sizeof(key->address));
	} else {
		key->address[0] = key->address[1] = 0;
		key->address[2] = bpf_htonl(0xffff);
		__builtin_memcpy(&key->address[3], ends->local, sizeof(key->address[3]));
	}
}

static __always_inline void listener_begins(const struct sock *sk)
{
	struct lw_tcp_key ends = {};
	struct listen_key key;
	struct listener listener = {.socket = (__u64)sk};

	ends_of_sock(&ends, sk, true);
	listen_key_set(&key, &ends);
	owner_now(&listener.owner);
	listener.v6only = ends.family == 6 && BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only);
	bpf_map_update_elem(&listeners, &key, &listener, BPF_ANY);
}

static __always_inline void listener_ends(const struct sock *sk)
{
	struct lw_tcp_key ends = {};
	struct listen_key key;
	struct listener *listener;

	ends_of_sock(&ends, sk, true);
	listen_key_set(&key, &ends);
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (listener && listener->socket == (__u64)sk)
		listener->socket = 0;
}

/* Who accepts at this address: as the kernel does, who listens at just that before who listens at all of its
 * family, and of both; when none does any more, who did last. */
static __always_inline struct owner *listener_find(const struct lw_tcp_key *ends)
{
	struct listener *listener, *closed = NULL;
	struct listen_key key;
	bool mapped;

	listen_key_set(&key, ends);
	mapped = is_mapped(key.address);
	for (int step = 0; step < 3; step++) {
		if (step == 1 && !mapped)
			continue;
		if (step > 0)
			key.address[3] = 0;
		if (step == 2)
			key.address[0] = key.address[1] = key.address[2] = 0;
		listener = bpf_map_lookup_elem(&listeners, &key);
		if (!listener || (step == 2 && mapped && listener->v6only))
			continue;
		if (listener->socket)
			return &listener->owner;
		if (!closed)
			closed = listener;
	}
	return closed ? &closed->owner : NULL;
}

#endif
