// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The OOM killer's choice, noted in the state of the process that is about to die. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "task.bpf.h"
#include "death.bpf.h"
#include "limits.bpf.h"

#define PID_MAX_LIMIT (4 << 20)

/* The kernel kills as soon as a charge would pass the limit; a charge may be a batch or a huge page. */
#define HEADROOM_PAGES (512 + 64)

/* The task the OOM killer on this CPU has just sent SIGKILL to: older kernels name the victim only by its
 * thread id. */
struct chosen {
	struct process_key key;
	__u64 task;
	__u32 tid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct chosen);
} chosen_now SEC(".maps");

SEC("tp_btf/signal_generate")
int BPF_PROG(oom_signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *task)
{
	struct chosen *chosen;
	__u32 zero = 0;

	if (signal != 9 || (__u64)info != 1 /* SEND_SIG_PRIV */)
		return 0;
	chosen = bpf_map_lookup_elem(&chosen_now, &zero);
	if (!chosen)
		return 0;
	task_key(task, &chosen->key);
	chosen->task = (__u64)task;
	chosen->tid = BPF_CORE_READ(task, pid);
	return 0;
}

static __always_inline __u64 counter_max(struct cgroup_subsys_state *css)
{
	return BPF_CORE_READ((struct mem_cgroup *)css, memory.max);
}

static __always_inline __u64 counter_usage(struct cgroup_subsys_state *css)
{
	return BPF_CORE_READ((struct mem_cgroup *)css, memory.usage.counter);
}

/* The tracepoint does not tell whose limit was hit: it is the group above the victim with the least room
 * left, when that is next to none and the allocating task is in it too; else the host ran out. struct
 * mem_cgroup starts with its css. */
static __always_inline void scope_find(
	struct death_state *state, struct task_struct *victim, struct task_struct *trigger)
{
	struct cgroup_subsys_state *css = (void *)walk_memory_css((__u64)victim, 0), *full = NULL;
	__u64 least = HEADROOM_PAGES + 1;
	__u32 level;

	for (level = 0; level < CGROUP_DEPTH && css; level++) {
		__u64 max = counter_max(css), usage = counter_usage(css);
		__u64 room = max > usage ? max - usage : 0;

		if (room < least) {
			least = room;
			full = css;
			state->oom_level = level;
			state->oom.limit = max << page_shift;
			state->oom.usage = usage << page_shift;
		}
		css = BPF_CORE_READ(css, parent);
	}
	css = (void *)walk_memory_css((__u64)trigger, 0);
	for (level = 0; level < CGROUP_DEPTH && css && full; level++) {
		if (css == full) {
			state->oom.scope = LW_OOM_CGROUP;
			return;
		}
		css = BPF_CORE_READ(css, parent);
	}
	state->oom.scope = LW_OOM_HOST;
	state->oom.limit = 0;
	state->oom.usage = 0;
}

/* Wakes the reader, who looks at the group while it is still there. */
static __always_inline void mark_emit(
	const struct death_state *state, const struct process_key *key, struct task_struct *victim)
{
	struct scratch *scratch = scratch_get(SCRATCH_OOM);
	struct lw_oom_mark *m = scratch ? (void *)scratch->bytes : NULL;
	struct cgroup_subsys_state *css;
	__u32 size = sizeof(*m);
	struct cgroup *cgroup;
	bool cut = false;

	if (!scratch)
		return;
	__builtin_memset(m, 0, sizeof(*m));
	m->start = key->start;
	m->pid = key->pid;
	m->scope = state->oom.scope;
	if (m->scope == LW_OOM_CGROUP) {
		css = (void *)walk_memory_css((__u64)victim, state->oom_level);
		cgroup = BPF_CORE_READ(css, cgroup);
		m->version =
			BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(victim, cgroups, dfl_cgrp, root) ? 2 : 1;
		m->cgroup = tail_walked(size, walk_cgroup(SCRATCH_OOM, size, (__u64)cgroup), &cut);
		size += m->cgroup.size;
	}
	if (cut || size > LW_MSG_MAX)
		return;
	head_set(&m->head, LW_OOM_MARK, size);
	STAT(LW_SRC_SNAPSHOT, seen);
	if (bpf_ringbuf_output(&deaths, m, size, BPF_RB_FORCE_WAKEUP))
		STAT(LW_SRC_SNAPSHOT, ring_full);
}

SEC("raw_tp/mark_victim")
int oom_mark_victim(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 victim =
		ctx->args[0]; /* a task from 6.9 on (and in stable kernels), before that its thread id */
	struct task_struct *trigger = task_current(), *task;
	struct death_state *state;
	struct chosen *chosen;
	__u32 zero = 0;

	chosen = bpf_map_lookup_elem(&chosen_now, &zero);
	if (!chosen)
		return 0;
	if (victim > PID_MAX_LIMIT)
		victim = BPF_CORE_READ((struct task_struct *)victim, pid);
	/* Without a kill just before, the victim was on its way out already: nobody is killed. */
	if (chosen->tid != (__u32)victim)
		return 0;
	chosen->tid = 0;
	task = (struct task_struct *)chosen->task;
	state = task ? death_state_get(&chosen->key) : NULL;
	if (!state)
		return 0;
	state->oom.time = bpf_ktime_get_boot_ns();
	state->oom.trigger_pid = BPF_CORE_READ(trigger, tgid);
	state->oom.score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	BPF_CORE_READ_INTO(&state->oom.trigger_comm, trigger, group_leader, comm);
	scope_find(state, task, trigger);
	limits_fill(&state->limits, task, BPF_CORE_READ(task, signal), BPF_CORE_READ(task, mm));
	mark_emit(state, &chosen->key, task);
	return 0;
}
