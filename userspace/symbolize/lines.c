/* SPDX-License-Identifier: Apache-2.0 */
/* From an address to the functions and lines of the debug information. */
#include "symbolize/lines.h"

#include <dwarf.h>
#include <string.h>

#include "base/text.h"
#include "symbolize/demangle.h"

#define TREE_DEPTH 64 /* of blocks in blocks */

struct chain {
	Dwarf_Die die[LINES_INLINED]; /* outermost first */
	unsigned count;
};

/* Adds the functions inlined below parent at vaddr. */
static void descend(Dwarf_Die *parent, Dwarf_Addr vaddr, struct chain *chain, unsigned depth)
{
	Dwarf_Die die;

	if (depth == TREE_DEPTH || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
			tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
			continue;
		if (dwarf_haspc(&die, vaddr) <= 0)
			continue;
		if (tag == DW_TAG_inlined_subroutine && chain->count < LINES_INLINED)
			chain->die[chain->count++] = die;
		descend(&die, vaddr, chain, depth + 1);
		return;
	} while (dwarf_siblingof(&die, &die) == 0);
}

static void function_name(Dwarf_Die *die, char name[FRAME_FUNCTION])
{
	static const unsigned attributes[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name};

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		Dwarf_Attribute memory;
		const char *text = dwarf_formstring(dwarf_attr_integrate(die, attributes[i], &memory));
		if (!text)
			continue;
		demangle(text, name, FRAME_FUNCTION);
		return;
	}
}

/* The end of a long path says more than its beginning. */
static void copy_path(char file[FRAME_FILE], const char *path)
{
	size_t length = path ? strlen(path) : 0;

	if (length)
		text_copy(file, FRAME_FILE, length < FRAME_FILE ? path : path + length - (FRAME_FILE - 1));
}

static uint32_t attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute memory;
	Dwarf_Word value;

	return dwarf_formudata(dwarf_attr(die, name, &memory), &value) == 0 && value < UINT32_MAX
		       ? (uint32_t)value
		       : 0;
}

/* Where the inlined function die is called. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *die, struct frame *ret)
{
	Dwarf_Files *files;
	size_t count;
	uint32_t file = attribute(die, DW_AT_call_file);

	ret->line = attribute(die, DW_AT_call_line);
	if (dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
		copy_path(ret->file, dwarf_filesrc(files, file, NULL, NULL));
}

unsigned lines_find(struct lines *lines, Dwarf *dwarf, Dwarf_Addr vaddr, struct frame *frames)
{
	struct chain chain = {.count = 0};
	Dwarf_Die unit;
	Dwarf_Addr start;
	int number;

	if (!units_find(&lines->units, dwarf, vaddr, &unit))
		return 0;
	/* Of assembly code the symbols know more. */
	if (dwarf_srclang(&unit) != DW_LANG_Mips_Assembler &&
		functions_find(&lines->functions, dwarf, &unit, vaddr, &chain.die[0])) {
		chain.count = 1;
		descend(&chain.die[0], vaddr, &chain, 0);
	}
	unsigned count = chain.count ? chain.count : 1;
	memset(frames, 0, count * sizeof(*frames));
	Dwarf_Line *line = dwarf_getsrc_die(&unit, vaddr);
	if (line && dwarf_lineno(line, &number) == 0 && number > 0) {
		frames[0].line = (uint32_t)number;
		copy_path(frames[0].file, dwarf_linesrc(line, NULL, NULL));
	}
	for (unsigned i = 0; i < chain.count; i++) {
		Dwarf_Die *die = &chain.die[chain.count - 1 - i];
		function_name(die, frames[i].function);
		frames[i].inlined = i + 1 < count;
		if (frames[i].inlined)
			call_place(&unit, die, &frames[i + 1]);
		else if (dwarf_entrypc(die, &start) == 0 && start <= vaddr)
			frames[i].symbol_offset = vaddr - start;
	}
	return count;
}

void lines_free(struct lines *lines)
{
	ranges_free(&lines->units);
	functions_free(&lines->functions);
}
