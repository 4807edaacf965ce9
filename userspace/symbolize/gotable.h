/* SPDX-License-Identifier: Apache-2.0 */
/* What the Go runtime knows of its own code (.gopclntab, Go 1.18 and later): it stays when a binary is
 * stripped. */
#ifndef LW_SYMBOLIZE_GOTABLE_H
#define LW_SYMBOLIZE_GOTABLE_H

#include "model/snapshot.h"
#include "symbolize/image.h"

struct gotable {
	const uint8_t *bytes; /* of the image; NULL: there is none */
	size_t size;
	uint64_t text;                                   /* the address that offsets of code count from */
	uint64_t names, units, files, values, functions; /* offsets of the tables */
	uint32_t count;                                  /* functions */
	uint8_t quantum;                                 /* bytes of the smallest instruction */
	bool has_start_line;
};

struct gofunction {
	uint64_t at; /* offset of its description */
	uint64_t start;
};

/* A table without bytes when the image has none or it makes no sense. */
void gotable_open(struct gotable *table, const struct image *image);
/* The function that vaddr lies in. Returns 0 or -ENOENT. */
int gotable_find(const struct gotable *table, uint64_t vaddr, struct gofunction *ret);
/* Fills in of function, symbol_offset, file and line what is missing. Of code that was inlined, file and line
 * are those of the innermost function, as with `go tool addr2line`. */
void gotable_name(const struct gotable *table, uint64_t vaddr, struct frame *frame);
/* Bytes that are on the stack above the return address. Returns 0, or -ENOENT where nothing is known or the
 * function changes stacks. *ret_top: nothing called this function. */
int gotable_frame(const struct gotable *table, uint64_t vaddr, uint64_t *ret_size, bool *ret_top);

#endif
