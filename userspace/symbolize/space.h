/* SPDX-License-Identifier: Apache-2.0 */
/* The address space that a snapshot shows: the captured stack, and the code in mapped files. */
#ifndef LW_SYMBOLIZE_SPACE_H
#define LW_SYMBOLIZE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

struct module;

struct space {
	const struct snapshot *snapshot;
	/* The module of a mapping, borrowed until the snapshot is done with; NULL: it cannot be had. */
	struct module *(*module)(void *context, unsigned map);
	/* Opens the file with a module's debug information (path: see symbolizer_open_fn); lent: it must not
	 * be held longer than the snapshot. Returns a descriptor or -errno. */
	int (*debug)(void *context, unsigned map, const char *path, bool *ret_lent);
	void *context;
};

/* The index of the mapping that address lies in, or -1. */
int space_map(const struct space *space, uint64_t address);
/* Of address in the mapping map (an index, or -1): its module and the address that the module's ELF file
 * counts. NULL: unknown. */
struct module *space_module(const struct space *space, int map, uint64_t address, uint64_t *ret_vaddr);
/* Copies size bytes at address from the stack, or from the file of a mapping. Returns 0 or -EFAULT. */
int space_read(const struct space *space, uint64_t address, void *bytes, size_t size);

#endif
