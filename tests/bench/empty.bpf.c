// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The control of the system call figures: what the hook itself costs, with nothing in it. */
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("tp_btf/sys_exit")
int empty(void *ctx)
{
	return 0;
}
