/* SPDX-License-Identifier: Apache-2.0 */
/* One mapped ELF file and what belongs to it: debug file, unwind information, symbols, source lines. All is
 * found lazily and kept. */
#ifndef LW_SYMBOLIZE_MODULE_H
#define LW_SYMBOLIZE_MODULE_H

#include <elfutils/libdw.h>

#include "symbolize/gotable.h"
#include "symbolize/image.h"
#include "symbolize/lines.h"
#include "symbolize/space.h"
#include "symbolize/symbols.h"

#define MODULE_CFIS     2   /* .eh_frame, .debug_frame */
#define MODULE_SEGMENTS 32  /* a further one is not looked at */
#define MODULE_NAMES    256 /* addresses whose names are kept */

struct module {
	struct image image;
	struct image debug; /* separate file with the debug information */
	struct image mini;  /* of .gnu_debugdata */
	struct image alt;   /* what dwz moved out of debug */
	Dwarf *dwarf, *alt_dwarf;
	Dwarf_CFI *cfi[MODULE_CFIS];
	bool cfi_tried[MODULE_CFIS], debug_tried, dwarf_tried, symbols_tried, go_tried;
	bool lent;     /* a file of it is mapped that must not be held longer than the snapshot */
	bool deferred; /* its debug information is big, and is read after the answer */
	/* Its debug information is on its way; may be had later. */
	bool fetching, ask_again;
	struct symbols symbols;
	struct lines lines;
	struct gotable go;
	struct names *names[MODULE_NAMES];
	struct segment {
		uint64_t offset, vaddr, size; /* in the file; whole pages */
		bool executable;
	} segments[MODULE_SEGMENTS];
	unsigned segment_count;
	uint8_t build_id[SNAPSHOT_BUILD_ID];
	uint8_t build_id_size; /* 0: none */
};

/* What an address stands for: innermost inlined function first, the function itself last. */
struct names {
	uint64_t vaddr;
	unsigned count;
	struct frame frame[]; /* function, file, line, inlined, symbol_offset; the rest is 0 */
};

/* Reads the file behind fd, which may be closed then; lent: into memory, if it is not too big. Returns 0,
 * -ENOEXEC for what is no ELF file of arch, or -errno. */
int module_open(int fd, bool lent, const struct arch *arch, struct module **ret);
/* Takes NULL. */
void module_free(struct module *module);

/* The address that the ELF file gives to the byte at offset of the file. Returns 0 or -ENOENT. */
int module_vaddr(const struct module *module, uint64_t offset, uint64_t *ret);
/* size bytes of the file at offset, or NULL. */
const uint8_t *module_bytes(const struct module *module, uint64_t offset, size_t size);
/* Unwind information i < MODULE_CFIS, or NULL. */
Dwarf_CFI *module_cfi(struct module *module, unsigned i);
/* The table of the Go runtime; without bytes when there is none. */
const struct gotable *module_go(struct module *module);
/* The names of vaddr; NULL when memory is out. Debug files are asked from space for its mapping map. */
const struct names *module_names(
	struct module *module, const struct space *space, unsigned map, uint64_t vaddr);

/* Reads what was deferred, and finds anew the names that were given without. */
void module_catch_up(struct module *module);

/* Finds the file with the module's debug information, once. */
void module_find_debug(struct module *module, const struct space *space, unsigned map);
/* The debug information, of the module or of its debug file; NULL when there is none, or it was deferred.
 * Without space nothing is deferred and no further file is asked for. */
Dwarf *module_dwarf(struct module *module, const struct space *space, unsigned map);

#endif
