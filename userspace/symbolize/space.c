/* SPDX-License-Identifier: Apache-2.0 */
/* Reads from the address space that a snapshot shows. */
#include "symbolize/space.h"

#include <errno.h>
#include <string.h>

#include "symbolize/module.h"

int space_map(const struct space *space, uint64_t address)
{
	const struct snapshot *snapshot = space->snapshot;
	unsigned low = 0, high = snapshot->map_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (snapshot->maps[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < snapshot->maps[low - 1].end ? (int)low - 1 : -1;
}

struct module *space_module(const struct space *space, int map, uint64_t address, uint64_t *ret_vaddr)
{
	if (map < 0)
		return NULL;
	const struct snapshot_map *at = &space->snapshot->maps[map];
	struct module *module = space->module(space->context, (unsigned)map);

	return module && module_vaddr(module, address - at->start + at->offset, ret_vaddr) == 0 ? module
												: NULL;
}

int space_read(const struct space *space, uint64_t address, void *bytes, size_t size)
{
	const struct snapshot *snapshot = space->snapshot;
	uint64_t at = address - snapshot->stack_start;

	if (at < snapshot->stack_size && size <= snapshot->stack_size - at) {
		memcpy(bytes, snapshot->stack + at, size);
		return 0;
	}
	int index = space_map(space, address);
	if (index < 0 || size > snapshot->maps[index].end - address)
		return -EFAULT;
	const struct snapshot_map *map = &snapshot->maps[index];
	struct module *module = space->module(space->context, (unsigned)index);
	const uint8_t *code = module ? module_bytes(module, address - map->start + map->offset, size) : NULL;
	if (!code)
		return -EFAULT;
	memcpy(bytes, code, size);
	return 0;
}
