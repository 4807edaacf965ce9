/* SPDX-License-Identifier: Apache-2.0 */
/* The library of mixer.c. */
#include <assert.h>
#include "ring.h"

void ring_write(struct ring *r, const float *samples, unsigned n)
{
	assert(r->used + n <= RING_ROOM);
	for (unsigned i = 0; i < n; i++)
		r->samples[(r->from + r->used++) % RING_ROOM] = samples[i];
}

unsigned ring_read(struct ring *r, float *samples, unsigned n)
{
	unsigned i = 0;

	for (; i < n && r->used > 0; i++, r->used--)
		samples[i] = r->samples[r->from++ % RING_ROOM];
	return i;
}
