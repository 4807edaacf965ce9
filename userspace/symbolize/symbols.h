/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of a module, sorted by address. */
#ifndef LW_SYMBOLIZE_SYMBOLS_H
#define LW_SYMBOLIZE_SYMBOLS_H

#include "symbolize/image.h"

#define SYMBOLS_MAX (1u << 20) /* of one module; the rest is left out */

struct symbol {
	uint64_t value;
	uint32_t size;
	uint8_t rank; /* of names for the same address the lowest is shown */
	bool label;   /* has no size of its own: reaches up to the next symbol */
	bool plt;     /* shown with "@plt" */
	const char *name;
};

struct symbols {
	struct symbol *list;
	size_t count, room;
};

/* Adds the functions of a file's symbol tables of a kind (SHT_SYMTAB, SHT_DYNSYM); their names stay the
 * image's. Returns whether there is such a table. */
bool symbols_add(struct symbols *symbols, const struct image *image, uint32_t kind);
void symbols_add_one(struct symbols *symbols, const struct symbol *symbol);
/* Adds an entry of the procedure linkage table for each function that the image imports. */
void symbols_add_plt(struct symbols *symbols, const struct image *image);
/* To be called once all are added. */
void symbols_sort(struct symbols *symbols);
/* The function that vaddr lies in, or NULL. */
const struct symbol *symbols_find(const struct symbols *symbols, uint64_t vaddr);
void symbols_free(struct symbols *symbols);

/* Decompresses the symbol table that distributions put into .gnu_debugdata. Returns 0 or -errno. */
int symbols_open_mini(const struct image *image, struct image *ret);

#endif
