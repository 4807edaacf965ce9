/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The end of a process, and the state kept for one that may come to it. */
#ifndef LW_DEATH_BPF_H
#define LW_DEATH_BPF_H

#include "emit.bpf.h"
#include "task.bpf.h"

#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */

/* Of the current task, whose CURRENT(signal) is given. The count of live threads falls before the tracepoint,
 * so two threads that leave together may both see 0. */
static __always_inline bool last_thread(struct signal_struct *signal)
{
	return HELD(signal, live.counter) == 0;
}

/* What wait(2) will report (kernel/exit.c, wait_task_zombie). */
static __always_inline __u32 exit_code(struct signal_struct *signal)
{
	if (HELD(signal, flags) & SIGNAL_GROUP_EXIT)
		return HELD(signal, group_exit_code);
	return CURRENT(group_leader, exit_code);
}

static const struct death_state death_state_new;

/* The state of a process, made when missing; NULL when the map is full, which is counted. */
static __always_inline struct death_state *death_state_get(const struct process_key *key)
{
	struct death_state *state = bpf_map_lookup_elem(&dying, key);

	if (state)
		return state;
	bpf_map_update_elem(&dying, key, &death_state_new, BPF_NOEXIST);
	state = bpf_map_lookup_elem(&dying, key);
	if (!state)
		STAT(LW_SRC_DEATH, map_full);
	return state;
}

#endif
