/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day for what cannot be undone: a clock that jumps ahead is not believed at once. */
#ifndef LW_BASE_STEADY_H
#define LW_BASE_STEADY_H

#include <stdint.h>

#define STEADY_JUMP  (300ull * 1000000000)  /* ns that a clock may gain at once */
#define STEADY_DOUBT (3600ull * 1000000000) /* ns for which more than that is not believed */

/* Zeroed at first. */
struct steady {
	uint64_t real; /* the last time that was believed, and when that was by the other clock */
	uint64_t boot;
};

/* real: ns of clock_realtime; boot: of clock_boottime at the same moment. Returns real, or, after a jump
 * ahead, what it would be without. Backwards is believed: it removes nothing. */
uint64_t steady_time(struct steady *s, uint64_t real, uint64_t boot);

#endif
