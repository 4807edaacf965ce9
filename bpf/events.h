/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The only ABI between the probes and user space; the same messages make a capture file.
 *
 * Each message starts with struct lw_head. Fixed-width integers, no implicit padding (checked by
 * -Wpadded where this file is compiled for that), times in nanoseconds of CLOCK_BOOTTIME. A "tail" is a range
 * of bytes inside the message, given as offset from its start and length; length 0 means absent. Path tails
 * hold the names from the leaf up to the root, each ended by NUL. */
#ifndef LW_EVENTS_H
#define LW_EVENTS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define LW_WIRE_VERSION 6

#define LW_COMM        16
#define LW_PATH        768 /* bytes of a path tail */
#define LW_ARGS        512 /* bytes of an argv tail */
#define LW_SUBJECT     128 /* bytes of a subject */
#define LW_ANCESTRY    6
#define LW_MSG_MAX     4096 /* bytes of any message but those of a snapshot and last words */
#define LW_MSG_LARGEST 16384

enum lw_type {
	LW_FORK = 1,
	LW_EXEC = 2,
	LW_EXIT = 3,  /* the last thread of a process has gone */
	LW_DEATH = 4, /* a process ends with a signal or a failure status */
	LW_SUBJECT_SAMPLE = 5,
	LW_SYSCALL_COUNT = 6,
	LW_TCP_COUNT = 7,
	LW_STATS = 8,          /* what the probes saw and lost since they started */
	LW_TICK = 9,           /* a second has passed and all counters of it have been sent */
	LW_SEED = 10,          /* a process that lived before the probes; body as LW_EXEC */
	LW_HOST = 11,          /* the host; comes first, and again when something of it changed */
	LW_RESET_REASONS = 12, /* the running kernel's names of enum sk_rst_reason */
	LW_FILE = 13,          /* the path of a mapped file, once a file */
	LW_SNAPSHOT = 14,      /* registers and executable mappings of a thread at its fault */
	LW_STACK = 15,         /* a piece of its stack */
	LW_LAST_WORDS = 16,    /* what a process that dies wrote last; comes before its LW_DEATH */
	LW_WROTE = 17,         /* a process writes: its output wants to be read; no part of a capture */
	LW_OUTPUT = 18,        /* what a process that lives has written since it was last read */
	LW_OOM_MARK = 19,      /* the OOM killer has chosen; user space reads the scene at once */
	LW_OOM_SCENE = 20,     /* what user space read then; comes before the victim's LW_DEATH */
	LW_LISTEN = 21,        /* a TCP socket begins or ceases to listen */
	LW_DNS_ANSWER = 22,    /* a datagram from a name server */
	LW_CONNECTED = 23,     /* a process has connected to an address */
	LW_UNIX = 24,          /* the same of a unix socket, or one begins to listen */
	LW_TYPES
};

/* Of what may come in floods so many are taken in a second; user space fills that up again. */
#define LW_TCP_EXACT_PER_SECOND     64  /* keys of TCP counters with both ends in full */
#define LW_DNS_PER_SECOND           256 /* answers of name servers */
#define LW_CONNECTED_PER_SECOND     256 /* connections to this host */
#define LW_CONNECTED_FAR_PER_SECOND 64  /* and elsewhere: a crawler has new ones all the time */
#define LW_UNIX_PER_SECOND          256 /* connections to unix sockets */
#define LW_WORDS_ROOM               64  /* of the dead whose words stay until they are read */

/* Of open files so many are looked at in a second, for connections; one that is told of counts as several, so
 * that what one read tells fits the 32 KB of the kernel's buffer. */
#define LW_ESTABLISHED_PIECE 4096
#define LW_ESTABLISHED_TOLD  16
#define LW_ESTABLISHED_FAR   64 /* peers elsewhere that are told of a process */

struct lw_head {
	__u16 type;
	__u16 flags;
	__u32 size; /* bytes of the whole message */
	__u64 time;
};

struct lw_tail {
	__u16 offset;
	__u16 size;
};

/* Who: taken in the kernel at the instant. */
struct lw_task {
	__u32 pid; /* tgid in the initial PID namespace */
	__u32 tid;
	__u64 start; /* start_boottime of the thread group leader */
	__u32 ppid;
	__u32 ns_pid; /* tgid in the innermost PID namespace */
	__u32 uid;
	__u32 gid;
	char comm[LW_COMM];
};

struct lw_fork {
	struct lw_head head;
	__u64 parent_start;
	__u64 child_start;
	__u32 parent_pid;
	__u32 child_pid;
};

/* head.flags of LW_EXEC and LW_SEED */
#define LW_EXEC_ARGS_CUT 1
#define LW_EXEC_PATH_CUT 2

struct lw_exec {
	struct lw_head head;
	struct lw_task task;
	__u64 inode;
	__u64 mtime;  /* of the executable, ns since the epoch */
	__u32 device; /* major << 20 | minor */
	struct lw_tail exe;
	struct lw_tail args; /* NUL-separated, as in /proc/PID/cmdline */
	struct lw_tail cgroup2;
	struct lw_tail cgroup1; /* of the memory controller where that is a v1 hierarchy */
	__u32 mount_ns;         /* inode number; 0: not known */
};

/* head.flags of LW_EXIT: made by user space, which has found that the process is gone */
#define LW_EXIT_FOUND 1

struct lw_exit {
	struct lw_head head;
	__u64 start;
	__u32 pid;
	__u32 exit_code; /* as wait(2) would see it: status << 8 | core << 7 | signal */
};

#include "events_end.h"

/* head.flags of LW_DEATH */
#define LW_DEATH_DELIVERED  1 /* sent at the signal's delivery, before any core file; LW_EXIT follows */
#define LW_DEATH_NO_STATE   2 /* the probes' map was full: sender, first fault and OOM facts are not known */
#define LW_DEATH_CGROUP_CUT 4

struct lw_death {
	struct lw_head head;
	struct lw_task task;
	__u32 exit_code;         /* as in lw_exit; with LW_DEATH_DELIVERED just the signal */
	__u32 dumpable;          /* prctl(PR_GET_DUMPABLE) + 1; 0: not known */
	__u64 core_limit;        /* RLIMIT_CORE, soft */
	struct lw_sender sender; /* the last from outside the process */
	struct lw_fault first;   /* a fault that a handler took */
	struct lw_fault last;    /* the last fault or self-made signal */
	struct lw_oom oom;
	struct lw_tail cgroup2;
	struct lw_tail cgroup1;
	struct lw_tail oom_cgroup;
	/* Places of what comes next: registers and stack snapshot, memory map, last words, breadcrumbs. */
	struct lw_tail stack;
	struct lw_tail maps;
	struct lw_tail last_words;
	struct lw_tail breadcrumbs;
	__u32 threads;             /* that the process had; 0: not known */
	struct lw_request request; /* the last from outside that was not SIGKILL */
	struct lw_limits limits;
};

/* head.flags of LW_SUBJECT_SAMPLE and LW_SYSCALL_COUNT: which of the two buffers counted, so that a sample
 * finds its count */
#define LW_BUFFER_B 1

/* One failed call, seen as a sample: the first of a counter, and then ever fewer. */
enum lw_subject_kind {
	LW_SUBJECT_NONE = 0,
	LW_SUBJECT_PATH = 1,
	LW_SUBJECT_ADDRESS = 2,
	LW_SUBJECT_FILE = 3, /* of a descriptor, where storage failed */
};

struct lw_subject_sample {
	struct lw_head head;
	struct lw_task task;
	__u16 call;
	__u16 error;
	__u16 compat;           /* a 32-bit program on a 64-bit kernel: other call numbers */
	__u16 kind;             /* enum lw_subject_kind */
	struct lw_tail subject; /* text without NUL, struct sockaddr, or a path tail */
	struct lw_tail cgroup2;
	struct lw_tail cgroup1;
	__u32 weight; /* calls that this sample stands for */
};

struct lw_syscall_count {
	struct lw_head head; /* time: end of the interval */
	__u64 first;
	__u64 last;
	__u64 count;
	__u64 interval;
	__u64 start;
	__u32 pid;
	__u16 call;
	__u16 error;
	__u16 compat;
	__u16 pad[3];
};

#include "events_net.h"

/* What is captured of a thread follows each other in the ring of the deaths: files that were not told yet,
 * LW_SNAPSHOT, LW_STACK from the lowest address on; for the thread that ends the process all before its
 * LW_DEATH. */
#define LW_REGISTERS    34
#define LW_MAPS         192
#define LW_STACK_PART   4096
#define LW_STACK_MAX    65536
#define LW_SNAPSHOT_MAX (sizeof(struct lw_snapshot) + LW_MAPS * sizeof(struct lw_map))
#define LW_THREADS      32  /* of a process besides the one that ends it */
#define LW_THREAD_PARTS 4   /* pieces of stack of each of them, after a first one that is shorter */
#define LW_AUXV         56  /* words of the auxiliary vector */
#define LW_RED_ZONE     128 /* bytes below the stack pointer that belong to the frame too */

struct lw_thread {
	__u64 start; /* of the process */
	__u32 pid;
	__u32 tid;
};

struct lw_file {
	struct lw_head head;
	__u64 inode;
	__u64 mtime;
	__u32 device;
	struct lw_tail path;
};

#define LW_MAP_VDSO 1

struct lw_map {
	__u64 start;
	__u64 end;
	__u64 offset; /* bytes in the file */
	__u64 inode;
	__u32 device;
	__u32 flags;
};

/* head.flags of LW_SNAPSHOT */
#define LW_SNAPSHOT_MAPS_CUT 1
#define LW_SNAPSHOT_COMPAT   2
#define LW_SNAPSHOT_THREAD                                                                                   \
	4 /* one that leaves with its process: no mappings, no auxiliary vector, little stack */
/* Just the registers and the mapping that the program counter lies in, no stack: */
#define LW_SNAPSHOT_OVER 8  /* the same death was captured often enough; LW_WORDS_OVER of its last words */
#define LW_SNAPSHOT_FULL 16 /* the ring of the deaths was half full; no last words */

/* The same death is that of one executable, signal, and program counter within its page: so many in a period.
 * Where that does not tell the place each caller has some more, until all of them had so many. */
#define LW_SITE_CAPTURES   8
#define LW_CALLER_CAPTURES 2
#define LW_PLACE_CAPTURES  64
#define LW_SITE_PERIOD     1000000000ull

/* Callers are a hash over the words in the first bytes of the stack that point into the executable's code, as
 * offsets in it: it is the same in each run. */
#define LW_CALLERS_STACK             1024
#define LW_CALLERS_FACTOR            0x9e3779b97f4a7c15ull
#define LW_CALLERS_ADD(hash, offset) (((hash) ^ (offset)) * LW_CALLERS_FACTOR + 1)

struct lw_snapshot {
	struct lw_head head;
	struct lw_thread thread;
	__u64 registers[LW_REGISTERS]; /* struct pt_regs of the architecture, as the kernel has it */
	__u64 bases[2];                /* of thread-local storage: fs and gs of x86, of arm64 tpidr and 0 */
	__u64 auxv[LW_AUXV];
	char comm[LW_COMM]; /* the thread's name */
	__u16 signal;
	__u16 map_count;
	__u32 mount_ns; /* inode number; 0: not known */
	__u64 code;     /* of the executable: its code begins there, */
	__u64 code_end;
	__u64 stack_top; /* no frame lies above */
	__u64 callers;   /* of what comes without stack. 0: none, or the program counter tells the place: no
			    SIGABRT, and it is in the executable's code or in no file */
			 /* struct lw_map maps[map_count] follow, by rising address */
};

struct lw_stack {
	struct lw_head head;
	struct lw_thread thread;
	__u64 address;
	__u32 size;
	__u32 pad;
	/* the bytes follow */
};

/* What a process wrote to its standard output and error. The probes fill text from the front, and begin anew
 * at the front once LW_WORDS bytes are there: the older part is then text[position..end), the newer one
 * text[0..position). */
#define LW_WORDS       8192 /* bytes that are kept at least */
#define LW_WORDS_PIECE 1024 /* copied at a time */
#define LW_WORDS_CALL  4096 /* bytes taken of one call, its last ones */
#define LW_WORDS_OVER  1024 /* sent of a death that is over its budget */

struct lw_last_words {
	struct lw_head head;
	__u64 start;
	__u64 bytes;     /* written in all */
	__u64 published; /* LW_PUBLISHED of whole writes, for a reader beside the writers */
	__u32 pid;
	__u32 position;  /* behind the newest byte */
	__u32 end;       /* 0: it was filled once only, and the message ends at position */
	__u32 kept;      /* bytes that were put into text in all, modulo 2^32 */
	__u32 told;      /* the epoch in which user space was told last */
	__u32 datagrams; /* of the writes; each ends in the text with struct lw_datagram_end */
	__u32 unread;    /* of bytes, when user space was told; modulo 2^32 */
	__u32 dead;      /* the process has ended; the reader removes it */
	__u8 text[LW_WORDS + LW_WORDS_PIECE];
};

/* kept, end and position in one word, so that they belong together. */
#define LW_PUBLISHED(kept, end, position) ((__u64)(kept) << 32 | (__u64)(end) << 16 | (position))

/* Behind each datagram to the log in text. */
#define LW_DATAGRAM_MARK "\0\1LW"

struct lw_datagram_end {
	__u8 mark[4];
	__u32 size; /* bytes of the datagram that are kept, before this */
};

struct lw_wrote {
	struct lw_head head;
	__u64 start;
	__u32 pid;
	__u32 pad;
};

/* Made by user space of the map of last words. What it lacks of bytes was overwritten before it was read. */
struct lw_output {
	struct lw_head head;
	__u64 start;
	__u64 bytes; /* written since the message before */
	__u32 pid;
	__u32 kept; /* as in lw_last_words, at the end of this text */
	__u32 size; /* of the text, which follows */
	__u32 pad;
};

/* Per probe source: attempts and losses since the probes started. For the counters (syscalls, TCP) the unit
 * is one failure, for the others one message. */
enum lw_source {
	LW_SRC_LIFECYCLE = 0,
	LW_SRC_DEATH = 1,
	LW_SRC_SYSCALL = 2,
	LW_SRC_SUBJECT = 3,
	LW_SRC_TCP = 4,
	LW_SRC_SNAPSHOT = 5,
	LW_SRC_OUTPUT = 6, /* the unit is one byte that a process wrote */
	LW_SRC_DNS = 7,
	LW_SOURCES
};

struct lw_source_stats {
	__u64 seen;
	__u64 ring_full;
	__u64 map_full;   /* counted, though its details were lost, where the source is LW_SRC_DEATH */
	__u64 unreadable; /* a subject, path or argument in memory that could not be read */
	__u64 missed;     /* the kernel skipped the probe (recursion) */
};

struct lw_stats {
	struct lw_head head;
	struct lw_source_stats source[LW_SOURCES];
};

/* Made by user space: what the kernel's messages leave open. Tails are text without NUL. */
struct lw_host {
	struct lw_head head;
	__u32 wire_version;
	struct lw_tail name;
	struct lw_tail boot_id;
	struct lw_tail machine; /* uname -m: it gives system call numbers their names */
	struct lw_tail release;
	struct lw_tail core_pattern;
};

struct lw_reset_reasons {
	struct lw_head head;
	struct lw_tail names; /* from value 0 on, each ended by NUL; an unused value has an empty name */
	__u32 pad;
};

struct lw_tick {
	struct lw_head head;
	__u64 realtime; /* CLOCK_REALTIME at head.time, ns since the epoch */
};

#endif
