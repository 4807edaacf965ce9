/* SPDX-License-Identifier: Apache-2.0 */
/* A file that names are to be had from, as the process had it. Plain data. */
#ifndef LW_MODEL_MAPPED_H
#define LW_MODEL_MAPPED_H

#include <stdint.h>

#define MAPPED_ANY_OWNER UINT32_MAX

struct mapped_file {
	const char *path;  /* in the mount namespace; borrowed */
	uint64_t inode;    /* 0: whatever file is there */
	uint64_t mtime;    /* ns since the epoch; 0: not known */
	uint32_t device;   /* major << 20 | minor */
	uint32_t mount_ns; /* of the process, inode number; 0: this one */
	uint32_t owner;    /* uid, or MAPPED_ANY_OWNER */
};

/* A process and what it runs. */
struct running {
	uint32_t pid;
	uint64_t start;  /* boottime, ns, perhaps to a tick; 0: not known */
	uint32_t device; /* of the executable */
	uint64_t inode;
	uint64_t mtime;
	uint32_t mount_ns; /* inode number; 0: not known */
};

#endif
