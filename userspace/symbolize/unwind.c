/* SPDX-License-Identifier: Apache-2.0 */
/* The walk up the stack: which method finds the next caller, and where to stop. */
#include "symbolize/unwind.h"

#include <string.h>

#include "symbolize/module.h"

/* In the order of trust. */
static enum why find_caller(struct step *step)
{
	static enum why (*const methods[])(struct step *) = {
		step_cfi, step_go, step_trampoline, step_frame_pointer, step_scan};
	enum why why = WHY_NO_RULES;

	if (step->map < 0)
		return step->exact ? step_entry(step) : WHY_NO_CODE;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && why == WHY_NO_RULES; i++) {
		step->signal = step->last = false;
		why = methods[i](step);
	}
	return why;
}

/* Each caller's frame is above its callee's; only a signal may have changed stacks, and only a leaf of a
 * machine with a link register has an empty frame. */
static bool grows(const struct step *step)
{
	uint64_t before = step->now.value[step->arch->sp], after = step->next.value[step->arch->sp];

	return step->signal || after > before ||
	       (step->arch->link != ARCH_NONE && step->exact && after == before);
}

static void add_frame(struct frames *frames, const struct step *step, uint64_t pc)
{
	struct frame *frame = &frames->frame[frames->count++];
	uint64_t vaddr;

	memset(frame, 0, sizeof(*frame));
	frame->address = pc;
	frame->map = step->map;
	frame->trust = step->trust;
	if (space_module(step->space, step->map, step->lookup, &vaddr))
		frame->offset = vaddr + (pc - step->lookup);
}

static void begin(struct step *step, const struct space *space)
{
	const struct snapshot *snapshot = space->snapshot;
	const struct arch *arch = arch_of(snapshot->arch);

	*step = (struct step){.space = space, .arch = arch, .exact = true, .trust = TRUST_CONTEXT};
	memcpy(step->now.value, snapshot->registers, sizeof(step->now.value));
	step->now.value[arch->pc] = snapshot->pc;
	step->now.value[arch->sp] = snapshot->sp;
	step->now.known = snapshot->known | 1ull << arch->pc | 1ull << arch->sp;
}

void unwind(const struct space *space, struct frames *ret)
{
	struct step step;
	enum why why = WHY_NOTHING;

	ret->count = 0;
	for (begin(&step, space);; step.now = step.next, step.exact = step.signal) {
		uint64_t pc = step.now.value[step.arch->pc] & step.arch->address_bits;
		if (!step.exact && !pc)
			break; /* the outermost frame, as runtimes mark it */
		if (ret->count == FRAMES_MAX) {
			why = WHY_TOO_DEEP;
			break;
		}
		step.now.value[step.arch->pc] = pc;
		step.lookup = pc - !step.exact;
		step.map = space_map(space, step.lookup);
		add_frame(ret, &step, pc);
		why = find_caller(&step);
		ret->frame[ret->count - 1].signal = step.signal;
		if (why == WHY_NOTHING && !step.last && !grows(&step))
			why = WHY_NO_GROWTH;
		if (why != WHY_NOTHING || step.last)
			break;
	}
	ret->why = why_text(why);
	ret->truncated = why == WHY_SNAPSHOT_END || why == WHY_TOO_DEEP;
}
