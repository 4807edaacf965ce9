// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Registers, mappings and stack of the current thread, as it is about to run a handler or to die. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "arch.bpf.h"
#include "emit.bpf.h"
#include "task.bpf.h"
#include "snapshot.bpf.h"
#include "vma.bpf.h"

#define DUMPABLE 2 /* by current_dumpable: what is not may hold secrets of another user */

/* Pages that a stack pointer may lie below the stack, after an overflow. */
#define UNMAPPED_MAX 4

#define SIGNAL_ABRT 6

/* Piece by piece: a read is all or nothing, and the stack may end anywhere. To know its end saves the read
 * that fails there, which costs an exception. */
static __always_inline void snapshot_stack(const struct lw_thread *thread, __u64 sp, __u32 parts)
{
	__u64 address = sp - LW_RED_ZONE, end = vma_end(sp) ?: ~0ull;
	bool any = false;
	__u32 i;

	for (i = 0; i < SNAPSHOT_WHOLE && i < parts && address < end; i++) {
		__u64 size = LW_STACK_PART - (address & (LW_STACK_PART - 1));
		struct lw_stack *m = bpf_ringbuf_reserve(&deaths, sizeof(*m) + LW_STACK_PART, 0);

		if (!m) {
			STAT(LW_SRC_SNAPSHOT, seen);
			STAT(LW_SRC_SNAPSHOT, ring_full);
			return;
		}
		barrier_var(size);
		if (size > LW_STACK_PART || bpf_probe_read_user(m + 1, size, (void *)address)) {
			bpf_ringbuf_discard(m, BPF_RB_NO_WAKEUP);
			if (any || i >= UNMAPPED_MAX)
				return;
		} else {
			any = true;
			head_set(&m->head, LW_STACK, sizeof(*m) + LW_STACK_PART);
			m->thread = *thread;
			m->address = address;
			m->size = size;
			m->pad = 0;
			STAT(LW_SRC_SNAPSHOT, seen);
			bpf_ringbuf_submit(m, BPF_RB_NO_WAKEUP);
		}
		address += size;
	}
}

/* What the core file of a process needs besides. */
static __always_inline void snapshot_process(struct snapshot_scratch *scratch, struct mm_struct *mm)
{
	__u32 size = bpf_core_field_size(mm->saved_auxv);

	if (size > sizeof(scratch->m.auxv))
		size = sizeof(scratch->m.auxv);
	bpf_probe_read_kernel(scratch->m.auxv, size, (void *)mm + bpf_core_field_offset(mm->saved_auxv));
	vma_walk();
}

struct site_key {
	__u64 inode; /* of the executable */
	__u32 device;
	__u16 signal;
	__u16 pc;      /* within its page: where the code lies changes with each run */
	__u64 callers; /* ANYBODY; ANY_CALLER: all that come once that is used up; else these */
};

#define ANYBODY    0
#define ANY_CALLER (~0ull)

struct site {
	__u64 since;
	__u64 captured; /* since then; CPUs that count at once may lose one */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct site_key);
	__type(value, struct site);
} sites SEC(".maps");

/* Whether a death at this place is within a budget, of which it takes one. */
__noinline int site_take(__u32 signal, __u64 pc, __u64 callers, __u32 budget)
{
	struct inode *inode = CURRENT(mm, exe_file, f_inode);
	struct site_key key = {
		.inode = HELD(inode, i_ino),
		.device = HELD(inode, i_sb, s_dev),
		.signal = signal,
		.pc = pc & ((1u << page_shift) - 1),
		.callers = callers,
	};
	struct site fresh = {.since = bpf_ktime_get_boot_ns(), .captured = 1}, *site;

	site = bpf_map_lookup_elem(&sites, &key);
	if (!site || fresh.since - site->since >= LW_SITE_PERIOD) {
		bpf_map_update_elem(&sites, &key, &fresh, BPF_ANY);
		return 1;
	}
	if (site->captured >= budget)
		return 0;
	site->captured++;
	return 1;
}

/* Fills the callers of what is over its budget, where the program counter does not tell the place: the
 * program sent itself a signal, or it lies in a library. Above the begin of the stack are no frames, but
 * addresses that the kernel put there. */
__noinline int callers_find(void)
{
	struct snapshot_scratch *scratch = snapshot_scratch();
	__u64 code, size, pc, sp, bytes = LW_CALLERS_STACK, hash = 0;
	__u64 *word;
	__u32 i;

	if (!scratch)
		return 0;
	pc = scratch->m.registers[ARCH_PC];
	sp = scratch->m.registers[ARCH_SP];
	code = scratch->m.code;
	size = scratch->m.code_end - code;
	if (scratch->m.signal != SIGNAL_ABRT &&
		(pc - code < size || !scratch->m.map_count || !scratch->maps[0].inode))
		return 0;
	if (scratch->m.stack_top > sp && scratch->m.stack_top - sp < bytes)
		bytes = scratch->m.stack_top - sp;
	word = (void *)&scratch->maps[1];
	barrier_var(bytes);
	if (bytes > LW_CALLERS_STACK || bpf_probe_read_user(word, bytes, (void *)sp))
		return 0;
	for (i = 0; i < LW_CALLERS_STACK / sizeof(*word) && i < bytes / sizeof(*word); i++)
		if (word[i] - code < size)
			hash = LW_CALLERS_ADD(hash, word[i] - code);
	scratch->m.callers = hash;
	return 0;
}

/* Of a place that is used up each caller has a little more, up to an end: what differs each time among the
 * callers of one defect costs no more. */
static __always_inline bool caller_take(__u32 signal, __u64 pc, __u64 callers)
{
	return callers && site_take(signal, pc, callers, LW_CALLER_CAPTURES) &&
	       site_take(signal, pc, ANY_CALLER, LW_PLACE_CAPTURES);
}

/* Sends what is in the scratch: all mappings that were added to it. */
static __always_inline bool snapshot_send(struct snapshot_scratch *scratch)
{
	__u64 size = sizeof(scratch->m) + scratch->m.map_count * sizeof(struct lw_map);

	barrier_var(size);
	if (size > sizeof(scratch->m) + sizeof(scratch->maps))
		return false;
	head_set(&scratch->m.head, LW_SNAPSHOT, size);
	scratch->m.head.flags =
		scratch->flags | (ARCH_MODE_COMPAT(scratch->m.registers[ARCH_MODE]) ? LW_SNAPSHOT_COMPAT : 0);
	STAT(LW_SRC_SNAPSHOT, seen);
	if (bpf_ringbuf_output(&deaths, &scratch->m, size, BPF_RB_NO_WAKEUP)) {
		STAT(LW_SRC_SNAPSHOT, ring_full);
		return false;
	}
	return true;
}

__noinline int snapshot_take(__u32 signal, __u32 parts)
{
	struct task_struct *task = task_current();
	struct snapshot_scratch *scratch = snapshot_scratch();
	struct mm_struct *mm = CURRENT(mm);
	__u64 waiting = bpf_ringbuf_query(&deaths, BPF_RB_AVAIL_DATA), pc;
	struct process_key key;
	bool full;

	/* Deaths themselves come first: in a flood the room that is left is theirs. */
	if (!scratch || !mm || current_dumpable(mm) != DUMPABLE ||
		waiting > (parts < SNAPSHOT_WHOLE ? snapshot_room / 2 : snapshot_room + snapshot_room / 2))
		return SNAPSHOT_NONE;
	current_key(&key);
	__builtin_memset(&scratch->m, 0, sizeof(scratch->m));
	scratch->m.thread.start = key.start;
	scratch->m.thread.pid = key.pid;
	scratch->m.thread.tid = CURRENT(pid);
	scratch->m.signal = signal;
	scratch->m.mount_ns = current_mount_ns();
	arch_thread_bases(scratch->m.bases);
	bpf_core_read(scratch->m.comm, sizeof(scratch->m.comm), &task->comm);
	scratch->vdso = (__u64)HELD(mm, context.vdso);
	scratch->m.code = HELD(mm, start_code);
	scratch->m.code_end = HELD(mm, end_code);
	scratch->m.stack_top = HELD(mm, start_stack);
	bpf_probe_read_kernel(scratch->m.registers, ARCH_REGISTERS * sizeof(__u64), arch_user_registers());
	pc = scratch->m.registers[ARCH_PC];
	scratch->flags = parts < SNAPSHOT_WHOLE ? LW_SNAPSHOT_THREAD : 0;
	full = waiting > snapshot_room;
	if (!scratch->flags && (full || !site_take(signal, pc, ANYBODY, LW_SITE_CAPTURES))) {
		vma_find(pc);
		callers_find();
		if (full || !caller_take(signal, pc, scratch->m.callers)) {
			scratch->flags |= full ? LW_SNAPSHOT_FULL : LW_SNAPSHOT_OVER;
			snapshot_send(scratch);
			return full ? SNAPSHOT_NONE : SNAPSHOT_OVER;
		}
		scratch->m.callers = 0; /* its stack tells them */
		scratch->m.map_count = 0;
	}
	if (parts == SNAPSHOT_WHOLE)
		snapshot_process(scratch, mm);
	if (!snapshot_send(scratch))
		return SNAPSHOT_NONE;
	snapshot_stack(&scratch->m.thread, scratch->m.registers[ARCH_SP], parts);
	return SNAPSHOT_TAKEN;
}
