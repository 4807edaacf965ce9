/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and memory at a death; and whether a fault was the end of the stack. */
#include "enrich/internal.h"

#include <signal.h>

#include "base/text.h"

#define PAGE 4096

/* A call stores just below the stack pointer; what a function uses of its own frame lies above it. */
#define BELOW (PAGE + 128)
/* The kernel keeps so much free below a stack that grows (stack_guard_gap), and arguments and environment are
 * part of it. */
#define GAP (1u << 20)

/* The stack's memory begins above the address that was touched, and the stack pointer was there too: within
 * the mapped part it could not have failed. */
static bool below_mapped(const struct snapshot *s, uint64_t address)
{
	return s->stack_size > 0 && address < s->stack_start && s->stack_start - address <= 5 * PAGE &&
	       (s->stack_start & (PAGE - 1)) == 0 && address + BELOW >= s->sp;
}

/* A pointer that has left the stack far behind, as of a large array or alloca(): just the first thread's
 * limit is known. */
static bool past_limit(const struct snapshot *s, const struct record_limits *l, uint64_t address)
{
	return s->stack_size == 0 && l->has_memory && l->stack != LIMIT_NONE && l->stack_top > address &&
	       address + BELOW >= s->sp && s->sp < l->stack_top && l->stack_top - s->sp + GAP > l->stack &&
	       l->stack_top - s->sp < (uint64_t)1 << 40;
}

void stack_overflow(const struct record_death *d, const struct record_fault *fault,
	const struct snapshot *snapshot, struct event *event)
{
	struct event_death *out = &event->death;
	bool first_thread = fault->tid == d->task.key.pid;

	/* SEGV_MAPERR beyond a stack that grows, SEGV_ACCERR in a thread's guard page */
	if (fault->signal != SIGSEGV || (fault->code != 1 && fault->code != 2))
		return;
	if (!below_mapped(snapshot, fault->address) &&
		!(first_thread && past_limit(snapshot, &d->limits, fault->address)))
		return;
	out->reason = "stack overflow";
	out->reason_text = first_thread ? "the first thread's stack could not grow any more (RLIMIT_STACK)"
					: "the thread's stack is used up: its guard page was hit";
}

void limits_missing(const struct record_death *d, struct event *event)
{
	if (d->limits.known && !d->limits.has_memory)
		event_missing_add(event, "memory", "the process had given its memory back already");
	if (d->limits.known && !d->limits.has_files)
		event_missing_add(event, "limits.nofile.open", "the process had closed its files already");
}
