/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fixed size without pointers: rows in sets of eight, the least recently used of a set makes room.
 */
#ifndef LW_CORRELATE_WAYS_H
#define LW_CORRELATE_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAYS 8

/* Begins each row of such a table. */
struct way {
	uint64_t key;  /* never 0 in use */
	uint64_t used; /* record time */
};

/* Of a set, by the index of its first row: the row of a key, or NULL. Rows have size bytes each. */
const void *ways_find_in(const void *rows, size_t size, size_t first, uint64_t key);
/* The same, but made (and zeroed) when there is none; then *ret_new is true. Marks it as used at time. */
void *ways_get_in(void *rows, size_t size, size_t first, uint64_t key, uint64_t time, bool *ret_new);

/* count, of all rows, is a multiple of WAYS. Where it is known to the compiler, this takes no division. */
static inline size_t ways_first(size_t count, uint64_t key)
{
	return (size_t)(key % (count / WAYS)) * WAYS;
}

static inline const void *ways_find(const void *rows, size_t size, size_t count, uint64_t key)
{
	return ways_find_in(rows, size, ways_first(count, key), key);
}

static inline void *ways_get(
	void *rows, size_t size, size_t count, uint64_t key, uint64_t time, bool *ret_new)
{
	return ways_get_in(rows, size, ways_first(count, key), key, time, ret_new);
}

#define WAYS_FIND(table, key) ways_find(table, sizeof(*(table)), sizeof(table) / sizeof(*(table)), key)
#define WAYS_GET(table, key, time, ret_new)                                                                  \
	ways_get(table, sizeof(*(table)), sizeof(table) / sizeof(*(table)), key, time, ret_new)

#endif
