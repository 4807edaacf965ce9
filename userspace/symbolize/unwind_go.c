/* SPDX-License-Identifier: Apache-2.0 */
/* Callers of Go functions by the runtime's own table: a leaf has no frame pointer, and what was stripped has
 * no other information. */
#include <string.h>

#include "symbolize/module.h"
#include "symbolize/unwind.h"

/* Of the runtime's signal handler, which its table calls an outermost function: the kernel called it. */
static bool is_called_by_kernel(const struct step *step, uint64_t ra)
{
	const struct arch *arch = step->arch;
	char code[16];

	return arch->trampoline_size <= sizeof(code) &&
	       space_read(step->space, ra, code, arch->trampoline_size) == 0 &&
	       memcmp(code, arch->trampoline, arch->trampoline_size) == 0;
}

enum why step_go(struct step *step)
{
	const struct arch *arch = step->arch;
	uint64_t vaddr, size = 0, sp = step->now.value[arch->sp], ra, fp;
	struct module *module = space_module(step->space, step->map, step->lookup, &vaddr);
	bool top = false;

	/* With a link register the return address is elsewhere: frame pointers do there. */
	if (!module || arch->link != ARCH_NONE || gotable_frame(module_go(module), vaddr, &size, &top) < 0)
		return WHY_NO_RULES;
	if (space_read(step->space, sp + size, &ra, sizeof(ra)) < 0)
		ra = 0;
	if (top && !is_called_by_kernel(step, ra)) {
		step->last = true;
		return WHY_NOTHING;
	}
	if (!ra)
		return WHY_NO_RULES;
	step->next = step->now;
	step->next.value[arch->pc] = ra;
	step->next.value[arch->sp] = sp + size + sizeof(ra);
	step->next.known = 1ull << arch->pc | 1ull << arch->sp | (step->now.known & 1ull << arch->fp);
	/* A function with a frame has put its caller's frame pointer below the return address. */
	if (size >= sizeof(fp) && space_read(step->space, sp + size - sizeof(fp), &fp, sizeof(fp)) == 0)
		step->next.value[arch->fp] = fp;
	step->trust = TRUST_CFI;
	return WHY_NOTHING;
}
