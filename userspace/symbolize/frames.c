/* SPDX-License-Identifier: Apache-2.0 */
/* Puts names to unwound frames, and a frame of its own for each inlined function. */
#include "symbolize/frames.h"

#include "symbolize/module.h"
#include "symbolize/perf.h"
#include "symbolize/unwind.h"

static void add(struct frames *ret, const struct frame *plain, const struct frame *name, uint64_t behind)
{
	struct frame *frame = &ret->frame[ret->count++];

	*frame = *name;
	frame->address = plain->address;
	frame->map = plain->map;
	frame->offset = plain->offset;
	frame->trust = plain->trust;
	frame->signal = plain->signal && !name->inlined;
	if (frame->function[0] && !frame->inlined)
		frame->symbol_offset += behind;
}

void frames_make(const struct space *space, struct frames *work, struct frames *ret)
{
	static const struct names nothing = {.count = 0};

	unwind(space, work);
	ret->count = 0;
	ret->truncated = work->truncated;
	ret->why = work->why;
	for (unsigned i = 0; i < work->count && ret->count < FRAMES_MAX; i++) {
		const struct frame *plain = &work->frame[i];
		uint64_t lookup = plain->signal ? plain->address : unwind_lookup(work, i), vaddr;
		struct module *module = space_module(space, plain->map, lookup, &vaddr);
		const struct names *names =
			module ? module_names(module, space, (unsigned)plain->map, vaddr) : NULL;
		if (!names || !names->count)
			names = &nothing;
		for (unsigned j = 0; j < names->count && ret->count < FRAMES_MAX; j++)
			add(ret, plain, &names->frame[j], plain->address - lookup);
		if (!names->count)
			add(ret, plain, &(struct frame){.line = 0}, 0);
	}
	perf_name(space, ret);
	if (ret->count == FRAMES_MAX &&
		ret->frame[FRAMES_MAX - 1].address != work->frame[work->count - 1].address) {
		ret->truncated = true;
		ret->why = why_text(WHY_TOO_DEEP);
	}
}
