/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Connections that were made before the probes, or long ago, and live: user space reads all open files, in
 * pieces. */
#ifndef LW_TCP_ESTABLISHED_BPF_H
#define LW_TCP_ESTABLISHED_BPF_H

#include "tcp_local.bpf.h"
#include "unix.bpf.h"

#define AF_INET     2
#define SOCK_STREAM 1
#define IPPROTO_TCP 6

#define TCP_ESTABLISHED 1 /* include/net/tcp_states.h */

/* See LW_ESTABLISHED_PIECE: what is left of this piece, filled up by user space before each read. */
volatile __s32 established_left = 0;
/* Boottime: what was told since then is not told again. */
volatile __u64 established_since = 0;

/* The process that the last file was of, and its peers elsewhere that were told. */
volatile __u32 established_pid = 0;
volatile __u32 established_far = 0;

/* A connection that this end made. One that was accepted is a copy of the socket that listened, with its
 * backlog; where that was 0 user space knows it by its port. */
static __always_inline bool established_here(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_ESTABLISHED &&
	       BPF_CORE_READ(sk, sk_type) == SOCK_STREAM && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP &&
	       !BPF_CORE_READ(sk, sk_max_ack_backlog);
}

/* Whether it was not told since the look began. A service knows few peers elsewhere, a crawler has many. */
static __always_inline bool established_due(const struct connected_key *key, __u32 pid, bool local)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *told = bpf_map_lookup_elem(&connected_told, key);

	if (pid != established_pid) {
		established_pid = pid;
		established_far = 0;
	}
	if (told && *told >= established_since)
		return false;
	if (!local && ++established_far > LW_ESTABLISHED_FAR)
		return false;
	if (told)
		*told = now;
	else
		bpf_map_update_elem(&connected_told, key, &now, BPF_ANY);
	return true;
}

static __always_inline void established_tell(
	struct seq_file *seq, const struct task_struct *task, const struct sock *sk)
{
	struct dst_entry *way = BPF_CORE_READ(sk, sk_dst_cache);
	bool local = BPF_CORE_READ(way, dev, flags) & IFF_LOOPBACK;
	struct lw_tcp_key ends = {};
	struct connected_key key = {};
	struct lw_connected m = {};

	if (!way) /* not known just now */
		return;
	ends_of_sock(&ends, sk, true);
	key.group = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) ^ (__u64)BPF_CORE_READ(task, cgroups);
	BPF_CORE_READ_INTO(&key.comm, task, comm);
	key.netns = ends.netns;
	key.port = ends.remote_port;
	key.family = ends.family;
	__builtin_memcpy(key.remote, ends.remote, sizeof(key.remote));
	m.pid = BPF_CORE_READ(task, tgid);
	if (!established_due(&key, m.pid, local))
		return;
	established_left -= LW_ESTABLISHED_TOLD;
	head_set(&m.head, LW_CONNECTED, sizeof(m));
	m.start = BPF_CORE_READ(task, group_leader, start_boottime);
	m.netns = ends.netns;
	m.port = ends.remote_port;
	m.family = ends.family;
	m.local = local;
	m.local_port = ends.local_port;
	__builtin_memcpy(m.remote, ends.remote, sizeof(m.remote));
	STAT(LW_SRC_TCP, seen);
	if (bpf_seq_write(seq, &m, sizeof(m)))
		STAT(LW_SRC_TCP, ring_full);
}

static __always_inline void established_unix(
	struct seq_file *seq, const struct task_struct *task, const struct sock *sk)
{
	struct scratch *scratch = scratch_get(SCRATCH_UNIX);

	if (!scratch ||
		!unix_established((__u64)BPF_CORE_READ(task, group_leader), (__u64)sk, established_since))
		return;
	established_left -= 2 * LW_ESTABLISHED_TOLD; /* it is as large */
	STAT(LW_SRC_TCP, seen);
	if (bpf_seq_write(seq, scratch->bytes, sizeof(struct lw_unix)))
		STAT(LW_SRC_TCP, ring_full);
}

static __always_inline void established_file(
	struct seq_file *seq, const struct task_struct *task, const struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || (own_children && (__u32)BPF_CORE_READ(task, real_parent, tgid) == self_pid))
		return;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
		established_unix(seq, task, sk);
	else if (established_here(sk))
		established_tell(seq, task, sk);
}

#endif
