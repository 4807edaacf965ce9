/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of snapshots. */
#include "symbolize/request.h"

#include <stdlib.h>
#include <string.h>

struct request *request_new(const struct snapshot *snapshot)
{
	size_t maps = snapshot->map_count * sizeof(snapshot->maps[0]);
	struct request *request = NULL;

	if (snapshot->map_count > SNAPSHOT_MAPS || snapshot->stack_size > SNAPSHOT_STACK)
		return NULL;
	request = malloc(sizeof(*request) + maps + snapshot->stack_size);
	if (!request)
		return NULL;
	struct snapshot_map *map_copy = (struct snapshot_map *)(void *)request->bytes;
	uint8_t *stack_copy = (uint8_t *)request->bytes + maps;
	if (maps)
		memcpy(map_copy, snapshot->maps, maps);
	if (snapshot->stack_size)
		memcpy(stack_copy, snapshot->stack, snapshot->stack_size);
	request->snapshot = *snapshot;
	request->snapshot.maps = map_copy;
	request->snapshot.stack = stack_copy;
	return request;
}
