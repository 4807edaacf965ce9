/* SPDX-License-Identifier: Apache-2.0 */
/* A library that checks what it is given. */
struct ring {
	unsigned char *bytes;
	unsigned size, used;
};

void ring_push(struct ring *r, unsigned char byte);
