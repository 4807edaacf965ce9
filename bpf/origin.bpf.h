/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* From where the sender of a signal acts: login, session, terminal. */
#ifndef LW_ORIGIN_BPF_H
#define LW_ORIGIN_BPF_H

#include "task.bpf.h"

static __always_inline void origin_fill(struct lw_origin *origin, struct task_struct *from)
{
	struct signal_struct *signal = BPF_CORE_READ(from, signal);
	struct tty_struct *tty = NULL;

	origin->login_uid = origin->session = LW_NO_LOGIN;
	if (bpf_core_field_exists(from->loginuid)) { /* a kernel with CONFIG_AUDIT */
		origin->login_uid = BPF_CORE_READ(from, loginuid.val);
		origin->session = BPF_CORE_READ(from, sessionid);
	}
	origin->ns_pid = task_ns_pid(from);
	origin->exiting = !!(BPF_CORE_READ(from, flags) & PF_EXITING);
	__builtin_memset(origin->tty, 0, sizeof(origin->tty));
	if (bpf_core_field_exists(signal->tty))
		tty = BPF_CORE_READ(signal, tty);
	if (tty)
		bpf_probe_read_kernel_str(origin->tty, sizeof(origin->tty),
			(void *)tty + bpf_core_field_offset(struct tty_struct, name));
}

#endif
