/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Facts about a task, read in the kernel: who it is, its control groups, its executable. */
#ifndef LW_TASK_BPF_H
#define LW_TASK_BPF_H

#include "maps.bpf.h"
#include <bpf/bpf_core_read.h>

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

#define CGROUP_DEPTH 20

static __always_inline struct task_struct *task_current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline void task_key(struct task_struct *task, struct process_key *key)
{
	key->pid = BPF_CORE_READ(task, tgid);
	key->start = BPF_CORE_READ(task, group_leader, start_boottime);
	key->pad = 0;
}

/* The pid as the process itself sees it. */
static __always_inline __u32 task_ns_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	struct upid *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 nr = 0;

	if (pid && level < 32)
		bpf_core_read(&nr, sizeof(nr),
			(void *)numbers + level * bpf_core_type_size(struct upid) +
				bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* 0 of a task that has left its namespaces. */
static __always_inline __u32 task_mount_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline __u64 inode_mtime(struct inode *inode)
{
	struct inode___sec *sec = (void *)inode;
	struct inode___2 *renamed = (void *)inode;

	if (bpf_core_field_exists(sec->i_mtime_sec))
		return BPF_CORE_READ(sec, i_mtime_sec) * 1000000000ull + BPF_CORE_READ(sec, i_mtime_nsec);
	if (bpf_core_field_exists(renamed->__i_mtime))
		return BPF_CORE_READ(renamed, __i_mtime.tv_sec) * 1000000000ull +
		       BPF_CORE_READ(renamed, __i_mtime.tv_nsec);
	return BPF_CORE_READ(inode, i_mtime.tv_sec) * 1000000000ull + BPF_CORE_READ(inode, i_mtime.tv_nsec);
}

static __always_inline void task_fill(struct lw_task *ret, struct task_struct *task)
{
	ret->pid = BPF_CORE_READ(task, tgid);
	ret->tid = BPF_CORE_READ(task, pid);
	ret->start = BPF_CORE_READ(task, group_leader, start_boottime);
	ret->ppid = BPF_CORE_READ(task, real_parent, tgid);
	ret->ns_pid = task_ns_pid(task);
	ret->uid = BPF_CORE_READ(task, real_cred, uid.val);
	ret->gid = BPF_CORE_READ(task, real_cred, gid.val);
	BPF_CORE_READ_INTO(&ret->comm, task, group_leader, comm);
}

/* Walks of path.bpf.c. They are global functions with numbers for arguments, so that the verifier looks at
 * each once and not at each place of use. Addresses are of the kernel's objects; what cannot be read ends the
 * walk. */

/* Writes the names from a control group up to its root into a scratch, each with its NUL; the root itself is
 * one empty name. Returns the bytes used, at most LW_PATH, with WALK_CUT added when the path did not end
 * there. */
int walk_cgroup(__u32 slot, __u32 offset, __u64 cgroup);
/* The same for a file inside its mount namespace. */
int walk_file(__u32 slot, __u32 offset, __u64 file);
/* The memory controller's css so many levels above a task's own. */
__u64 walk_memory_css(__u64 task, __u32 level);

#define WALK_CUT 0x10000

static __always_inline struct lw_tail tail_walked(__u32 offset, int walked, bool *ret_cut)
{
	struct lw_tail tail = {.offset = offset, .size = walked & (WALK_CUT - 1)};

	if (walked & WALK_CUT)
		*ret_cut = true;
	if (tail.size > LW_PATH)
		tail.size = 0;
	return tail;
}

static __always_inline struct lw_tail tail_cgroup2(
	__u32 slot, __u32 offset, struct task_struct *task, bool *ret_cut)
{
	__u64 cgroup = (__u64)BPF_CORE_READ(task, cgroups, dfl_cgrp);

	return tail_walked(offset, walk_cgroup(slot, offset, cgroup), ret_cut);
}

/* The memory controller's group where that controller is mounted as cgroup v1, else nothing. */
static __always_inline struct lw_tail tail_cgroup1(
	__u32 slot, __u32 offset, struct task_struct *task, bool *ret_cut)
{
	struct cgroup_subsys_state *css = (void *)walk_memory_css((__u64)task, 0);
	struct cgroup *cgroup = BPF_CORE_READ(css, cgroup);
	struct lw_tail none = {};

	if (!cgroup || BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(task, cgroups, dfl_cgrp, root))
		return none;
	return tail_walked(offset, walk_cgroup(slot, offset, (__u64)cgroup), ret_cut);
}

/* prctl(PR_GET_DUMPABLE) + 1, or 0 where it cannot be known (the address space is gone). */
static __always_inline __u32 task_dumpable(struct task_struct *task)
{
	struct task_struct___71 *newer = (void *)task;
	struct mm_struct *mm;
	struct mm_struct___618 *mm618;
	unsigned long flags = 0;

	if (bpf_core_field_exists(newer->exec_state))
		return BPF_CORE_READ(newer, exec_state, dumpable) + 1;
	mm = BPF_CORE_READ(task, mm);
	if (!mm)
		return 0;
	mm618 = (void *)mm;
	if (bpf_core_field_exists(mm618->flags.__mm_flags))
		bpf_core_read(&flags, sizeof(flags), &mm618->flags.__mm_flags);
	else
		flags = BPF_CORE_READ(mm, flags);
	return (flags & 3) + 1;
}

#endif
