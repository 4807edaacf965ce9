/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes by address, as a walk through a big unit's entries takes milliseconds. */
#include "symbolize/ranges.h"

#include <dwarf.h>
#include <stdlib.h>

#define TREE_DEPTH 64 /* of entries in entries */

static void add(struct ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (start >= end)
			continue;
		if (ranges->count == ranges->room) {
			size_t room = ranges->room ? 2 * ranges->room : 256;
			struct range *list =
				room <= RANGES_MAX ? realloc(ranges->list, room * sizeof(*list)) : NULL;
			if (!list)
				return;
			ranges->list = list;
			ranges->room = room;
		}
		ranges->list[ranges->count++] = (struct range){start, end, dwarf_dieoffset(die)};
	}
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort(struct ranges *ranges)
{
	if (ranges->count)
		qsort(ranges->list, ranges->count, sizeof(*ranges->list), compare);
}

static bool find(const struct ranges *ranges, Dwarf *dwarf, Dwarf_Addr vaddr, Dwarf_Die *ret)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (ranges->list[middle].start <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && vaddr < ranges->list[low - 1].end &&
	       dwarf_offdie(dwarf, ranges->list[low - 1].die, ret);
}

bool units_find(struct ranges *units, Dwarf *dwarf, Dwarf_Addr vaddr, Dwarf_Die *ret)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;

	if (dwarf_addrdie(dwarf, vaddr, ret))
		return true;
	if (!units->complete) {
		units->complete = true;
		while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
			add(units, &die);
		sort(units);
	}
	return find(units, dwarf, vaddr, ret);
}

/* Adds the functions below parent; everywhere: also those in functions, where the methods of local classes
 * are. */
static void add_functions(struct ranges *ranges, Dwarf_Die *parent, unsigned depth, bool everywhere)
{
	Dwarf_Die die;

	if (depth == TREE_DEPTH || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		bool function = tag == DW_TAG_subprogram;
		if (function)
			add(ranges, &die);
		if (tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
			tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
			tag == DW_TAG_enumeration_type ||
			(everywhere && (function || tag == DW_TAG_lexical_block ||
					       tag == DW_TAG_inlined_subroutine)))
			add_functions(ranges, &die, depth + 1, everywhere);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static struct ranges *functions_of(struct functions *functions, Dwarf_Die *unit)
{
	Dwarf_Off die = dwarf_dieoffset(unit);

	for (size_t i = 0; i < functions->count; i++)
		if (functions->list[i].die == die)
			return &functions->list[i].ranges;
	if (functions->count == functions->room) {
		size_t room = functions->room ? 2 * functions->room : 16;
		struct unit *list = realloc(functions->list, room * sizeof(*list));
		if (!list)
			return NULL;
		functions->list = list;
		functions->room = room;
	}
	functions->list[functions->count] = (struct unit){.die = die};
	struct ranges *ranges = &functions->list[functions->count++].ranges;
	add_functions(ranges, unit, 0, false);
	sort(ranges);
	return ranges;
}

bool functions_find(
	struct functions *functions, Dwarf *dwarf, Dwarf_Die *unit, Dwarf_Addr vaddr, Dwarf_Die *ret)
{
	struct ranges *ranges = functions_of(functions, unit);

	if (!ranges)
		return false;
	if (!find(ranges, dwarf, vaddr, ret) && !ranges->complete) {
		ranges->complete = true;
		ranges->count = 0;
		add_functions(ranges, unit, 0, true);
		sort(ranges);
	}
	return find(ranges, dwarf, vaddr, ret);
}

void ranges_free(struct ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct ranges){.list = NULL};
}

void functions_free(struct functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		ranges_free(&functions->list[i].ranges);
	free(functions->list);
	*functions = (struct functions){.list = NULL};
}
