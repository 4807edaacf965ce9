/* SPDX-License-Identifier: Apache-2.0 */
/* Files of processes that may be gone, replaced or in another mount namespace by the time they are asked for:
 * the executables of what runs, libraries that were replaced, and the root of each mount namespace. */
#ifndef LW_HOST_FILES_H
#define LW_HOST_FILES_H

#include "model/mapped.h"

/* Descriptors that are kept for files, and as many for roots; times in ns. A descriptor keeps a file system
 * from being unmounted: on others than that of the root a file is kept only once it was deleted, and nothing
 * longer than FILES_KEEP after the last process that had it. */
#define FILES_LIMIT 256
#define FILES_KEEP  3000000000ull /* what a death may need to its names */
#define FILES_ROUND 1000000000ull /* between two looks at what runs */
/* Processes whose mappings are searched for deleted libraries in a round. Half of some hundred took less than
 * 12 us, one in ten more than 55, the largest 3 to 6 ms. */
#define FILES_PER_ROUND 4u

struct files;

/* limit: 0 keeps none; no more than an eighth of RLIMIT_NOFILE is taken. Returns 0 or -ENOMEM. */
int files_new(struct files **ret, unsigned limit);
/* Takes NULL. */
void files_free(struct files *files);

/* A process has begun to run an executable: keeps that, and the root of its mount namespace. now: any clock
 * that goes on. */
void files_exec(struct files *files, const struct running *process, uint64_t now);
/* A round: begin, each process that lives, end. What no process has any more is closed. */
void files_round_begin(struct files *files, uint64_t now);
void files_round_process(struct files *files, const struct running *process);
void files_round_end(struct files *files);

/* Opens a regular file, read only, and only when it is the one that is asked for: by device and inode, or,
 * where stat tells another device (overlay, btrfs), by inode and time of change. Returns a descriptor, or
 * -errno: -ESTALE when the path leads to another file now. */
int files_open(struct files *files, const struct mapped_file *file);

#endif
