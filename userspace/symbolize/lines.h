/* SPDX-License-Identifier: Apache-2.0 */
/* Source lines and inlined functions from DWARF. */
#ifndef LW_SYMBOLIZE_LINES_H
#define LW_SYMBOLIZE_LINES_H

#include <elfutils/libdw.h>

#include "model/snapshot.h"
#include "symbolize/ranges.h"

#define LINES_INLINED 32 /* functions inlined into each other at one address, the outermost included */

struct lines {
	struct ranges units;
	struct functions functions;
};

/* Writes the functions at vaddr, innermost first, to frames (room for LINES_INLINED): function, file, line,
 * inlined; of the last one symbol_offset as well. Returns their number; 0 when nothing is known. */
unsigned lines_find(struct lines *lines, Dwarf *dwarf, Dwarf_Addr vaddr, struct frame *frames);
void lines_free(struct lines *lines);

#endif
