/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What processes wrote to their standard output and error, kept until they die. */
#ifndef LW_STDIO_BPF_H
#define LW_STDIO_BPF_H

#include "maps.bpf.h"

/* By process id; the start in the value tells a reused one. The least recently used leave first, and are then
 * without last words. */
struct words_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, struct lw_last_words);
};

extern struct words_map words SEC(".maps");

#define STDIO_DATAGRAM 0x100 /* added to enum lw_writes: it is a datagram of its own, kept from its begin */

/* The current process wrote size bytes: those at buffer, or of a vector of so many parts there (enum
 * lw_writes). */
int stdio_wrote(__u32 writes, __u64 buffer, __u64 parts, __u64 size);

/* Sends what a process wrote, and forgets it; over: the death is over its budget, and its newest words
 * alone are sent. */
int words_send(__u32 pid, __u64 start, __u32 over);

/* The process has ended without a death to tell of: forgets what it wrote, unless the reader is to come. */
int words_end(__u32 pid);

#endif
