/* SPDX-License-Identifier: Apache-2.0 */
/* Facts that wait for late ones, the oldest first. Fixed memory: each is packed, since most of it is empty.
 */
#ifndef LW_CORRELATE_PENDING_H
#define LW_CORRELATE_PENDING_H

#include "correlate/fact.h"

#define PENDING_FACTS  65536
#define PENDING_BLOCK  128    /* bytes */
#define PENDING_BLOCKS 163840 /* 20 MB; a fact takes 3 to 8 */

struct pending_row {
	uint64_t time;
	uint32_t block; /* the first one */
	char id[ID_SIZE];
};

struct pending_block {
	uint32_t next; /* of the same fact, or of the free ones; 0: none */
	unsigned char bytes[PENDING_BLOCK - sizeof(uint32_t)];
};

/* Begins as zeros, then pending_init. */
struct pending {
	unsigned count;
	uint32_t free;   /* the first block that was used before and is not now */
	uint32_t unused; /* from this one on no block was ever used */
	struct pending_row heap[PENDING_FACTS];
	struct pending_block blocks[PENDING_BLOCKS];
};

/* Empties it. */
void pending_init(struct pending *p);
/* Returns 0, or -ENOSPC: take some first. */
int pending_add(struct pending *p, const struct fact *fact);
/* The time of the oldest; UINT64_MAX when there is none. */
uint64_t pending_oldest(const struct pending *p);
/* Takes the oldest; there must be one. Of the same time the lower id is the older one, then the lesser bytes.
 */
void pending_take(struct pending *p, struct fact *ret);
/* Hands out all, oldest first, and keeps them. */
void pending_each(struct pending *p, void (*fn)(void *context, const struct fact *fact), void *context);

#endif
