/* SPDX-License-Identifier: Apache-2.0 */
/* The outline of ELF files: segments, build-id, place of the dynamic section. Read in a process of its own
 * without rights. */
#ifndef LW_SYMBOLIZE_OUTLINE_H
#define LW_SYMBOLIZE_OUTLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

#define OUTLINE_SEGMENTS 16
#define OUTLINE_DYNAMIC  65536 /* bytes of a dynamic section at most */

/* As the program headers say it. */
struct outline_segment {
	uint64_t offset, vaddr, file_size, memory_size;
	uint32_t flags;
	uint32_t pad;
};

struct outline {
	uint32_t known; /* 1; 0: the file could not be read, and the rest is 0 */
	uint32_t machine;
	uint32_t segment_count;
	uint32_t build_id_size;
	uint8_t build_id[SNAPSHOT_BUILD_ID + 4];
	struct outline_segment segments[OUTLINE_SEGMENTS];    /* of PT_LOAD */
	uint64_t dynamic_offset, dynamic_vaddr, dynamic_size; /* size 0: none */
};

/* Reads the files behind fds (below 0: none). Returns 0 or -errno when no process could be made for it; files
 * after one that made that process fail are not known. */
int outlines_read(const int *fds, unsigned count, struct outline *ret);

#endif
