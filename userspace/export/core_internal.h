/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that make a core file: its modules and the pieces of memory in it. */
#ifndef LW_EXPORT_CORE_INTERNAL_H
#define LW_EXPORT_CORE_INTERNAL_H

#include <stdbool.h>

#include "export/core.h"
#include "symbolize/outline.h"

#define CORE_PAGE    4096ull
#define PAGE_DOWN(x) ((x) & ~(CORE_PAGE - 1))
#define PAGE_UP(x)   PAGE_DOWN((x) + CORE_PAGE - 1)

/* A file that was loaded at one place. */
struct core_module {
	const struct remains_map *map; /* the first of its executable mappings */
	int fd;                        /* -1: not to be had, or no longer the same */
	struct outline outline;
	uint64_t bias; /* what is added to addresses of the file */
};

/* Memory that the core file has. */
struct core_piece {
	uint64_t start;
	uint64_t memory_size;
	uint64_t size; /* bytes that are there, from the start on */
	uint32_t flags;
	const uint8_t *bytes;
};

#define CORE_PIECES (SNAPSHOT_THREADS + SNAPSHOT_MAPS * (OUTLINE_SEGMENTS + 2) + 1)

struct core {
	const struct remains *remains;
	unsigned module_count;
	struct core_module modules[SNAPSHOT_MAPS];
	unsigned piece_count;
	struct core_piece pieces[CORE_PIECES];
	unsigned owned_count;
	void *owned[2 * SNAPSHOT_MAPS + SNAPSHOT_THREADS + 1]; /* what pieces lie in */
	unsigned absent;
	bool failed; /* without memory */
};

/* A word of the auxiliary vector; 0: none. */
uint64_t core_auxv(const struct remains *remains, uint64_t type);

/* core_modules.c: finds the modules and opens their files; core_modules_close closes them. */
void core_modules_find(struct core *core, core_open_fn open, void *context);
void core_modules_close(struct core *core);
/* Adds the pieces that come from the files: headers, code without its bytes, dynamic sections. debug is the
 * address that the program's own dynamic section names for struct r_debug. */
void core_modules_pieces(struct core *core, uint64_t debug);

/* core_link.c: adds the dynamic linker's list. Returns the address of its struct r_debug; 0: none. */
uint64_t core_link_pieces(struct core *core);

/* core_stacks.c: adds the stacks of all threads. */
void core_stacks_pieces(struct core *core);

/* core_notes.c */
void core_notes(const struct core *core, struct buf *out);

/* core.c: memory for a piece, freed with the core; NULL when there is none. */
void *core_own(struct core *core, size_t size);
void core_add(struct core *core, const struct core_piece *piece);

#endif
