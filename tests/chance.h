/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same in each run (xorshift64). */
#ifndef LW_TESTS_CHANCE_H
#define LW_TESTS_CHANCE_H

#include <stdint.h>

static uint64_t chance_seed = 1; /* not 0 */

/* Below n. */
static inline unsigned chance(unsigned n)
{
	chance_seed ^= chance_seed << 13;
	chance_seed ^= chance_seed >> 7;
	chance_seed ^= chance_seed << 17;
	return (unsigned)(chance_seed >> 11) % n;
}

#endif
