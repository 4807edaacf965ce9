/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Counting and sending. Each attempt is seen, each failure has its reason: seen = delivered + lost holds
 * exactly, so the counters are atomic (newer kernels may preempt a program). */
#ifndef LW_EMIT_BPF_H
#define LW_EMIT_BPF_H

#include "maps.bpf.h"

#define STAT_ADD(source, field, amount)                                                                      \
	do {                                                                                                 \
		__u32 stat_key = (source);                                                                   \
		struct lw_source_stats *stat_row = bpf_map_lookup_elem(&stats, &stat_key);                   \
		if (stat_row)                                                                                \
			__sync_fetch_and_add(&stat_row->field, (amount));                                    \
	} while (0)

#define STAT(source, field) STAT_ADD(source, field, 1)

static __always_inline void head_set(struct lw_head *head, __u16 type, __u32 size)
{
	head->type = type;
	head->flags = 0;
	head->size = size;
	head->time = bpf_ktime_get_boot_ns();
}

static __always_inline void emit_flagged(enum lw_source source, const void *message, __u32 size, __u64 flags)
{
	STAT(source, seen);
	if (bpf_ringbuf_output(&activity, (void *)message, size, flags))
		STAT(source, ring_full);
}

/* The reader is not woken from the traced task, it comes by every second, unless much has gathered. */
static __always_inline void emit_activity(enum lw_source source, const void *message, __u32 size)
{
	bool much = bpf_ringbuf_query(&activity, BPF_RB_AVAIL_DATA) > activity_wake;

	emit_flagged(source, message, size, much ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* Wakes the reader, unless it comes by itself: the interrupt that a wake-up sends to an idle CPU is the
 * dearest part of a death. The kernel's own rule would not wake it, since what was captured of the death lies
 * unread before it. */
static __always_inline void emit_death(const void *message, __u32 size)
{
	bool polled = reader_polls;
	void *nothing;

	STAT(LW_SRC_DEATH, seen);
	if (bpf_ringbuf_output(
		    &deaths, (void *)message, size, polled ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP))
		STAT(LW_SRC_DEATH, ring_full);
	/* The reader may have looked for the last time before the message was there. */
	if (polled && !reader_polls) {
		nothing = bpf_ringbuf_reserve(&deaths, sizeof(__u64), 0);
		if (nothing)
			bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
	}
}

static __always_inline struct scratch *scratch_get(enum scratch_slot slot)
{
	__u32 key = slot;

	return bpf_map_lookup_elem(&scratches, &key);
}

#endif
