/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RING_H
#define RING_H

#define RING_ROOM 64

struct ring {
	unsigned from, used;
	float samples[RING_ROOM];
};

/* The caller has made sure that they fit. */
void ring_write(struct ring *r, const float *samples, unsigned n);
unsigned ring_read(struct ring *r, float *samples, unsigned n);

#endif
