/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Part of events.h, which includes it: who sent a signal, faults, limits, out of memory. */
#ifndef LW_EVENTS_END_H
#define LW_EVENTS_END_H

#define LW_TTY      16
#define LW_NO_LOGIN 0xffffffffu

/* From where a sender acts. */
struct lw_origin {
	__u32 login_uid;  /* of the audit system: who logged in, whatever became of the uid; or LW_NO_LOGIN */
	__u32 session;    /* likewise */
	__u32 ns_pid;     /* in the innermost PID namespace */
	__u32 exiting;    /* the sender was ending itself */
	char tty[LW_TTY]; /* of the controlling terminal; empty: none */
};

/* A signal that asks to end, sent before the one that did it. */
struct lw_request {
	__u64 time;
	__u64 start;
	__u32 pid;
	__u32 signal; /* 0: none */
	char comm[LW_COMM];
};

struct lw_kin {
	__u32 pid;
	char comm[LW_COMM];
};

#define LW_FROM_PROCESS    0
#define LW_FROM_KERNEL     1 /* for somebody: cgroup.kill, the signal asked for at a parent's death */
#define LW_FROM_PRIVILEGED 2 /* OOM killer, end of a PID namespace, hang-up of a terminal */

/* A signal that somebody sent. */
struct lw_sender {
	__u64 time;
	__u64 start;
	__u32 pid; /* 0 when the kernel sent it on nobody's behalf */
	__u32 uid;
	__u16 signal;      /* 0: nothing is known of a sender */
	__u16 from_kernel; /* LW_FROM_… */
	__s32 code;        /* si_code */
	char comm[LW_COMM];
	__u32 kin_count;
	struct lw_kin kin[LW_ANCESTRY]; /* parent first */
	__u32 pad;
	struct lw_origin origin;
};

/* A fault or a self-made signal, as it was delivered. */
struct lw_fault {
	__u64 time;
	__u64 address;
	__u32 tid;
	__s32 code;
	__u16 signal;  /* 0: none */
	__u16 handled; /* a handler of the program was run */
	__u32 pad;
	char comm[LW_COMM]; /* the thread's name */
};

#define LW_OOM_CGROUP 1
#define LW_OOM_HOST   2

struct lw_oom {
	__u64 time;  /* 0: not chosen by the OOM killer */
	__u64 limit; /* bytes; 0 for the host */
	__u64 usage;
	__u32 trigger_pid;
	__u16 scope;
	__s16 score_adj;
	char trigger_comm[LW_COMM];
};

/* flags of struct lw_limits: what of it could be read */
#define LW_LIMITS_KNOWN     1
#define LW_LIMITS_MEMORY    2
#define LW_LIMITS_FILES     4
#define LW_LIMITS_FILES_CUT 8 /* there may be more open files than were counted */

/* Resource limits (soft; ~0: none) and what was used of them. Sizes in bytes. */
struct lw_limits {
	__u64 nofile;
	__u64 as;
	__u64 stack;
	__u64 size; /* of the address space */
	__u64 rss;
	__u64 peak;      /* of rss */
	__u64 stack_top; /* address where the first thread's stack began */
	__u32 files;     /* open */
	__u32 threads;   /* 0: not known */
	__u32 flags;
	__u32 pad;
};

/* The OOM killer has just chosen a process. */
struct lw_oom_mark {
	struct lw_head head;
	__u64 start;
	__u32 pid;
	__u16 scope;
	__u16 version; /* of the hierarchy of cgroup: 1 or 2 */
	struct lw_tail cgroup;
	__u32 pad;
};

#define LW_OOM_LARGEST 10
#define LW_OOM_STATS   8
#define LW_OOM_NAME    24

struct lw_oom_process {
	__u64 rss;
	__u32 pid;
	__s32 score_adj;
	char comm[LW_COMM];
};

struct lw_oom_stat {
	__u64 bytes;
	char name[LW_OOM_NAME];
};

/* Made by user space: the group, or the host, that was out of memory. */
struct lw_oom_scene {
	struct lw_head head; /* time: when it had been read */
	__u64 start;         /* of the victim */
	__u64 marked;        /* when the OOM killer chose */
	__u32 pid;
	__u16 process_count;
	__u16 stat_count;
	struct lw_oom_process largest[LW_OOM_LARGEST];
	struct lw_oom_stat stats[LW_OOM_STATS];
};

#endif
