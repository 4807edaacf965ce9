/* SPDX-License-Identifier: Apache-2.0 */
/* Which unit and which function of the debug information an address belongs to. */
#ifndef LW_SYMBOLIZE_RANGES_H
#define LW_SYMBOLIZE_RANGES_H

#include <elfutils/libdw.h>
#include <stdbool.h>

#define RANGES_MAX (1u << 20) /* in one list; the rest is left out */

/* Address ranges and the entry that each belongs to, sorted once all are there. */
struct ranges {
	struct range {
		Dwarf_Addr start, end;
		Dwarf_Off die;
	} * list;
	size_t count, room;
	bool complete;
};

/* One unit's functions; the units that were looked at. */
struct functions {
	struct unit {
		Dwarf_Off die;
		struct ranges ranges;
	} * list;
	size_t count, room;
};

/* Both return whether there is one, with its entry in *ret. units is for files without .debug_aranges. */
bool units_find(struct ranges *units, Dwarf *dwarf, Dwarf_Addr vaddr, Dwarf_Die *ret);
bool functions_find(
	struct functions *functions, Dwarf *dwarf, Dwarf_Die *unit, Dwarf_Addr vaddr, Dwarf_Die *ret);

void ranges_free(struct ranges *ranges);
void functions_free(struct functions *functions);

#endif
