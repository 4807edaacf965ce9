/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* All that the probes know of the machine's architecture. System call arguments come through bpf_tracing.h.
 */
#ifndef LW_ARCH_BPF_H
#define LW_ARCH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#if defined(__TARGET_ARCH_x86)

#define ARCH_COMPAT_FLAGS thread_info.status
#define ARCH_COMPAT       0x2 /* TS_COMPAT, arch/x86/include/asm/thread_info.h */

static __always_inline long arch_syscall_number(struct pt_regs *regs)
{
	return (long)regs->orig_ax;
}

#elif defined(__TARGET_ARCH_arm64)

#define ARCH_COMPAT_FLAGS thread_info.flags
#define ARCH_COMPAT       (1ul << 22) /* TIF_32BIT, arch/arm64/include/asm/thread_info.h */

struct pt_regs___call {
	int syscallno;
} __attribute__((preserve_access_index));

static __always_inline long arch_syscall_number(struct pt_regs *regs)
{
	return ((struct pt_regs___call *)regs)->syscallno;
}

#else
#error "add the system call number and the compat test of this architecture"
#endif

#endif
