// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Last words: the end of what each process wrote. Threads that write at the same instant may overwrite each
 * other here; a lock would cost all of them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "arch.bpf.h"
#include "emit.bpf.h"
#include "stdio.bpf.h"
#include "syscall.h"
#include "task.bpf.h"

#define PIECES    (LW_WORDS_CALL / LW_WORDS_PIECE)
#define PARTS_MAX 32 /* of a vector; what further ones wrote is not kept */

struct part {
	__u64 base;
	__u64 size;
};

/* What the words of a process begin as: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lw_last_words);
} words_new SEC(".maps");

/* The words of the current process, fresh when another had its number before. */
static __always_inline struct lw_last_words *words_get(__u32 pid, __u64 start)
{
	struct lw_last_words *w = bpf_map_lookup_elem(&words, &pid), *none;
	__u32 zero = 0;

	if (!w) {
		none = bpf_map_lookup_elem(&words_new, &zero);
		if (!none)
			return NULL;
		bpf_map_update_elem(&words, &pid, none, BPF_NOEXIST);
		w = bpf_map_lookup_elem(&words, &pid);
	}
	if (w && w->start != start) {
		w->pid = pid;
		w->bytes = w->published = 0;
		w->position = w->end = w->kept = 0;
		w->told = w->datagrams = w->unread = w->dead = 0;
		w->start = start;
	}
	return w;
}

static __always_inline void append(struct lw_last_words *w, __u64 buffer, __u64 size)
{
	__u64 position = w->position;

	barrier_var(position);
	if (position >= LW_WORDS) {
		w->end = position;
		position = 0;
	}
	barrier_var(size);
	if (size <= LW_WORDS_PIECE && !bpf_probe_read_user(&w->text[position], size, (void *)buffer)) {
		w->position = position + size;
		w->kept += size;
	}
}

/* Marks what came since kept as one datagram. */
static __always_inline void append_end(struct lw_last_words *w, __u32 kept)
{
	struct lw_datagram_end end = {.mark = LW_DATAGRAM_MARK, .size = w->kept - kept};
	__u64 position = w->position;

	barrier_var(position);
	if (position > sizeof(w->text) - sizeof(end))
		return;
	__builtin_memcpy(&w->text[position], &end, sizeof(end));
	w->position = position + sizeof(end);
	w->kept += sizeof(end);
	w->datagrams++;
	__sync_fetch_and_add(&w->bytes, sizeof(end));
}

/* The first write since user space read the last time: it is to come again. */
static __always_inline void tell(struct lw_last_words *w, __u64 before)
{
	struct lw_wrote m;
	__u32 epoch = words_epoch;

	if (w->told == epoch)
		return;
	__builtin_memset(&m, 0, sizeof(m));
	head_set(&m.head, LW_WROTE, sizeof(m));
	m.start = w->start;
	m.pid = w->pid;
	if (bpf_ringbuf_output(&activity, &m, sizeof(m), BPF_RB_NO_WAKEUP))
		words_untold = 1;
	w->told = epoch;
	w->unread = before;
}

__noinline int words_append(__u32 pid, __u64 buffer, __u64 size)
{
	struct lw_last_words *w = bpf_map_lookup_elem(&words, &pid);

	if (w)
		append(w, buffer, size);
	return 0;
}

/* Takes the last bytes of a buffer. */
__noinline int words_take(__u32 pid, __u64 buffer, __u64 size)
{
	__u32 i;

	if (size > LW_WORDS_CALL) {
		buffer += size - LW_WORDS_CALL;
		size = LW_WORDS_CALL;
	}
	for (i = 0; i < PIECES && size; i++) {
		__u64 piece = size < LW_WORDS_PIECE ? size : LW_WORDS_PIECE;

		words_append(pid, buffer, piece);
		buffer += piece;
		size -= piece;
	}
	return 0;
}

__noinline int words_take_vector(__u32 pid, __u64 vector, __u64 parts, __u64 size)
{
	__u64 skip = size > LW_WORDS_CALL ? size - LW_WORDS_CALL : 0;
	struct part part;
	__u32 i;

	for (i = 0; i < PARTS_MAX && i < parts && size; i++) {
		if (bpf_probe_read_user(&part, sizeof(part), (void *)(vector + i * sizeof(part))))
			return 0;
		if (part.size > size) /* not all of it was written */
			part.size = size;
		size -= part.size;
		if (skip >= part.size) {
			skip -= part.size;
			continue;
		}
		words_take(pid, part.base + skip, part.size - skip);
		skip = 0;
	}
	return 0;
}

struct writer {
	__u64 start;
	__u32 pid;
	bool compat;
	bool dumpable;
};

/* A write costs the program that writes: with a pointer that has a type each fact is a load, else a call of
 * 15 ns. */
static __always_inline void writer_get(struct writer *ret)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		ret->pid = task->tgid;
		ret->start = task->group_leader->start_boottime;
		ret->compat = task->ARCH_COMPAT_FLAGS & ARCH_COMPAT;
	} else {
		task = task_current();
		ret->pid = BPF_CORE_READ(task, tgid);
		ret->start = BPF_CORE_READ(task, group_leader, start_boottime);
		ret->compat = BPF_CORE_READ(task, ARCH_COMPAT_FLAGS) & ARCH_COMPAT;
	}
	ret->dumpable = current_dumpable(CURRENT(mm)) != 1;
}

__noinline int stdio_wrote(__u32 writes, __u64 buffer, __u64 parts, __u64 size)
{
	bool datagram = writes & STDIO_DATAGRAM;
	struct lw_last_words *w;
	struct writer writer;
	__u64 before;
	__u32 kept;

	writer_get(&writer);
	/* A 32-bit program numbers its calls in another way. */
	if (!size || writer.pid == self_pid || writer.compat)
		return 0;
	if (!writer.dumpable) { /* what may not be in a core file may not be here */
		bpf_map_delete_elem(&words, &writer.pid);
		return 0;
	}
	w = words_get(writer.pid, writer.start);
	if (!w)
		return 0;
	before = w->bytes;
	__sync_fetch_and_add(&w->bytes, size);
	kept = w->kept;
	if (datagram && size > LW_WORDS_CALL)
		size = LW_WORDS_CALL;
	if ((writes & ~STDIO_DATAGRAM) == LW_WRITES_VECTOR)
		words_take_vector(writer.pid, buffer, parts, size);
	else if (size > LW_WORDS_PIECE)
		words_take(writer.pid, buffer, size);
	else
		append(w, buffer, size);
	if (datagram)
		append_end(w, kept);
	w->published = LW_PUBLISHED(w->kept, w->end, w->position);
	tell(w, before);
	return 0;
}

__noinline int words_end(__u32 pid)
{
	struct lw_last_words *w = bpf_map_lookup_elem(&words, &pid);

	if (!w)
		return 0;
	if (w->told == words_epoch) {
		if (words_room > 0) {
			__sync_fetch_and_add(&words_room, -1);
			w->dead = 1;
			return 0;
		}
		STAT_ADD(LW_SRC_OUTPUT, seen, (__u32)w->bytes - w->unread);
		STAT_ADD(LW_SRC_OUTPUT, map_full, (__u32)w->bytes - w->unread);
	}
	bpf_map_delete_elem(&words, &pid);
	return 0;
}

/* Keeps of the text just the newest LW_WORDS_OVER bytes that lie together. */
static __always_inline void words_shorten(struct lw_last_words *w)
{
	__u64 position = w->position, from = position - LW_WORDS_OVER;

	w->end = 0;
	barrier_var(from);
	if (from > sizeof(w->text) - LW_WORDS_OVER) /* there are fewer */
		return;
	bpf_probe_read_kernel(w->text, LW_WORDS_OVER, &w->text[from]);
	w->position = LW_WORDS_OVER;
}

__noinline int words_send(__u32 pid, __u64 start, __u32 over)
{
	struct lw_last_words *w = bpf_map_lookup_elem(&words, &pid);
	__u64 size;

	if (!w)
		return 0;
	if (over)
		words_shorten(w);
	size = w->end ? sizeof(w->text) : w->position;
	barrier_var(size);
	if (w->start == start && w->bytes && size <= sizeof(w->text)) {
		size += offsetof(struct lw_last_words, text);
		head_set(&w->head, LW_LAST_WORDS, size);
		STAT(LW_SRC_SNAPSHOT, seen);
		if (bpf_ringbuf_output(&deaths, w, size, BPF_RB_NO_WAKEUP))
			STAT(LW_SRC_SNAPSHOT, ring_full);
	}
	bpf_map_delete_elem(&words, &pid);
	return 0;
}
