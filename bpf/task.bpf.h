/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Facts about the current task, read in the kernel: who it is, its control groups, its executable. */
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

/* What the chain of fields holds, as with BPF_CORE_READ, of the current task. From 5.11 on the task comes as
 * a pointer with a type, by which each step is a load instead of a call of 15 ns. A pointer that comes of
 * this has a type too: no global function takes it. */
#define CURRENT(...)                                                                                         \
	(bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)                         \
			? ___arrow(bpf_get_current_task_btf(), __VA_ARGS__)                                  \
			: BPF_CORE_READ(task_current(), __VA_ARGS__))

/* What the chain of fields holds of what a pointer that came of CURRENT points to. The verifier of 6.4 to
 * 6.18 needs a millisecond each time that a pointer is taken out of a task, since it looks through all types
 * of the kernel: what is needed of it more than once is held. */
#define HELD(pointer, ...)                                                                                   \
	(bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)                         \
			? ___arrow(pointer, __VA_ARGS__)                                                     \
			: BPF_CORE_READ(pointer, __VA_ARGS__))

/* Of a task that is an argument of a tracepoint: those have a type on all kernels. */
static __always_inline void task_key(struct task_struct *task, struct process_key *key)
{
	key->pid = task->tgid;
	key->start = task->group_leader->start_boottime;
	key->pad = 0;
}

static __always_inline void current_key(struct process_key *key)
{
	key->pid = CURRENT(tgid);
	key->start = CURRENT(group_leader, start_boottime);
	key->pad = 0;
}

/* The pid as the current process itself sees it; leader is CURRENT(group_leader). */
static __always_inline __u32 current_ns_pid(struct task_struct *leader)
{
	struct pid *pid = HELD(leader, thread_pid);
	unsigned int level = HELD(pid, level);
	struct upid *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 nr = 0;

	if (pid && level < 32)
		bpf_core_read(&nr, sizeof(nr),
			(void *)numbers + level * bpf_core_type_size(struct upid) +
				bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* 0 of a task that has left its namespaces. */
static __always_inline __u32 current_mount_ns(void)
{
	return BPF_CORE_READ(task_current(), nsproxy, mnt_ns, ns.inum);
}

/* Bytes of an inode that hold all that is read of it: one call reads them, where one for each field would be
 * needed. */
#define INODE_HEAD 192

/* Of such a copy. */
static __always_inline __u64 inode_mtime(const struct inode *copy)
{
	const struct inode___sec *sec = (const void *)copy;
	const struct inode___2 *renamed = (const void *)copy;

	if (bpf_core_field_exists(sec->i_mtime_sec))
		return sec->i_mtime_sec * 1000000000ull + sec->i_mtime_nsec;
	if (bpf_core_field_exists(renamed->__i_mtime))
		return renamed->__i_mtime.tv_sec * 1000000000ull + renamed->__i_mtime.tv_nsec;
	return copy->i_mtime.tv_sec * 1000000000ull + copy->i_mtime.tv_nsec;
}

static __always_inline void current_fill(struct lw_task *ret)
{
	struct task_struct *leader = CURRENT(group_leader);
	const struct cred *cred = CURRENT(real_cred);

	ret->pid = CURRENT(tgid);
	ret->tid = CURRENT(pid);
	ret->start = HELD(leader, start_boottime);
	ret->ppid = CURRENT(real_parent, tgid);
	ret->ns_pid = current_ns_pid(leader);
	ret->uid = HELD(cred, uid.val);
	ret->gid = HELD(cred, gid.val);
	bpf_core_read(ret->comm, sizeof(ret->comm), &leader->comm);
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
/* The same for a regular file or folder of the current process by its descriptor; nothing for others. */
int walk_fd(__u32 slot, __u32 offset, __u32 fd);
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

static __always_inline struct lw_tail tail_cgroup2(__u32 slot, __u32 offset, bool *ret_cut)
{
	__u64 cgroup = (__u64)BPF_CORE_READ(task_current(), cgroups, dfl_cgrp);

	return tail_walked(offset, walk_cgroup(slot, offset, cgroup), ret_cut);
}

/* The memory controller's group where that controller is mounted as cgroup v1, else nothing. */
static __always_inline struct lw_tail tail_cgroup1(__u32 slot, __u32 offset, bool *ret_cut)
{
	struct cgroup_subsys_state *css = (void *)walk_memory_css((__u64)task_current(), 0);
	struct cgroup *cgroup = BPF_CORE_READ(css, cgroup);
	struct lw_tail none = {};

	if (!cgroup || BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(task_current(), cgroups, dfl_cgrp, root))
		return none;
	return tail_walked(offset, walk_cgroup(slot, offset, (__u64)cgroup), ret_cut);
}

/* prctl(PR_GET_DUMPABLE) + 1 of the current process, whose CURRENT(mm) is given, or 0 where it cannot be
 * known (the address space is gone). */
static __always_inline __u32 current_dumpable(struct mm_struct *mm)
{
	struct task_struct___71 *newer = NULL;
	struct mm_struct___618 *mm618;
	unsigned long flags = 0;

	if (bpf_core_field_exists(newer->exec_state)) {
		newer = (void *)bpf_get_current_task_btf();
		return newer->exec_state->dumpable + 1;
	}
	if (!mm)
		return 0;
	mm618 = (void *)mm;
	if (bpf_core_field_exists(mm618->flags.__mm_flags))
		flags = mm618->flags.__mm_flags[0];
	else
		flags = HELD(mm, flags);
	return (flags & 3) + 1;
}

#endif
