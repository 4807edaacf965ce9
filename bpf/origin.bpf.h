/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* From where the sender of a signal, the current task, acts: login, session, terminal. */
#ifndef LW_ORIGIN_BPF_H
#define LW_ORIGIN_BPF_H

#include "task.bpf.h"

static __always_inline void origin_fill(struct lw_origin *origin)
{
	struct task_struct *from = NULL;
	struct signal_struct *signal = NULL;
	struct tty_struct *tty = NULL;

	origin->login_uid = origin->session = LW_NO_LOGIN;
	if (bpf_core_field_exists(from->loginuid)) { /* a kernel with CONFIG_AUDIT */
		origin->login_uid = CURRENT(loginuid.val);
		origin->session = CURRENT(sessionid);
	}
	origin->ns_pid = current_ns_pid(CURRENT(group_leader));
	origin->exiting = !!(CURRENT(flags) & PF_EXITING);
	__builtin_memset(origin->tty, 0, sizeof(origin->tty));
	if (bpf_core_field_exists(signal->tty))
		tty = CURRENT(signal, tty);
	if (tty)
		bpf_probe_read_kernel_str(origin->tty, sizeof(origin->tty),
			(void *)tty + bpf_core_field_offset(struct tty_struct, name));
}

#endif
