/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of a snapshot, without names. */
#ifndef LW_SYMBOLIZE_UNWIND_H
#define LW_SYMBOLIZE_UNWIND_H

#include "symbolize/arch.h"
#include "symbolize/expression.h"
#include "symbolize/space.h"
#include "symbolize/why.h"

/* Fills in count, truncated, why, and of each frame address, map, offset, trust and signal. */
void unwind(const struct space *space, struct frames *ret);

/* Where the frame of a caller goes on: its address lies behind the call, at worst in another function. */
static inline uint64_t unwind_lookup(const struct frames *frames, unsigned i)
{
	return frames->frame[i].address - (i > 0 && !frames->frame[i - 1].signal && frames->frame[i].address);
}

/* One step from a frame to its caller, by one method. */
struct step {
	const struct space *space;
	const struct arch *arch;
	struct machine now;     /* registers in the frame */
	struct machine next;    /* registers in its caller: set by a step that succeeds */
	uint64_t lookup;        /* an address within the instruction that the frame executes */
	int map;                /* of lookup */
	bool exact;             /* the frame was interrupted, it is not calling */
	bool signal;            /* the frame is the kernel's for a signal: set by a step that succeeds */
	enum frame_trust trust; /* of the caller: set by a step that succeeds */
	bool last;              /* there is no caller: set instead of next */
};

/* All return WHY_NOTHING, or why not; WHY_NO_RULES where the method does not apply. */
enum why step_cfi(struct step *step);        /* by call frame information */
enum why step_trampoline(struct step *step); /* over a signal frame that has none */
enum why step_entry(struct step *step);      /* after a call to what is no code */
enum why step_go(struct step *step);         /* by the table of the Go runtime */
enum why step_frame_pointer(struct step *step);
enum why step_scan(struct step *step); /* by a search for something that must be a return address */

#endif
