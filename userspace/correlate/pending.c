/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of packed facts. */
#include "correlate/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Most of a fact is zeros. Packed is a byte for each group of eight words, of which each bit tells of a word
 * whether it is there, and then those that are. */
#define WORD       16 /* bytes */
#define GROUP      (8 * WORD)
#define GROUPS     ((sizeof(struct fact) + GROUP - 1) / GROUP)
#define PACKED_MAX (GROUPS + sizeof(struct fact))
_Static_assert(sizeof(struct fact) % WORD == 0, "a fact is made of words");

void pending_init(struct pending *p)
{
	p->unused = 1;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint64_t load(const unsigned char *at)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* Of a whole group: most are. */
static bool is_zero(const unsigned char *at)
{
	uint64_t all = 0;

	for (size_t n = 0; n < GROUP; n += sizeof(uint64_t))
		all |= load(at + n);
	return !all;
}

/* The words of a group that are there, to out, which has room for one more; returns behind them. Which they
 * are nobody can foretell: each is written, and kept or not. */
static unsigned char *pack_group(
	const unsigned char *at, size_t size, unsigned char *out, unsigned char *ret_mask)
{
	unsigned mask = 0;

	for (unsigned n = 0; n < size / WORD; n++, at += WORD) {
		bool there = load(at) | load(at + sizeof(uint64_t));

		memcpy(out, at, WORD);
		out += there ? WORD : 0;
		mask |= (unsigned)there << n;
	}
	*ret_mask = (unsigned char)mask;
	return out;
}

static size_t pack(const struct fact *fact, unsigned char *out)
{
	const unsigned char *at = (const unsigned char *)fact, *end = at + sizeof(*fact);
	unsigned char *to = out + GROUPS;
	size_t g;

	for (g = 0; g < sizeof(*fact) / GROUP; g++, at += GROUP) {
		out[g] = 0;
		if (!is_zero(at))
			to = pack_group(at, GROUP, to, &out[g]);
	}
	if (at < end)
		to = pack_group(at, (size_t)(end - at), to, &out[g]);
	return (size_t)(to - out);
}

static void unpack(const unsigned char *packed, unsigned char *to)
{
	const unsigned char *at = packed + GROUPS;

	memset(to, 0, sizeof(struct fact));
	for (size_t g = 0; g < GROUPS; g++, to += GROUP)
		for (unsigned mask = packed[g]; mask; mask &= mask - 1, at += WORD)
			memcpy(to + WORD * (unsigned)__builtin_ctz(mask), at, WORD);
}

/* 0: there is no room. */
static uint32_t block_new(struct pending *p)
{
	uint32_t n = p->free;

	if (n)
		p->free = p->blocks[n].next;
	else if (p->unused < PENDING_BLOCKS)
		n = p->unused++;
	return n;
}

static void blocks_free(struct pending *p, uint32_t first)
{
	uint32_t last = first;

	if (!first)
		return;
	while (p->blocks[last].next)
		last = p->blocks[last].next;
	p->blocks[last].next = p->free;
	p->free = first;
}

static uint32_t blocks_write(struct pending *p, const unsigned char *bytes, size_t size)
{
	const size_t each = sizeof(p->blocks->bytes);
	uint32_t first = 0, *link = &first;

	for (size_t at = 0; at < size; at += each) {
		uint32_t n = block_new(p);

		*link = n;
		if (!n) {
			blocks_free(p, first);
			return 0;
		}
		memcpy(p->blocks[n].bytes, bytes + at, least(each, size - at));
		link = &p->blocks[n].next;
		*link = 0;
	}
	return first;
}

static void blocks_read(const struct pending *p, uint32_t first, unsigned char *ret)
{
	const size_t each = sizeof(p->blocks->bytes);
	unsigned char packed[PACKED_MAX + PENDING_BLOCK];
	size_t size = 0;

	memset(packed, 0, GROUPS);
	for (uint32_t n = first; n && size < PACKED_MAX; n = p->blocks[n].next, size += each)
		memcpy(packed + size, p->blocks[n].bytes, each);
	unpack(packed, ret);
}

static int compare(const struct pending *p, const struct pending_row *a, const struct pending_row *b)
{
	unsigned char x[sizeof(struct fact)], y[sizeof(struct fact)];
	int r;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	r = strcmp(a->id, b->id);
	if (r || a == b)
		return r;
	blocks_read(p, a->block, x);
	blocks_read(p, b->block, y);
	return memcmp(x, y, sizeof(x));
}

static void swap(struct pending *p, unsigned a, unsigned b)
{
	struct pending_row row = p->heap[a];

	p->heap[a] = p->heap[b];
	p->heap[b] = row;
}

static void sift_up(struct pending *p, unsigned at)
{
	for (; at > 0 && compare(p, &p->heap[at], &p->heap[(at - 1) / 2]) < 0; at = (at - 1) / 2)
		swap(p, at, (at - 1) / 2);
}

static void sift_down(struct pending *p)
{
	unsigned at = 0, child;

	while ((child = 2 * at + 1) < p->count) {
		if (child + 1 < p->count && compare(p, &p->heap[child + 1], &p->heap[child]) < 0)
			child++;
		if (compare(p, &p->heap[child], &p->heap[at]) >= 0)
			return;
		swap(p, at, child);
		at = child;
	}
}

int pending_add(struct pending *p, const struct fact *fact)
{
	unsigned char packed[PACKED_MAX + WORD];
	struct pending_row *row = &p->heap[p->count];
	uint32_t block;

	if (p->count == PENDING_FACTS)
		return -ENOSPC;
	block = blocks_write(p, packed, pack(fact, packed));
	if (!block)
		return -ENOSPC;
	row->time = fact->time;
	row->block = block;
	memcpy(row->id, fact->id, sizeof(row->id));
	sift_up(p, p->count++);
	return 0;
}

uint64_t pending_oldest(const struct pending *p)
{
	return p->count ? p->heap[0].time : UINT64_MAX;
}

void pending_take(struct pending *p, struct fact *ret)
{
	uint32_t block = p->heap[0].block;

	p->heap[0] = p->heap[--p->count];
	sift_down(p);
	blocks_read(p, block, (unsigned char *)ret);
	blocks_free(p, block);
}

static int by_order(const void *a, const void *b, void *p)
{
	return compare(p, a, b);
}

void pending_each(struct pending *p, void (*fn)(void *context, const struct fact *fact), void *context)
{
	struct fact fact;

	/* A sorted array is a heap, too. */
	qsort_r(p->heap, p->count, sizeof(*p->heap), by_order, p);
	for (unsigned n = 0; n < p->count; n++) {
		blocks_read(p, p->heap[n].block, (unsigned char *)&fact);
		fn(context, &fact);
	}
}
