/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The mappings of a task, for its snapshot. */
#ifndef LW_VMA_BPF_H
#define LW_VMA_BPF_H

#include "maps.bpf.h"

struct file_key {
	__u64 inode;
	__u32 device;
	__u32 changed; /* of its mtime: a file that is written anew is told anew */
};

/* A snapshot that is being put together, one on each CPU: signals are delivered with interrupts off. */
struct snapshot_scratch {
	struct lw_snapshot m;
	struct lw_map maps[LW_MAPS];
	__u64 vdso;
	__u16 flags; /* of the head, once it is made */
	__u16 pad[3];
};

struct snapshots_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct snapshot_scratch);
};

extern struct snapshots_map snapshots SEC(".maps");

static __always_inline struct snapshot_scratch *snapshot_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&snapshots, &zero);
}

/* Fills the scratch's mappings, and tells the paths of files that have not been told. */
int vma_walk(void);
/* The same for the one mapping that an address lies in. */
int vma_find(__u64 address);
/* Where the mapping that an address lies in ends; 0: there is none, or it cannot be read. */
__u64 vma_end(__u64 address);

#endif
