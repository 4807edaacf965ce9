// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Counts the open files of a process. See limits.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "limits.bpf.h"

#define BITS  64
#define CHUNK 32 /* words read at a time */
#define WORDS 256

struct open_words {
	__u64 word[CHUNK];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct open_words);
} open_words SEC(".maps");

/* Bits set in some words. Descriptors are given lowest first, so a table that is long is mostly full. */
__noinline int words_count(__u64 address)
{
	__u32 zero = 0, i, count = 0;
	struct open_words *words = bpf_map_lookup_elem(&open_words, &zero);

	if (!words || bpf_probe_read_kernel(words->word, sizeof(words->word), (void *)address))
		return 0;
	for (i = 0; i < CHUNK; i++)
		count += __builtin_popcountll(words->word[i]);
	return count;
}

__noinline int word_count(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return __builtin_popcountll(word);
}

__noinline int files_count(__u64 task)
{
	struct files_struct *files = BPF_CORE_READ((struct task_struct *)task, files);
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	__u64 bits = (__u64)BPF_CORE_READ(table, open_fds);
	__u32 words = BPF_CORE_READ(table, max_fds) / BITS, i, count = 0;

	if (!files || !bits)
		return -1;
	/* The size of a table is a power of two: less than a chunk, or whole ones. */
	if (words < CHUNK) {
		for (i = 0; i < CHUNK && i < words; i++)
			count += word_count(bits + i * sizeof(__u64));
		return count;
	}
	for (i = 0; i < WORDS && i < words; i += CHUNK)
		count += words_count(bits + i * sizeof(__u64));
	return count | (words > WORDS ? COUNT_CUT : 0);
}
