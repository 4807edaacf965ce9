/* SPDX-License-Identifier: Apache-2.0 */
/* Records: what decode makes of the probes' messages. Plain data, every bound checked, no /proc, no names
 * that user space would have to look up. Times are ns of CLOCK_BOOTTIME of the observed host. */
#ifndef LW_MODEL_RECORD_H
#define LW_MODEL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/record_net.h"
#include "model/snapshot.h"

#define RECORD_COMM     17
#define RECORD_ARGS     513
#define RECORD_SUBJECT  160
#define RECORD_ANCESTRY 6

enum record_type {
	RECORD_FORK,
	RECORD_EXEC,
	RECORD_SEED, /* a process that was there before; body as RECORD_EXEC */
	RECORD_EXIT,
	RECORD_DEATH,
	RECORD_LAST_WORDS, /* before the death of that process */
	RECORD_OUTPUT,     /* of a process that lives */
	RECORD_SUBJECT_SAMPLE,
	RECORD_SYSCALL_COUNT,
	RECORD_TCP_COUNT,
	RECORD_STATS,
	RECORD_TICK,
	RECORD_HOST,
	RECORD_RESET_REASONS,
	RECORD_FILE,
	RECORD_SNAPSHOT,
	RECORD_STACK,
	RECORD_OOM_MARK,
	RECORD_OOM_SCENE,
	RECORD_LISTEN,
	RECORD_DNS_ANSWER,
	RECORD_CONNECTED,
	RECORD_UNIX_SOCKET,
};

struct record_task {
	struct process_key key;
	uint32_t tid;
	uint32_t ppid;
	uint32_t ns_pid;
	uint32_t uid;
	uint32_t gid;
	char comm[RECORD_COMM];
};

struct record_fork {
	struct process_key parent;
	struct process_key child;
};

struct record_exec {
	struct record_task task;
	struct record_cgroup cgroup;
	uint64_t inode;
	uint64_t mtime; /* ns since the epoch */
	uint32_t device;
	uint32_t mount_ns; /* inode number; 0: not known */
	bool args_cut;
	bool path_cut;
	char exe[RECORD_PATH];
	char args[RECORD_ARGS]; /* NUL-separated */
	uint32_t args_len;
};

struct record_exit {
	struct process_key key;
	uint32_t exit_code;
	bool found; /* its end was lost, and it is gone: how it ended is not known */
};

struct record_kin {
	uint32_t pid;
	char comm[RECORD_COMM];
};

#define RECORD_TTY 17

/* From where a sender acts. */
struct record_origin {
	bool has_login;
	uint32_t login_uid;
	uint32_t session;
	uint32_t ns_pid; /* in the innermost PID namespace; 0: not known */
	bool exiting;
	char tty[RECORD_TTY]; /* as /dev has it, "pts/3"; empty: none */
};

/* A signal from outside that asked to end, before the one that did it. */
struct record_request {
	uint64_t time;
	struct process_key key;
	uint32_t signal; /* 0: none */
	char comm[RECORD_COMM];
};

enum sender_kind { SENDER_PROCESS, SENDER_KERNEL, SENDER_PRIVILEGED };

struct record_sender {
	uint64_t time;
	struct process_key key; /* pid 0: the kernel on nobody's behalf */
	uint32_t uid;
	uint32_t signal;       /* 0: no sender known */
	enum sender_kind from; /* KERNEL: for somebody, as by cgroup.kill; PRIVILEGED: by itself */
	int32_t code;
	char comm[RECORD_COMM];
	uint32_t kin_count;
	struct record_kin kin[RECORD_ANCESTRY];
	struct record_origin origin;
};

struct record_fault {
	uint64_t time;
	uint64_t address;
	uint32_t tid;
	int32_t code;
	uint32_t signal; /* 0: none */
	bool handled;
	char comm[RECORD_COMM];
};

enum oom_scope { OOM_NONE, OOM_CGROUP, OOM_HOST };

struct record_oom {
	uint64_t time;
	uint64_t limit; /* bytes; 0: none */
	uint64_t usage;
	enum oom_scope scope;
	int32_t score_adj;
	uint32_t trigger_pid;
	char trigger_comm[RECORD_COMM];
	char cgroup[RECORD_PATH];
};

#define LIMIT_NONE UINT64_MAX

/* Resource limits, soft, and what was used of them; sizes in bytes. */
struct record_limits {
	bool known;
	bool has_memory;
	bool has_files;
	bool files_cut; /* there may be more open files */
	uint64_t nofile;
	uint64_t as;
	uint64_t stack;
	uint64_t size;
	uint64_t rss;
	uint64_t peak;
	uint64_t stack_top; /* address */
	uint32_t files;
	uint32_t threads; /* 0: not known */
};

#define RECORD_OOM_LARGEST 10
#define RECORD_OOM_STATS   8

/* The OOM killer has chosen a process. */
struct record_oom_mark {
	struct process_key victim;
	uint64_t time;
	enum oom_scope scope;
	unsigned version; /* of the hierarchy: 1 or 2; 0 for the host */
	char cgroup[RECORD_PATH];
};

/* What user space found in that group, or on the host, just after it. */
struct record_oom_scene {
	struct process_key victim; /* pid 0: nothing was read */
	uint64_t marked;
	uint64_t read;
	unsigned process_count;
	unsigned stat_count;
	struct record_oom_process {
		uint64_t rss; /* bytes */
		uint32_t pid;
		int32_t score_adj;
		char comm[RECORD_COMM];
	} largest[RECORD_OOM_LARGEST]; /* falling by rss */
	struct record_oom_stat {
		char name[25];
		uint64_t bytes;
	} stats[RECORD_OOM_STATS]; /* falling */
};

struct record_death {
	struct record_task task;
	struct record_cgroup cgroup;
	uint32_t exit_code; /* as wait(2) sees it */
	bool delivered;     /* sent before the end: the core flag of exit_code is not known yet */
	bool no_state;
	bool cgroup_cut;
	int dumpable; /* -1: not known; else as prctl(PR_GET_DUMPABLE) */
	uint64_t core_limit;
	uint32_t threads; /* that the process had; 0: not known */
	struct record_sender sender;
	struct record_fault first;
	struct record_fault last;
	struct record_oom oom;
	struct record_request request;
	struct record_limits limits;
};

#define RECORD_WORDS 8192

/* The end of what a process wrote to its standard output and error. */
struct record_last_words {
	struct process_key key;
	uint64_t bytes; /* written in all */
	uint32_t kept;  /* of them, in all, modulo 2^32: those up to the end of text */
	bool cut;       /* text is not all of it */
	uint32_t len;
	char text[RECORD_WORDS]; /* any bytes; a datagram to the log ends in a mark (enrich/datagram.h) */
};

/* What a process has written since the record before of it. */
struct record_output {
	struct process_key key;
	uint64_t bytes;   /* more than len: the others were overwritten */
	uint32_t kept;    /* as in record_last_words */
	uint32_t len;     /* at most RECORD_WORDS */
	const char *text; /* of the message: borrowed */
};

struct record_subject {
	struct record_task task;
	struct record_cgroup cgroup;
	uint16_t call;
	uint16_t error;
	bool compat;
	bool buffer; /* which of the two counter buffers it belongs to */
	uint32_t weight;
	char subject[RECORD_SUBJECT]; /* a path or "ip:port"; empty: none or not readable */
};

struct record_syscall_count {
	struct process_key key;
	uint16_t call;
	uint16_t error;
	bool compat;
	bool buffer;
	uint64_t first;
	uint64_t last;
	uint64_t count;
	uint64_t interval;
};

enum record_source {
	SOURCE_LIFECYCLE,
	SOURCE_DEATH,
	SOURCE_SYSCALL,
	SOURCE_SUBJECT,
	SOURCE_TCP,
	SOURCE_SNAPSHOT,
	SOURCE_OUTPUT, /* in bytes */
	SOURCE_DNS,
	SOURCES
};

struct source_stats {
	uint64_t seen;
	uint64_t ring_full;
	uint64_t map_full;
	uint64_t unreadable;
	uint64_t missed;
};

struct record_stats {
	struct source_stats source[SOURCES];
};

struct record_host {
	char name[256];
	char boot_id[40];
	char machine[32];
	char release[72];
	char core_pattern[136];
};

#define RECORD_REASONS     160
#define RECORD_REASON_TEXT 3072

struct record_reset_reasons {
	uint16_t offset[RECORD_REASONS]; /* into text, of an empty string when there is no name */
	unsigned count;
	char text[RECORD_REASON_TEXT + 1];
};

/* A file that was mapped somewhere. */
struct record_file {
	uint64_t inode;
	uint64_t mtime; /* ns since the epoch; 0: not known */
	uint32_t device;
	char path[RECORD_PATH];
};

#define RECORD_MAPS 192

/* Why just the registers and one mapping were taken of a thread. */
enum record_bare { BARE_NOT, BARE_OVER, BARE_FULL };

#define RECORD_SITE_CAPTURES 8 /* of one executable, signal and place within a second; then BARE_OVER */

/* Who called is a hash over the offsets of return addresses in the executable's code, of the words in so many
 * bytes of the stack. */
#define RECORD_CALLERS_STACK             1024
#define RECORD_CALLERS_FACTOR            0x9e3779b97f4a7c15ull
#define RECORD_CALLERS_ADD(hash, offset) (((hash) ^ (offset)) * RECORD_CALLERS_FACTOR + 1)

/* Of a thread at its fault; its stack follows in pieces. */
struct record_snapshot {
	struct process_key key;
	uint32_t tid;
	uint32_t signal;
	bool compat; /* a 32-bit program: registers of another kind */
	bool maps_cut;
	uint32_t mount_ns;       /* inode number; 0: not known */
	uint64_t code, code_end; /* of the executable's own code */
	uint64_t stack_top;      /* no frame lies above */
	uint64_t callers;        /* of one that is bare: a hash of who called; 0: not known, or not needed */
	bool thread; /* one that leaves with its process: no mappings, no auxiliary vector, little stack */
	enum record_bare bare;
	uint64_t registers[SNAPSHOT_REGISTERS]; /* as the kernel has them; registers.c knows the order */
	uint64_t bases[2];                      /* of thread-local storage */
	uint64_t auxv[SNAPSHOT_AUXV];
	char comm[RECORD_COMM]; /* the thread's name */
	unsigned map_count;
	struct snapshot_map maps[RECORD_MAPS];
};

struct record_stack {
	struct process_key key;
	uint32_t tid;
	uint64_t address;
	uint32_t size;        /* 0: the stack ends here */
	const uint8_t *bytes; /* of the message: borrowed */
};

struct record_tick {
	uint64_t realtime;
};

struct record {
	enum record_type type;
	uint64_t time;
	union {
		struct record_fork fork;
		struct record_exec exec;
		struct record_exit exit;
		struct record_death death;
		struct record_last_words last_words;
		struct record_output output;
		struct record_subject subject;
		struct record_syscall_count syscall;
		struct record_tcp tcp;
		struct record_stats stats;
		struct record_tick tick;
		struct record_host host;
		struct record_reset_reasons reasons;
		struct record_file file;
		struct record_snapshot snapshot;
		struct record_stack stack;
		struct record_oom_mark oom_mark;
		struct record_oom_scene oom_scene;
		struct record_listen listen;
		struct record_connected connected;
		struct record_unix unix_socket;
		struct record_dns_answer dns;
	};
};

#endif
