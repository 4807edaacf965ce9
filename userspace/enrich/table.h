/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of the host by pid, kept by fork, exec and exit records. What died stays for a while, since
 * what it did before is still on its way. */
#ifndef LW_ENRICH_TABLE_H
#define LW_ENRICH_TABLE_H

#include <uthash.h>

#include "model/record.h"

#define TABLE_MAX       65536          /* processes; for a further one another is forgotten */
#define TABLE_DEAD      4096           /* dead ones that are remembered, for TABLE_DEAD_KEEP at most */
#define TABLE_DEAD_KEEP 10000000000ull /* ns */

/* Control groups, as paths, with the processes in them. */
struct group {
	UT_hash_handle hh;
	unsigned references; /* images, and who else took one */
	unsigned listening;  /* sockets, kept by listen.c */
	bool has_listened;
	uint64_t alive;
	char *v1;    /* within path */
	char path[]; /* v2, NUL, v1, NUL */
};

/* What exec made of a process; shared by the processes forked from it. */
struct image {
	unsigned references;
	struct group *group; /* its control groups */
	bool args_cut;
	bool path_cut;
	uint64_t inode; /* of the executable */
	uint64_t mtime;
	uint32_t device;
	uint32_t mount_ns; /* 0: not known */
	uint32_t args_len;
	char *exe;
	char *args; /* NUL-separated, redacted */
	const char *cgroup2;
	const char *cgroup1;
	char comm[RECORD_COMM];
};

struct table;

struct process {
	uint32_t pid;
	bool start_in_ticks; /* seen in /proc: start is rounded down to a tick */
	bool watched;
	bool dead;
	bool asked_for; /* since it was passed over when one had to be forgotten */
	uint64_t start;
	uint32_t exit_code;       /* of a dead one */
	uint32_t last_child_code; /* exit code of the child that failed last; 0: none */
	struct image *image;      /* NULL: not known */
};

/* Returns 0 or -ENOMEM. */
int table_new(struct table **ret);
void table_free(struct table *table);

/* What lives, by what the probes tell. Without room or memory a process stays unknown. */
void table_fork(struct table *table, const struct record_fork *fork);
void table_exec(struct table *table, const struct record_exec *exec);
/* As table_exec, from /proc: the start is known to a tick only, until the probes tell of the process. */
void table_seed(struct table *table, const struct record_exec *exec);
void table_exit(struct table *table, const struct record_exit *exit, uint64_t now);
/* Forgets those that died long before now. */
void table_tick(struct table *table, uint64_t now);
/* How many were forgotten for want of room, since this was asked last. */
uint64_t table_forgotten(struct table *table);

/* NULL when not known. The entry lives until the next change of the table. */
struct process *table_find(struct table *table, struct process_key key);
/* By pid alone: who had it last. It may be dead by now, since its end can overtake the death of its child on
 * the way here. */
struct process *table_find_pid(struct table *table, uint32_t pid);
/* Whether it was started then, as /proc tells that: to a tick. */
bool table_is_started(const struct process *process, uint64_t start);
/* Calls fn for each process that lives and of which it is known what it runs. */
typedef void (*table_each_fn)(void *context, const struct process *process);
void table_each(struct table *table, table_each_fn fn, void *context);
/* Whether it is in other control groups than what it runs was started in: it was moved, and has run nothing
 * else since. */
bool table_is_moved(const struct process *process, const struct record_cgroup *cgroup);
/* How many other processes that were started in these control groups live. */
uint64_t table_alive(struct table *table, const struct process *process, const struct record_cgroup *cgroup);
/* Gives a reference back; NULL is taken. */
void table_group_drop(struct table *table, struct group *group);
/* Marks a process, made when missing, and what is forked from it from now on. */
void table_watch(struct table *table, uint32_t pid);

#endif
