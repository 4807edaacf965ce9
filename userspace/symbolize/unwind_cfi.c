/* SPDX-License-Identifier: Apache-2.0 */
/* A caller by call frame information: .eh_frame, else .debug_frame. */
#include "symbolize/unwind.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "symbolize/module.h"

/* What an expression's failure means. Only what lies above the captured stack is the capture's end. */
static enum why failure(const struct step *step, int error, uint64_t fault)
{
	const struct snapshot *snapshot = step->space->snapshot;

	if (error == -EFAULT && fault >= snapshot->sp &&
		fault >= snapshot->stack_start + snapshot->stack_size - 7)
		return WHY_SNAPSHOT_END;
	return WHY_BAD_RULES;
}

static enum why find_cfa(struct step *step, Dwarf_Frame *frame)
{
	Dwarf_Op *ops;
	size_t count;
	uint64_t cfa = 0;

	if (dwarf_frame_cfa(frame, &ops, &count) < 0 || !count)
		return WHY_BAD_RULES;
	int r = expression_eval(step->space, &step->now, ops, count, false, &cfa);
	if (r < 0)
		return failure(step, r, cfa);
	step->now.cfa = cfa;
	return WHY_NOTHING;
}

/* Whether a rule that is undefined, said or by default, means that the register is unchanged: libdw leaves it
 * to its user to know what the ABI preserves. Of the return address only a leaf with a link register may
 * leave it out. */
static bool is_kept(const struct step *step, unsigned rule, unsigned number)
{
	const struct arch *arch = step->arch;

	return number == arch->pc ? step->exact && rule == arch->link : arch->preserved >> number & 1;
}

/* A register of the caller. One that cannot be recovered is not known there; that is an error only for the pc
 * and sp. */
static enum why recover(struct step *step, Dwarf_Frame *frame, unsigned rule, unsigned number)
{
	Dwarf_Op memory[3], *ops;
	size_t count;
	uint64_t value = 0;

	if (dwarf_frame_register(frame, (int)rule, memory, &ops, &count) < 0)
		return WHY_BAD_RULES;
	if (!count && ops == memory && !is_kept(step, rule, number))
		return number == step->arch->pc ? WHY_NOTHING : WHY_NO_RULES;
	if (!count) { /* same value */
		if (!(step->now.known >> rule & 1))
			return WHY_NO_RULES;
		value = step->now.value[rule];
	} else {
		int r = expression_eval(step->space, &step->now, ops, count, true, &value);
		if (r < 0)
			return failure(step, r, value);
	}
	step->next.value[number] = value;
	step->next.known |= 1ull << number;
	return WHY_NOTHING;
}

static enum why apply(struct step *step, Dwarf_Frame *frame)
{
	const struct arch *arch = step->arch;
	int ra = dwarf_frame_info(frame, NULL, NULL, &step->signal);
	enum why why = find_cfa(step, frame);

	if (why)
		return why;
	if (ra < 0 || ra >= SNAPSHOT_REGISTERS)
		return WHY_BAD_RULES;
	step->next = (struct machine){.known = 0};
	for (unsigned i = 0; i < arch->count; i++)
		if (i != arch->pc)
			recover(step, frame, i, i);
	if (!(step->next.known >> arch->sp & 1)) {
		step->next.value[arch->sp] = step->now.cfa;
		step->next.known |= 1ull << arch->sp;
	}
	why = recover(step, frame, (unsigned)ra, arch->pc);
	step->last = why == WHY_NOTHING && !(step->next.known >> arch->pc & 1);
	return why == WHY_NO_RULES ? WHY_BAD_RULES : why;
}

enum why step_cfi(struct step *step)
{
	uint64_t vaddr;
	struct module *module = space_module(step->space, step->map, step->lookup, &vaddr);

	for (unsigned i = 0; module && i < MODULE_CFIS; i++) {
		_cleanup_free_ Dwarf_Frame *frame = NULL;
		Dwarf_CFI *cfi = module_cfi(module, i);
		if (!cfi || dwarf_cfi_addrframe(cfi, vaddr, &frame) < 0)
			continue;
		step->trust = TRUST_CFI;
		return apply(step, frame);
	}
	return WHY_NO_RULES;
}
