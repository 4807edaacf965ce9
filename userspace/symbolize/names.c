/* SPDX-License-Identifier: Apache-2.0 */
/* The names of an address in a module, kept for the next time. */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/demangle.h"
#include "symbolize/module.h"

#define NEAR 16 /* places in the table that names may be in */

static void read_symbols(struct module *module)
{
	module->symbols_tried = true;
	if (!symbols_add(&module->symbols, &module->debug, SHT_SYMTAB) &&
		!symbols_add(&module->symbols, &module->image, SHT_SYMTAB)) {
		symbols_add(&module->symbols, &module->image, SHT_DYNSYM);
		if (symbols_open_mini(&module->image, &module->mini) == 0)
			symbols_add(&module->symbols, &module->mini, SHT_SYMTAB);
	}
	symbols_add_plt(&module->symbols, &module->image);
	symbols_sort(&module->symbols);
}

static void use_symbol(const struct symbol *symbol, uint64_t vaddr, struct frame *frame)
{
	frame->symbol_offset = vaddr - symbol->value;
	if (frame->function[0])
		return; /* the debug information knows it better */
	demangle(symbol->name, frame->function, sizeof(frame->function));
	if (symbol->plt)
		strncat(frame->function, "@plt", sizeof(frame->function) - 1 - strlen(frame->function));
}

static struct names *find_names(
	struct module *module, const struct space *space, unsigned map, uint64_t vaddr)
{
	struct frame frames[LINES_INLINED];
	unsigned count = 0;

	Dwarf *dwarf = module_dwarf(module, space, map);
	if (dwarf)
		count = lines_find(&module->lines, dwarf, vaddr, frames);
	if (!count)
		memset(&frames[count++], 0, sizeof(frames[0]));
	if (!module->symbols_tried)
		read_symbols(module);
	const struct symbol *symbol = symbols_find(&module->symbols, vaddr);
	if (symbol)
		use_symbol(symbol, vaddr, &frames[count - 1]);
	gotable_name(module_go(module), vaddr, &frames[count - 1]);

	struct names *names = malloc(sizeof(*names) + count * sizeof(frames[0]));
	if (!names)
		return NULL;
	names->vaddr = vaddr;
	names->count = count;
	memcpy(names->frame, frames, count * sizeof(frames[0]));
	return names;
}

/* Where vaddr's names are, or where they go: an empty place near its own, else its own. */
static struct names **slot_of(struct module *module, uint64_t vaddr)
{
	size_t own = (size_t)(vaddr * 0x9E3779B97F4A7C15ull >> 32);
	struct names **empty = NULL;

	for (size_t i = 0; i < NEAR; i++) {
		struct names **slot = &module->names[(own + i) % MODULE_NAMES];
		if (*slot && (*slot)->vaddr == vaddr)
			return slot;
		if (!*slot && !empty)
			empty = slot;
	}
	return empty ? empty : &module->names[own % MODULE_NAMES];
}

const struct names *module_names(
	struct module *module, const struct space *space, unsigned map, uint64_t vaddr)
{
	struct names **slot = slot_of(module, vaddr);

	if (!*slot || (*slot)->vaddr != vaddr) {
		struct names *names = find_names(module, space, map, vaddr);
		if (!names)
			return NULL;
		free(*slot);
		*slot = names;
	}
	return *slot;
}

void module_catch_up(struct module *module)
{
	if (!module->deferred)
		return;
	module->deferred = false;
	module_dwarf(module, NULL, 0);
	for (unsigned i = 0; i < MODULE_NAMES; i++) {
		struct names *names = module->names[i];

		if (!names)
			continue;
		module->names[i] = find_names(module, NULL, 0, names->vaddr);
		free(names);
	}
}
