/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Maps and settings that several probe families share; maps.bpf.c defines them. */
#ifndef LW_MAPS_BPF_H
#define LW_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "events.h"

/* A message is put together here and then copied into the ring with its true length. Each program has a
 * scratch of its own on each CPU: the kernel never runs one program twice at a time there (it counts such a
 * meeting as a miss). */
enum scratch_slot {
	SCRATCH_EXEC,
	SCRATCH_DELIVER,
	SCRATCH_EXIT,
	SCRATCH_SYSCALL,
	SCRATCH_SEND_RESET,
	SCRATCH_RECEIVE_RESET,
	SCRATCH_SET_STATE,
	SCRATCH_FILE,
	SCRATCH_OOM,
	SCRATCH_DNS,
	SCRATCH_UNIX,
	SCRATCH_SLOTS
};

struct scratch {
	volatile __u64 used; /* by the walk under way; kept here since the verifier forgets what it knows of a
				map's value */
	__u8 bytes[2 * LW_MSG_MAX];
};

struct process_key {
	__u64 start;
	__u32 pid;
	__u32 pad;
};

/* What is known of a process that may be about to die. */
struct death_state {
	struct lw_sender sender;
	struct lw_fault first;
	struct lw_fault last;
	struct lw_oom oom;
	struct lw_request request;
	struct lw_limits limits;
	__u32 oom_level; /* control groups up from the victim's own */
	__u32 threads;   /* that were told to leave with their process */
	__u32 bare;      /* its own thread was over its budget: the others are not captured either */
	__u32 waits;     /* the death has been sent, and the reader waits for the end of the other threads */
};

struct ring_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
};

struct stats_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LW_SOURCES);
	__type(key, __u32);
	__type(value, struct lw_source_stats);
};

struct scratch_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
};

struct dying_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct process_key);
	__type(value, struct death_state);
};

extern struct ring_map deaths SEC(".maps");   /* LW_DEATH and the evidence of it */
extern struct ring_map activity SEC(".maps"); /* everything that is streamed besides */
extern struct stats_map stats SEC(".maps");
extern struct scratch_map scratches SEC(".maps");
extern struct dying_map dying SEC(".maps");

/* What a delivery that ended a process cost it, measured for tests/bench alone: counts by cost_key. */
#define COST_STEP  128  /* ns of one row */
#define COST_ROWS  1024 /* of each kind; the last one is for all above */
#define COST_KINDS 2    /* without and with all that is captured */

struct costs_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COST_KINDS *COST_ROWS);
	__type(key, __u32);
	__type(value, __u64);
};

extern struct costs_map costs SEC(".maps");

/* Set by user space before loading. */
extern const volatile bool measure_cost;
extern const volatile __u32 self_pid;    /* the observer's own failed calls are not counted */
extern const volatile bool own_children; /* nor those of this process's children: they deliver to the sinks */
extern const volatile __u32 nursery_pid; /* nor those of its helpers, children of this process; 0: none */
extern const volatile bool keep_words;   /* last words are wanted */
extern const volatile __u32 page_shift;
extern const volatile __u64 activity_wake; /* bytes waiting that wake the reader */
extern const volatile __u64
	snapshot_room; /* bytes waiting in the ring of deaths above which no snapshot is taken */

/* Whether a process, with that parent, is the observer, or works for it. */
static __always_inline bool is_observer(__u32 pid, __u32 parent)
{
	return pid == self_pid || (own_children && parent == self_pid) ||
	       (nursery_pid && (pid == nursery_pid || parent == nursery_pid));
}

/* Which of the two buffers of each counter map is being filled; user space swaps them and drains the other.
 */
extern volatile __u32 active_buffer;

/* Changes each time user space has read what living processes wrote; words_untold: telling it failed, so that
 * it is to look for itself. words_room: processes that may end during this epoch and stay until they are
 * read. */
extern volatile __u32 words_epoch;
extern volatile __u32 words_untold;
extern volatile __s32 words_room;
/* Set by user space while it reads the ring of deaths every few milliseconds and needs no waking. */
extern volatile __u32 reader_polls;

#endif
