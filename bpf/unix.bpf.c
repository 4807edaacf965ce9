// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Who connects to whom over unix sockets, and which addresses somebody listens at. There is no tracepoint for
 * either: the program on sys_exit calls these. What a connected socket knows of its peer is who called
 * listen(2). */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "emit.bpf.h"
#include "unix.bpf.h"

#define SOCK_STREAM    1
#define SOCK_SEQPACKET 5
#define ESTABLISHED    1             /* TCP_ESTABLISHED, of unix sockets too */
#define SYSTEMD        1             /* its sockets are for others, who accept */
#define EVERY          1000000000ull /* what was told is told again after that */

/* Not by process: one that is made for each request would be new each time. */
struct unix_key {
	__u64 group;    /* of who connects: stands for all its control groups */
	__u64 listener; /* the address of its name, which what it accepts shares */
	char comm[LW_COMM];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct unix_key);
	__type(value, __u64);
} unix_told SEC(".maps");

struct unix_path {
	__u8 bytes[LW_UNIX_PATH];
};

/* Where somebody listens, or did, as who connects writes it. User space adds what listened before. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct unix_path);
	__type(value, __u8);
} unix_paths SEC(".maps");

/* Messages that may still be sent in this second; user space fills it up again. */
volatile __s32 unix_left = LW_UNIX_PER_SECOND;

/* Reads the path of an address in user memory into path, which is zero, and returns its length; 0: it is
 * none. A path ends with a NUL or the address. */
static __always_inline __u32 path_read(__u8 *path, __u64 address, __u64 size)
{
	__u16 family = 0;
	long n;

	if (size <= sizeof(family) || bpf_probe_read_user(&family, sizeof(family), (void *)address) ||
		family != AF_UNIX)
		return 0;
	size -= sizeof(family);
	if (size > LW_UNIX_PATH - 1)
		size = LW_UNIX_PATH - 1;
	address += sizeof(family);
	n = bpf_probe_read_user_str(path, size + 1, (void *)address);
	if (n < 0)
		return 0;
	if (n > 1) /* of an empty string kernels up to 6.12 do not count the NUL */
		return n - 1;
	return bpf_probe_read_user(path, size, (void *)address) ? 0 : size;
}

/* Somebody listens there. */
static __always_inline void path_remember(struct lw_unix *m)
{
	__u8 one = 1;

	bpf_map_update_elem(&unix_paths, &m->path, &one, BPF_ANY);
}

static __always_inline void unix_send(struct lw_unix *m)
{
	path_remember(m);
	if (unix_left <= 0) {
		STAT(LW_SRC_TCP, seen);
		STAT(LW_SRC_TCP, map_full);
		return;
	}
	__sync_fetch_and_add(&unix_left, -1);
	head_set(&m->head, LW_UNIX, sizeof(*m));
	emit_activity(LW_SRC_TCP, m, sizeof(*m));
}

/* Whether it was not told since then (boottime). */
static __always_inline bool unix_due(const struct unix_key *key, __u64 since)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *told = bpf_map_lookup_elem(&unix_told, key);

	if (told && *told >= since)
		return false;
	if (told)
		*told = now;
	else
		bpf_map_update_elem(&unix_told, key, &now, BPF_ANY);
	return true;
}

/* Who called listen(2). */
static __always_inline void listener_fill(struct lw_unix *m, struct pid *pid)
{
	struct upid *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	void *link = BPF_CORE_READ(pid, tasks[0].first);
	struct task_struct *task = link - bpf_core_field_offset(struct task_struct, pid_links);

	bpf_core_read(&m->listener_pid, sizeof(m->listener_pid),
		(void *)numbers + bpf_core_field_offset(struct upid, nr));
	if (link)
		m->listener_start = BPF_CORE_READ(task, start_boottime);
}

/* The other end of a connected socket, and who listened there, with the key of that; NULL where there is
 * nothing to tell. */
static __always_inline struct unix_sock *peer_fill(
	struct lw_unix *m, struct unix_key *key, struct unix_sock *sk)
{
	struct sock *sock = (struct sock *)sk;
	__u16 type = BPF_CORE_READ(sock, sk_type);
	struct unix_sock *peer = (void *)BPF_CORE_READ(sk, peer);
	struct pid *listener = BPF_CORE_READ(sock, sk_peer_pid);

	if (!peer || !listener || (type != SOCK_STREAM && type != SOCK_SEQPACKET) ||
		BPF_CORE_READ(sock, __sk_common.skc_state) != ESTABLISHED)
		return NULL;
	listener_fill(m, listener);
	key->listener = (__u64)BPF_CORE_READ(peer, addr);
	return m->listener_pid > SYSTEMD ? peer : NULL;
}

/* The path that a socket is bound to. */
static __always_inline void bound_fill(struct lw_unix *m, struct unix_address *address)
{
	__u64 size = (__u32)BPF_CORE_READ(address, len) - sizeof(__u16);
	void *path = (void *)address + bpf_core_field_offset(struct unix_address, name) +
		     __builtin_offsetof(struct sockaddr_un, sun_path);
	long n;

	if (size == 0 || size > LW_UNIX_PATH - 1)
		size = LW_UNIX_PATH - 1;
	n = bpf_probe_read_kernel_str(m->path, sizeof(m->path), path);
	if (n > 1)
		m->size = n - 1;
	else if (n == 1 && !bpf_probe_read_kernel(m->path, size, path))
		m->size = size;
}

__noinline int unix_connected(__u32 fd, __u64 address, __u64 size)
{
	struct unix_key key = {};
	struct lw_unix m = {};
	struct unix_sock *sk;
	__u16 family = 0;

	if (bpf_probe_read_user(&family, sizeof(family), (void *)address) || family != AF_UNIX)
		return 0;
	sk = unix_of_fd(fd);
	if (!sk || is_observer(CURRENT(tgid), CURRENT(real_parent, tgid)) || !peer_fill(&m, &key, sk))
		return 0;
	key.group = bpf_get_current_cgroup_id() ^ (__u64)BPF_CORE_READ(task_current(), cgroups);
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	if (!unix_due(&key, bpf_ktime_get_boot_ns() - EVERY))
		return 0;
	m.pid = CURRENT(tgid);
	m.start = CURRENT(group_leader, start_boottime);
	m.size = path_read(m.path, address, size);
	if (m.size)
		unix_send(&m);
	return 0;
}

__noinline int unix_established(__u64 task_address, __u64 sk_address, __u64 since)
{
	struct task_struct *task = (void *)task_address;
	struct unix_sock *peer, *sk = (void *)sk_address;
	struct scratch *scratch = scratch_get(SCRATCH_UNIX);
	struct lw_unix *m = scratch ? (void *)scratch->bytes : NULL;
	struct unix_key key = {};

	/* Who accepted has the name that the listener is bound to, who connected has none. */
	if (!m || !bpf_core_field_exists(sk->peer) || BPF_CORE_READ(sk, addr))
		return 0;
	__builtin_memset(m, 0, sizeof(*m));
	peer = peer_fill(m, &key, sk);
	if (!peer || !key.listener)
		return 0;
	key.group = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) ^ (__u64)BPF_CORE_READ(task, cgroups);
	BPF_CORE_READ_INTO(&key.comm, task, comm);
	if (!unix_due(&key, since))
		return 0;
	m->pid = BPF_CORE_READ(task, tgid);
	m->start = BPF_CORE_READ(task, group_leader, start_boottime);
	bound_fill(m, (void *)key.listener);
	if (!m->size)
		return 0;
	head_set(&m->head, LW_UNIX, sizeof(*m));
	path_remember(m);
	return 1;
}

__noinline int unix_listens(__u32 fd)
{
	struct unix_sock *sk = unix_of_fd(fd);
	struct unix_address *address = sk ? BPF_CORE_READ(sk, addr) : NULL;
	struct lw_unix m = {};

	m.listener_pid = CURRENT(tgid);
	if (!address || m.listener_pid == SYSTEMD || is_observer(CURRENT(tgid), CURRENT(real_parent, tgid)))
		return 0;
	m.listener_start = CURRENT(group_leader, start_boottime);
	bound_fill(&m, address);
	if (m.size)
		unix_send(&m);
	return 0;
}

__noinline int unix_known(__u64 address, __u64 size)
{
	struct unix_path path = {};

	return path_read(path.bytes, address, size) && bpf_map_lookup_elem(&unix_paths, &path);
}
