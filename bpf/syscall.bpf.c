// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Failed system calls, counted by process, call and errno, with samples of what they were about.
 * This is the hot path: a call that succeeds costs a look at its number, a failing one a look-up in a hash.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "arch.bpf.h"
#include "datagram.bpf.h"
#include "emit.bpf.h"
#include "stdio.bpf.h"
#include "task.bpf.h"
#include "syscall.h"
#include "unix.bpf.h"

#define ENOENT    2
#define EIO       5
#define EAGAIN    11
#define EFBIG     27
#define ENOSPC    28
#define EROFS     30
#define ENOSYS    38
#define EDQUOT    122
#define ERRNO_MAX 133

struct counters {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct lw_call_key);
	__type(value, struct lw_call_value);
};

struct counters calls_a SEC(".maps");
struct counters calls_b SEC(".maps");

struct lw_call_policy call_policy[LW_CALLS + 1];

static const struct lw_call_value value_new;

static __always_inline bool is_routine(__u32 call, __u32 error)
{
	if (call > LW_CALLS)
		call = LW_CALLS;
	return call_policy[call].routine[(error >> 6) & 3] & (1ull << (error & 63));
}

/* A unix socket that is gone or full, where somebody is known to listen. */
static __always_inline bool is_missed(struct pt_regs *regs, __u32 error)
{
	__u64 call = arch_syscall_number(regs);

	return (error == ENOENT || error == EAGAIN) && call < LW_CALLS &&
	       call_policy[call].writes == LW_WRITES_CONNECT &&
	       unix_known(arch_syscall_second(regs), arch_syscall_third(regs));
}

/* How many calls the n-th one stands for as a sample; 0: it is none. Which ones are taken is spread by a
 * multiplicative hash (Knuth, 6.4), so that calls that take turns are not seen as one of them alone. */
static __always_inline __u32 sample_weight(__u64 n)
{
	__u32 spread = (__u32)n * 2654435761u;

	if (n <= 8)
		return 1;
	if (n < 128)
		return spread >> 29 ? 0 : 8;
	if (n < 2048)
		return spread >> 26 ? 0 : 64;
	return spread >> 22 ? 0 : 1024;
}

/* Of a call with a descriptor only those are worth a walk: they tell which file system is in trouble. */
static __always_inline bool is_of_storage(__u32 error)
{
	return error == ENOSPC || error == EDQUOT || error == EROFS || error == EIO || error == EFBIG;
}

static __always_inline void tail_file(struct lw_subject_sample *m, __u32 fd)
{
	bool cut = false;

	if (!is_of_storage(m->error))
		return;
	m->subject = tail_walked(sizeof(*m), walk_fd(SCRATCH_SYSCALL, sizeof(*m), fd), &cut);
	if (m->subject.size)
		m->kind = LW_SUBJECT_FILE;
}

/* Puts what the call was about behind the message: a path as text, a struct sockaddr, or the names
 * of a file. */
static __always_inline void tail_subject(struct scratch *scratch, struct pt_regs *regs, __u32 call)
{
	struct lw_subject_sample *m = scratch ? (void *)scratch->bytes : NULL;
	__u8 *out = scratch->bytes + sizeof(*m);
	__u32 kind, arg;
	__u64 pointer;
	long n;

	if (call >= LW_CALLS || m->compat)
		return;
	kind = call_policy[call].subject_kind;
	arg = call_policy[call].subject_arg;
	if (kind == LW_SUBJECT_NONE)
		return;
	if (kind == LW_SUBJECT_FILE) {
		tail_file(m, PT_REGS_PARM1_CORE_SYSCALL(regs));
		return;
	}
	pointer = arg == 0   ? PT_REGS_PARM1_CORE_SYSCALL(regs)
		  : arg == 1 ? PT_REGS_PARM2_CORE_SYSCALL(regs)
			     : PT_REGS_PARM3_CORE_SYSCALL(regs);
	m->subject.offset = sizeof(*m);
	if (kind == LW_SUBJECT_PATH) {
		n = bpf_probe_read_user_str(out, LW_SUBJECT, (void *)pointer);
		if (n > 0)
			m->subject.size = n - 1;
	} else {
		__u64 size = (__u32)PT_REGS_PARM3_CORE_SYSCALL(regs);

		barrier_var(size);
		if (size > LW_SUBJECT)
			size = LW_SUBJECT;
		n = bpf_probe_read_user(out, size, (void *)pointer);
		if (n == 0)
			m->subject.size = size;
	}
	if (n < 0)
		STAT(LW_SRC_SUBJECT, unreadable);
	else
		m->kind = kind;
}

static __always_inline void sample_emit(
	struct pt_regs *regs, struct lw_call_key *key, __u32 weight, bool first, __u32 buffer)
{
	struct scratch *scratch = scratch_get(SCRATCH_SYSCALL);
	struct lw_subject_sample *m = scratch ? (void *)scratch->bytes : NULL;
	__u32 end = sizeof(*m);
	bool cut = false;

	if (!scratch)
		return;
	__builtin_memset(m, 0, sizeof(*m));
	current_fill(&m->task);
	m->call = key->call & ~LW_CALL_COMPAT;
	m->error = key->error;
	m->compat = !!(key->call & LW_CALL_COMPAT);
	m->weight = weight;
	tail_subject(scratch, regs, m->call);
	end += m->subject.size;
	if (first && end <= sizeof(*m) + LW_PATH) {
		m->cgroup2 = tail_cgroup2(SCRATCH_SYSCALL, end, &cut);
		end += m->cgroup2.size;
		m->cgroup1 = tail_cgroup1(SCRATCH_SYSCALL, end, &cut);
		end += m->cgroup1.size;
	}
	if (end > LW_MSG_MAX)
		return;
	head_set(&m->head, LW_SUBJECT_SAMPLE, end);
	m->head.flags = buffer ? LW_BUFFER_B : 0;
	emit_activity(LW_SRC_SUBJECT, m, end);
}

static __always_inline struct lw_call_value *value_get(const struct lw_call_key *key, __u32 buffer)
{
	struct lw_call_value *value;

	/* Two maps and not a map of maps: the look-up is inlined. */
	if (buffer) {
		value = bpf_map_lookup_elem(&calls_b, key);
		if (value)
			return value;
		bpf_map_update_elem(&calls_b, key, &value_new, BPF_NOEXIST);
		return bpf_map_lookup_elem(&calls_b, key);
	}
	value = bpf_map_lookup_elem(&calls_a, key);
	if (value)
		return value;
	bpf_map_update_elem(&calls_a, key, &value_new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&calls_a, key);
}

/* Each call out of the program costs about 15 ns; a pointer with a type is read without one. */
static __always_inline bool caller_compat(__u32 *ret_pid, __u32 *ret_parent)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct task_struct *task = bpf_get_current_task_btf();

		*ret_pid = task->tgid;
		*ret_parent = task->real_parent->tgid;
		return task->ARCH_COMPAT_FLAGS & ARCH_COMPAT;
	}
	*ret_pid = bpf_get_current_pid_tgid() >> 32;
	*ret_parent = BPF_CORE_READ(task_current(), real_parent, tgid);
	return BPF_CORE_READ(task_current(), ARCH_COMPAT_FLAGS) & ARCH_COMPAT;
}

static __always_inline void count(struct pt_regs *regs, long ret)
{
	long call = arch_syscall_number(regs);
	struct lw_call_key key = {.error = -ret};
	__u32 weight, parent, buffer = active_buffer;
	bool compat = caller_compat(&key.pid, &parent);
	struct lw_call_value *value;

	if (is_observer(key.pid, parent))
		return;
	/* The return from a signal handler has no number, and what was in the register as its result. */
	if (call == -1 && key.error != ENOSYS)
		return;
	/* A hostile number is still a failed call: all such count as one. */
	key.call = call >= 0 && call < LW_CALL_UNKNOWN ? call : LW_CALL_UNKNOWN;
	if (compat)
		key.call |= LW_CALL_COMPAT;
	if (is_routine(key.call, key.error) && !is_missed(regs, key.error))
		return;
	STAT(LW_SRC_SYSCALL, seen);
	value = value_get(&key, buffer);
	if (!value) {
		STAT(LW_SRC_SYSCALL, map_full);
		return;
	}
	__sync_fetch_and_add(&value->count, 1);
	weight = sample_weight(value->count);
	if (!weight)
		return;
	/* Reading the clock costs as much as all of the above: the time is that of the last sample. */
	value->last = bpf_ktime_get_boot_ns();
	if (!value->start) {
		value->start = CURRENT(group_leader, start_boottime);
		value->first = value->last;
	}
	sample_emit(regs, &key, weight, value->first == value->last, buffer);
}

/* To a socket. An internet address has a length that none of the log's has: such calls are told apart without
 * a look at memory. */
static __always_inline void sent(__u32 writes, __u64 fd, struct pt_regs *regs, __u64 size)
{
	__u64 second = arch_syscall_second(regs), third = arch_syscall_third(regs), address;

	switch (writes) {
	case LW_WRITES_CONNECT:
		if (log_address(second, third))
			log_learn(fd);
		else
			unix_connected(fd, second, third);
		break;
	case LW_WRITES_LISTEN: unix_listens(fd); break;
	case LW_WRITES_SENDTO:
		address = arch_syscall_fifth(regs);
		if (address ? log_address(address, arch_syscall_sixth(regs)) : log_connected(fd))
			stdio_wrote(LW_WRITES_BUFFER | STDIO_DATAGRAM, second, 0, size);
		break;
	case LW_WRITES_SENDMSG:
		if (log_possible())
			log_message(fd, second, size);
		break;
	case LW_WRITES_SENDMMSG:
		if (log_possible())
			log_messages(fd, second, size);
		break;
	case LW_WRITES_SOCKET:
		if ((__u32)fd == AF_UNIX) /* the first argument */
			log_expect();
		break;
	}
}

/* A successful call; few of them write to standard output or error, connect or listen. */
static __always_inline void wrote(struct pt_regs *regs, __u64 size)
{
	__u64 call = arch_syscall_number(regs), fd;
	__u32 writes;

	if (call >= LW_CALLS)
		return;
	writes = call_policy[call].writes;
	if (!writes)
		return;
	fd = arch_syscall_first(regs);
	if (writes >= LW_WRITES_SENDTO)
		sent(writes, fd, regs, size);
	else if (fd == 1 || fd == 2)
		stdio_wrote(writes, arch_syscall_second(regs), arch_syscall_third(regs), size);
	else if (log_fds & 1ull << (fd & 63) && log_connected(fd))
		stdio_wrote(
			writes | STDIO_DATAGRAM, arch_syscall_second(regs), arch_syscall_third(regs), size);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(syscall_exit, struct pt_regs *regs, long ret)
{
	/* -512 and below are the kernel's own restart codes: a signal interrupted the call, it did not fail.
	 */
	if (ret >= 0) {
		wrote(regs, ret);
		return 0;
	}
	if (ret >= -ERRNO_MAX)
		count(regs, ret);
	return 0;
}
