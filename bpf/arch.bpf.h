/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* All that the probes know of the machine's architecture. System call arguments come through bpf_tracing.h.
 */
#ifndef LW_ARCH_BPF_H
#define LW_ARCH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "task.bpf.h"

#define THREAD_SIZE 16384 /* of the kernels that lack bpf_task_pt_regs; both architectures */

#if defined(__TARGET_ARCH_x86)

#define ARCH_COMPAT_FLAGS      thread_info.status
#define ARCH_COMPAT            0x2 /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
#define ARCH_REGISTERS         21  /* words of struct pt_regs */
#define ARCH_PT_REGS_SIZE      (21 * 8)
#define ARCH_PC                16
#define ARCH_SP                19 /* its stack pointer */
#define ARCH_MODE              17 /* and what says of which kind the program is: its code segment */
#define ARCH_MODE_COMPAT(mode) ((mode) == 0x23) /* __USER32_CS; TS_COMPAT is set within calls only */

static __always_inline long arch_syscall_number(struct pt_regs *regs)
{
	return (long)regs->orig_ax;
}

/* The same from registers without a type. */
static __always_inline long arch_user_call(void *regs)
{
	return BPF_CORE_READ((struct pt_regs *)regs, orig_ax);
}

/* kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal */
#define ARCH_SENDS(call)                                                                                     \
	((call) == 62 || (call) == 200 || (call) == 234 || (call) == 129 || (call) == 297 || (call) == 424)

/* Arguments of the call, each by one load from typed registers. */
static __always_inline __u64 arch_syscall_first(struct pt_regs *regs)
{
	return regs->di;
}

static __always_inline __u64 arch_syscall_second(struct pt_regs *regs)
{
	return regs->si;
}

static __always_inline __u64 arch_syscall_third(struct pt_regs *regs)
{
	return regs->dx;
}

static __always_inline void arch_thread_bases(__u64 bases[2])
{
	bases[0] = CURRENT(thread.fsbase);
	bases[1] = CURRENT(thread.gsbase);
}

static __always_inline __u64 arch_syscall_fifth(struct pt_regs *regs)
{
	return regs->r8;
}

static __always_inline __u64 arch_syscall_sixth(struct pt_regs *regs)
{
	return regs->r9;
}

#elif defined(__TARGET_ARCH_arm64)

#define ARCH_COMPAT_FLAGS      thread_info.flags
#define ARCH_COMPAT            (1ul << 22) /* TIF_32BIT, arch/arm64/include/asm/thread_info.h */
#define ARCH_REGISTERS         34          /* words of struct user_pt_regs, at the start of struct pt_regs */
#define ARCH_PT_REGS_SIZE      (42 * 8)
#define ARCH_PC                32
#define ARCH_SP                31
#define ARCH_MODE              33            /* pstate */
#define ARCH_MODE_COMPAT(mode) ((mode)&0x10) /* PSR_MODE32_BIT */

struct pt_regs___call {
	int syscallno;
	__u64 orig_x0;
} __attribute__((preserve_access_index));

static __always_inline long arch_syscall_number(struct pt_regs *regs)
{
	return ((struct pt_regs___call *)regs)->syscallno;
}

static __always_inline long arch_user_call(void *regs)
{
	return BPF_CORE_READ((struct pt_regs___call *)regs, syscallno);
}

#define ARCH_SENDS(call)                                                                                     \
	((call) == 129 || (call) == 130 || (call) == 131 || (call) == 138 || (call) == 240 || (call) == 424)

static __always_inline __u64 arch_syscall_first(struct pt_regs *regs)
{
	return ((struct pt_regs___call *)regs)->orig_x0;
}

static __always_inline __u64 arch_syscall_second(struct pt_regs *regs)
{
	return ((struct user_pt_regs *)regs)->regs[1];
}

static __always_inline __u64 arch_syscall_third(struct pt_regs *regs)
{
	return ((struct user_pt_regs *)regs)->regs[2];
}

static __always_inline void arch_thread_bases(__u64 bases[2])
{
	bases[0] = CURRENT(thread.uw.tp_value);
	bases[1] = 0;
}

static __always_inline __u64 arch_syscall_fifth(struct pt_regs *regs)
{
	return ((struct user_pt_regs *)regs)->regs[4];
}

static __always_inline __u64 arch_syscall_sixth(struct pt_regs *regs)
{
	return ((struct user_pt_regs *)regs)->regs[5];
}

#else
#error "add the system call number and the compat test of this architecture"
#endif

/* The registers of user space, saved at the top of the task's kernel stack. */
static __always_inline void *arch_user_registers(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + THREAD_SIZE - ARCH_PT_REGS_SIZE;
}

#endif
