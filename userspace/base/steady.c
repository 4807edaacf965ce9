/* SPDX-License-Identifier: Apache-2.0 */
#include "base/steady.h"

uint64_t steady_time(struct steady *s, uint64_t real, uint64_t boot)
{
	uint64_t expected = s->real + (boot - s->boot);

	if (s->real && real > expected + STEADY_JUMP && boot - s->boot < STEADY_DOUBT)
		return expected;
	*s = (struct steady){real, boot};
	return real;
}
