/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of threads that wait for the death they belong to, and the files that were mapped in them. */
#ifndef LW_ENRICH_STACK_H
#define LW_ENRICH_STACK_H

#include "model/evidence.h"
#include "model/record.h"
#include "model/snapshot.h"

#define STACK_WAITING 64   /* snapshots; the oldest goes first */
#define STACK_THREADS 512  /* of threads that leave with their process, besides */
#define STACK_FILES   8192 /* paths that are remembered */

struct stacks;

/* A captured thread, ready to be unwound; to be freed with captured_free, which frees those that follow, too.
 */
struct captured {
	struct process_key key;
	uint64_t time;
	uint32_t tid;
	uint32_t signal;
	uint32_t mount_ns;                      /* 0: not known */
	bool thread;                            /* it left with its process; maps and auxv are not there */
	char comm[RECORD_COMM];                 /* the thread's name */
	uint64_t registers[SNAPSHOT_REGISTERS]; /* as the kernel has them */
	uint64_t bases[2];
	uint64_t auxv[SNAPSHOT_AUXV];
	uint64_t code, code_end, stack_top, callers; /* as in the record */
	enum record_bare bare;                       /* there is no more than where it was */
	struct snapshot snapshot;
	struct snapshot_map *maps; /* NULL: none */
	uint8_t *stack;            /* grows by pieces: most are a few KB */
	uint32_t stack_room;
	struct captured *next; /* another thread of the process */
};

/* Returns 0 or -ENOMEM. */
int stacks_new(struct stacks **ret);
void stacks_free(struct stacks *stacks);

/* The path of a mapped file; of very many the oldest is forgotten. */
void stacks_file(struct stacks *stacks, const struct record_file *file);
/* machine is the stream's, as uname says it. */
void stacks_snapshot(
	struct stacks *stacks, const struct record_snapshot *snapshot, uint64_t time, const char *machine);
void stacks_part(struct stacks *stacks, const struct record_stack *part);

/* Takes out the newest snapshot of a thread at a signal (0: any), or of any thread of the process with tid 0,
 * that is not older than since (a fault before this one is another matter), followed by those of the threads
 * that left with it, by tid. NULL when there is none. */
struct captured *stacks_take(
	struct stacks *stacks, struct process_key key, uint32_t tid, uint32_t signal, uint64_t since);
/* A hash of who called where the program counter does not tell the place, which is a SIGABRT and what is in a
 * library; the same in each run, and the one that the probes make of what is bare. 0: not needed, or not
 * known. */
uint64_t captured_callers(const struct captured *captured);
/* Forgets what else was captured of a process, which dies once. */
void stacks_forget(struct stacks *stacks, struct process_key key);
void captured_free(struct captured *captured);

/* The path of a file that was mapped, or NULL; its mtime is set where ret_mtime is not NULL. */
const char *stacks_path(const struct stacks *stacks, uint32_t device, uint64_t inode, uint64_t *ret_mtime);

/* From where a byte of code lies in a file to how its symbol table counts: the sum of both is learnt from
 * frames that the helper found, so that a place needs no helper later. */
void stacks_learn(struct stacks *stacks, const struct snapshot *snapshot, const struct frame *frame);
/* The one frame of what is bare; its offset is 0 where nothing was learnt of the file. */
void stacks_bare_frame(const struct stacks *stacks, const struct snapshot *snapshot, struct frame *ret);

/* Orders the kernel's registers by DWARF numbers. Returns 0, or -ENOSYS for a machine that is not known. */
int registers_order(const char *machine, const uint64_t *kernel, struct snapshot *ret);

#endif
