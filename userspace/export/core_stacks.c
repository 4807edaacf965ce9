/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of a core, in whole pages since eu-stack reads no others; what was not captured of a page is 0.
 * Threads may have stacks that share pages: those of coroutines do. */
#include "export/core_internal.h"

#include <elf.h>
#include <string.h>

struct range {
	uint64_t start, end;
};

static struct range pages_of(const struct remains_thread *t)
{
	return (struct range){PAGE_DOWN(t->stack_start), PAGE_UP(t->stack_start + t->stack_size)};
}

/* Widens a range by all stacks that touch it; returns whether it grew. */
static bool widen(const struct remains *r, struct range *range)
{
	bool grew = false;

	for (unsigned i = 0; i < r->thread_count; i++) {
		struct range pages = pages_of(&r->threads[i]);

		if (!r->threads[i].stack_size || pages.start > range->end || pages.end < range->start)
			continue;
		grew |= pages.start < range->start || pages.end > range->end;
		range->start = pages.start < range->start ? pages.start : range->start;
		range->end = pages.end > range->end ? pages.end : range->end;
	}
	return grew;
}

static void add_range(struct core *core, const struct range *range)
{
	uint64_t size = range->end - range->start;
	uint8_t *bytes = core_own(core, size);

	for (unsigned i = 0; bytes && i < core->remains->thread_count; i++) {
		const struct remains_thread *t = &core->remains->threads[i];

		if (t->stack_size && t->stack_start >= range->start && t->stack_start < range->end)
			memcpy(bytes + (t->stack_start - range->start), t->stack, t->stack_size);
	}
	core_add(core, &(struct core_piece){.start = range->start,
			       .memory_size = size,
			       .size = size,
			       .flags = PF_R | PF_W,
			       .bytes = bytes});
}

void core_stacks_pieces(struct core *core)
{
	const struct remains *r = core->remains;
	bool done[SNAPSHOT_THREADS] = {false};

	for (unsigned i = 0; i < r->thread_count; i++) {
		struct range range = pages_of(&r->threads[i]);

		if (done[i] || !r->threads[i].stack_size || range.end <= range.start)
			continue;
		while (widen(r, &range))
			;
		add_range(core, &range);
		for (unsigned k = i; k < r->thread_count; k++)
			done[k] |= r->threads[k].stack_start >= range.start &&
				   r->threads[k].stack_start < range.end;
	}
}
