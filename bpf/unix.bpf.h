/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Unix sockets of the current process. */
#ifndef LW_UNIX_BPF_H
#define LW_UNIX_BPF_H

#include "task.bpf.h"

#define AF_UNIX  1
#define S_IFMT   0170000
#define S_IFSOCK 0140000

/* connect(2) has succeeded with an address in user memory: tells who called whom. */
int unix_connected(__u32 fd, __u64 address, __u64 size);
/* Of a socket of a task, both in kernel memory: whether it is a connection that the task's process made and
 * that was not told since then (boottime); the struct lw_unix of it is in SCRATCH_UNIX then. */
int unix_established(__u64 task, __u64 sk, __u64 since);
/* listen(2) has succeeded. */
int unix_listens(__u32 fd);
/* Whether anybody was seen to listen at that address. */
int unix_known(__u64 address, __u64 size);

/* The unix socket that a descriptor stands for, or NULL. Where unix sockets are a module nothing is known of
 * them. */
static __always_inline struct unix_sock *unix_of_fd(__u32 fd)
{
	struct fdtable *table = CURRENT(files, fdt);
	struct unix_sock *found = NULL;
	struct socket *socket;
	struct file **files;
	struct file *file;
	struct sock *sk;

	if (!bpf_core_field_exists(found->peer) || fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file ||
		(BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	return BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX ? (struct unix_sock *)sk : NULL;
}

#endif
