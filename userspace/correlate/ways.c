/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and making rows. */
#include "correlate/ways.h"

#include <string.h>

static const struct way *row(const void *rows, size_t size, size_t index)
{
	return (const struct way *)((const char *)rows + index * size);
}

const void *ways_find_in(const void *rows, size_t size, size_t first, uint64_t key)
{
	for (size_t i = first; i < first + WAYS; i++)
		if (row(rows, size, i)->key == key)
			return row(rows, size, i);
	return NULL;
}

void *ways_get_in(void *rows, size_t size, size_t first, uint64_t key, uint64_t time, bool *ret_new)
{
	const struct way *found = ways_find_in(rows, size, first, key);
	struct way *way;

	*ret_new = !found;
	if (!found) {
		found = row(rows, size, first);
		for (size_t i = first + 1; i < first + WAYS; i++)
			if (row(rows, size, i)->used < found->used)
				found = row(rows, size, i);
	}
	way = (struct way *)((char *)rows + ((const char *)found - (const char *)rows));
	if (*ret_new) {
		memset(way, 0, size);
		way->key = key;
	}
	if (way->used < time)
		way->used = time;
	return way;
}
