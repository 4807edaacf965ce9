/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Resource limits of a process and what it uses of them, at its end. */
#ifndef LW_LIMITS_BPF_H
#define LW_LIMITS_BPF_H

#include "task.bpf.h"

#define RLIMIT_STACK  3
#define RLIMIT_NOFILE 7
#define RLIMIT_AS     9

/* Kinds of pages in rss_stat (include/linux/mm_types_task.h) that are resident */
#define MM_FILEPAGES  0
#define MM_ANONPAGES  1
#define MM_SHMEMPAGES 3

/* Open files of a task, or -1 when they are gone; COUNT_CUT is added when the table is longer than what is
 * looked at. */
int files_count(__u64 task);
#define COUNT_CUT 0x100000

/* The kernel's own estimate, which its log and /proc show too: some pages of each CPU may not be in it yet.
 */
static __always_inline __u64 limits_rss(struct mm_struct *mm)
{
	struct mm_struct___61 *older = (void *)mm;
	__s64 file, anon, shared;

	if (bpf_core_field_exists(older->rss_stat.count)) {
		file = BPF_CORE_READ(older, rss_stat.count[MM_FILEPAGES].counter);
		anon = BPF_CORE_READ(older, rss_stat.count[MM_ANONPAGES].counter);
		shared = BPF_CORE_READ(older, rss_stat.count[MM_SHMEMPAGES].counter);
	} else {
		file = BPF_CORE_READ(mm, rss_stat[MM_FILEPAGES].count);
		anon = BPF_CORE_READ(mm, rss_stat[MM_ANONPAGES].count);
		shared = BPF_CORE_READ(mm, rss_stat[MM_SHMEMPAGES].count);
	}
	return (file > 0 ? file : 0) + (anon > 0 ? anon : 0) + (shared > 0 ? shared : 0);
}

/* Of what the task points to. */
#define LIMIT_READ(task, pointer, ...)                                                                       \
	((task) ? BPF_CORE_READ(pointer, __VA_ARGS__) : HELD(pointer, __VA_ARGS__))

/* Without a task it is that of the current one, which costs less. signal and mm are the task's. */
static __always_inline void limits_fill(struct lw_limits *limits, struct task_struct *task,
	struct signal_struct *signal, struct mm_struct *mm)
{
	int files = files_count(task ? (__u64)task : (__u64)task_current());
	__u64 pages, peak;

	limits->flags = LW_LIMITS_KNOWN;
	limits->nofile = LIMIT_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
	limits->as = LIMIT_READ(task, signal, rlim[RLIMIT_AS].rlim_cur);
	limits->stack = LIMIT_READ(task, signal, rlim[RLIMIT_STACK].rlim_cur);
	limits->threads = LIMIT_READ(task, signal, live.counter);
	if (mm) {
		limits->flags |= LW_LIMITS_MEMORY;
		pages = limits_rss(mm);
		limits->rss = pages << page_shift;
		/* The peak is noted only when memory is given back. */
		peak = LIMIT_READ(task, mm, hiwater_rss);
		limits->peak = (peak > pages ? peak : pages) << page_shift;
		limits->size = LIMIT_READ(task, mm, total_vm) << page_shift;
		limits->stack_top = LIMIT_READ(task, mm, start_stack);
	}
	if (files >= 0) {
		limits->flags |= LW_LIMITS_FILES | (files & COUNT_CUT ? LW_LIMITS_FILES_CUT : 0);
		limits->files = files & (COUNT_CUT - 1);
	}
}

#endif
