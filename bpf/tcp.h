/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The map of the TCP family that user space drains. */
#ifndef LW_TCP_H
#define LW_TCP_H

#include "events.h"

struct lw_tcp_key {
	__u64 owner_start;
	__u32 owner_pid;
	__u32 netns;
	__u32 reason;
	__u16 local_port;
	__u16 remote_port;
	__u16 error;
	__u8 kind;
	__u8 family;
	__u8 state;
	__u8 flags;
	__u16 pad;
	__u8 local[16];
	__u8 remote[16];
};

struct lw_tcp_value {
	__u64 count;
	__u64 first;
	__u64 last;
	__u32 uid;
	__u16 cgroup_size;
	__u16 pad;
	__u8 cgroup[LW_PATH]; /* a path tail */
};

#endif
