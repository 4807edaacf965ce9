// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Processes come and go: fork, exec, exit. User space keeps its table of processes by these. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "datagram.bpf.h"
#include "emit.bpf.h"
#include "task.bpf.h"
#include "death.bpf.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(lifecycle_fork, struct task_struct *parent, struct task_struct *child)
{
	struct lw_fork m = {};

	if (child->pid != child->tgid) /* a thread */
		return 0;
	log_inherit(parent->tgid, child->tgid);
	head_set(&m.head, LW_FORK, sizeof(m));
	m.parent_pid = parent->tgid;
	m.parent_start = parent->group_leader->start_boottime;
	m.child_pid = child->tgid;
	m.child_start = child->start_boottime;
	emit_activity(LW_SRC_LIFECYCLE, &m, sizeof(m));
	return 0;
}

static __always_inline struct lw_tail tail_args(
	struct scratch *scratch, __u32 offset, struct mm_struct *mm, __u16 *flags)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	struct lw_tail tail = {.offset = offset};
	__u32 size = end - start;

	if (end <= start)
		return tail;
	if (end - start > LW_ARGS) {
		size = LW_ARGS;
		*flags |= LW_EXEC_ARGS_CUT;
	}
	barrier_var(size);
	if (size > LW_ARGS)
		return tail;
	if (bpf_probe_read_user(&scratch->bytes[offset & (LW_MSG_MAX - 1)], size, (void *)start))
		STAT(LW_SRC_LIFECYCLE, unreadable);
	else
		tail.size = size;
	return tail;
}

SEC("tp_btf/sched_process_exec")
int lifecycle_exec(void *ctx)
{
	struct scratch *scratch = scratch_get(SCRATCH_EXEC);
	struct mm_struct *mm = CURRENT(mm);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	struct lw_exec *m = scratch ? (void *)scratch->bytes : NULL;
	struct inode *inode = scratch ? (void *)scratch->bytes + LW_MSG_MAX : NULL;
	bool path_cut = false, cgroup_cut = false;
	__u16 flags = 0;
	__u32 end = sizeof(*m);

	if (!scratch)
		return 0;
	__builtin_memset(m, 0, sizeof(*m));
	current_fill(&m->task);
	if (!bpf_probe_read_kernel(inode, INODE_HEAD, BPF_CORE_READ(file, f_inode))) {
		m->inode = inode->i_ino;
		m->device = BPF_CORE_READ(inode->i_sb, s_dev);
		m->mtime = inode_mtime(inode);
	}
	m->mount_ns = current_mount_ns();
	m->exe = tail_walked(end, walk_file(SCRATCH_EXEC, end, (__u64)file), &path_cut);
	end += m->exe.size;
	m->args = tail_args(scratch, end, mm, &flags);
	end += m->args.size;
	m->cgroup2 = tail_cgroup2(SCRATCH_EXEC, end, &cgroup_cut);
	end += m->cgroup2.size;
	m->cgroup1 = tail_cgroup1(SCRATCH_EXEC, end, &cgroup_cut);
	end += m->cgroup1.size;
	if (end > LW_MSG_MAX)
		return 0;
	head_set(&m->head, LW_EXEC, end);
	m->head.flags = flags | (path_cut ? LW_EXEC_PATH_CUT : 0);
	emit_activity(LW_SRC_LIFECYCLE, m, end);
	return 0;
}

/* Comes after all that was captured of the process, so in the same ring. A crash may be waiting for this: to
 * tell that there is a core file, or to be sure of all threads. A wake-up costs the exiting task some
 * microseconds: where nothing waits there is none. */
static __always_inline void exit_by_signal(const struct lw_exit *m)
{
	struct process_key key = {.start = m->start, .pid = m->pid};
	const struct death_state *state = bpf_map_lookup_elem(&dying, &key);
	bool wake = m->exit_code & 0x80 || (state && state->waits);

	if (bpf_ringbuf_output(
		    &deaths, (void *)m, sizeof(*m), wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP)) {
		emit_activity(LW_SRC_LIFECYCLE, m, sizeof(*m));
		return;
	}
	STAT(LW_SRC_LIFECYCLE, seen);
}

SEC("tp_btf/sched_process_exit")
int lifecycle_exit(void *ctx)
{
	struct signal_struct *signal = CURRENT(signal);
	struct lw_exit m = {};

	if (CURRENT(flags) & PF_KTHREAD || !last_thread(signal))
		return 0;
	head_set(&m.head, LW_EXIT, sizeof(m));
	m.pid = CURRENT(tgid);
	m.start = CURRENT(group_leader, start_boottime);
	m.exit_code = exit_code(signal);
	if (m.exit_code & 0x7f)
		exit_by_signal(&m);
	else
		emit_activity(LW_SRC_LIFECYCLE, &m, sizeof(m));
	return 0;
}
