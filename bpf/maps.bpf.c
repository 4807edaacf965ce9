// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The maps and settings of maps.bpf.h. */
#include "maps.bpf.h"
#include "datagram.bpf.h"
#include "stdio.bpf.h"
#include "vma.bpf.h"

struct ring_map deaths SEC(".maps");
struct ring_map activity SEC(".maps");
struct stats_map stats SEC(".maps");
struct scratch_map scratches SEC(".maps");
struct dying_map dying SEC(".maps");
struct snapshots_map snapshots SEC(".maps");
struct words_map words SEC(".maps");
struct costs_map costs SEC(".maps");
struct turns_map log_turns SEC(".maps");

const volatile __u32 self_pid = 0;
const volatile __u32 nursery_pid = 0;
const volatile bool own_children = false;
const volatile bool keep_words = true;
const volatile bool measure_cost = false;
const volatile __u32 page_shift = 12;
const volatile __u64 activity_wake = 512 << 10; /* a quarter of the default ring */

const volatile __u64 snapshot_room = 1 << 20; /* half of the default ring */

volatile __u32 active_buffer = 0;
volatile __u32 words_epoch = 1;
volatile __u32 words_untold = 0;
volatile __s32 words_room = LW_WORDS_ROOM;
volatile __u32 reader_polls = 0;

/* Most helpers used here are for GPL-compatible programs alone. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
