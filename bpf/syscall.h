/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The maps of the system call family as user space sees them: the counters it drains and the policy it
 * writes. */
#ifndef LW_SYSCALL_H
#define LW_SYSCALL_H

#include "events.h"

#define LW_CALLS                                                                                             \
	512 /* system call numbers with a policy of their own; the row behind them is for all others */
#define LW_CALL_UNKNOWN 0x7fff /* numbers that no kernel has */
#define LW_CALL_COMPAT  0x8000 /* in lw_call_key.call: a 32-bit program's numbering */

struct lw_call_key {
	__u32 pid;
	__u16 call;
	__u16 error;
};

struct lw_call_value {
	__u64 count;
	__u64 first;
	__u64 last;
	__u64 start;
};

/* Messages that are looked at for each process id (modulo LOG_SENDERS) that has not connected to the log
 * since the probes are there, and again when it makes a socket. */
#define LOG_SENDERS 4096
#define LOG_LOOKS   256

/* How a call tells what it wrote to the descriptor in its first argument, or that it is another one that is
 * looked at when it succeeds. */
enum lw_writes {
	LW_WRITES_NONE = 0,
	LW_WRITES_BUFFER = 1,
	LW_WRITES_VECTOR = 2,
	LW_WRITES_SENDTO = 3, /* from here on to a socket */
	LW_WRITES_SENDMSG = 4,
	LW_WRITES_SENDMMSG = 5,
	LW_WRITES_CONNECT = 6,
	LW_WRITES_SOCKET = 7,
	LW_WRITES_LISTEN = 8,
};

/* routine is a bit set over errno: failures that are part of normal work and not counted. */
struct lw_call_policy {
	__u64 routine[4];
	__u32 subject_kind; /* enum lw_subject_kind */
	__u32 subject_arg;  /* index of the argument, from 0 */
	__u32 writes;       /* enum lw_writes */
	__u32 pad;
};

#endif
