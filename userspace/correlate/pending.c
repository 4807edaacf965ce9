/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of packed facts. */
#include "correlate/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN 255 /* bytes that one length tells of */

/* Packed is pairs of lengths, of zeros and of other bytes, and then those bytes. A fact of nothing but other
 * bytes takes that much. */
#define PACKED_MAX (sizeof(struct fact) + 2 * (sizeof(struct fact) / RUN + 1) + 2)

void pending_init(struct pending *p)
{
	p->unused = 1;
}

static size_t zeros(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *s = at;
	uint64_t bytes;

	while (end - s >= (ptrdiff_t)sizeof(bytes)) {
		memcpy(&bytes, s, sizeof(bytes));
		if (bytes)
			break;
		s += sizeof(bytes);
	}
	while (s < end && !*s)
		s++;
	return (size_t)(s - at);
}

/* The next two zeros end it: one alone is cheaper to copy. */
static size_t others(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *s = at;

	while (s < end && (s[0] || (s + 1 < end && s[1])))
		s++;
	return (size_t)(s - at);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t pack(const struct fact *fact, unsigned char *out)
{
	const unsigned char *at = (const unsigned char *)fact, *end = at + sizeof(*fact);
	unsigned char *to = out;
	size_t empty, full;

	while (at < end) {
		empty = least(zeros(at, end), RUN);
		at += empty;
		full = empty == RUN ? 0 : least(others(at, end), RUN);
		*to++ = (unsigned char)empty;
		*to++ = (unsigned char)full;
		memcpy(to, at, full);
		to += full;
		at += full;
	}
	return (size_t)(to - out);
}

static void unpack(const unsigned char *at, unsigned char *to)
{
	unsigned char *end = to + sizeof(struct fact);

	memset(to, 0, sizeof(struct fact));
	while (to < end) {
		to += at[0];
		memcpy(to, at + 2, at[1]);
		to += at[1];
		at += 2 + at[1];
	}
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
	unsigned char packed[PACKED_MAX + PENDING_BLOCK] = {0};
	size_t size = 0;

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
	unsigned char packed[PACKED_MAX];
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
