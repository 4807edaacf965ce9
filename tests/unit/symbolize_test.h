/* SPDX-License-Identifier: Apache-2.0 */
/* Unwinding in this very process, without a helper: modules come straight from the files. */
#ifndef LW_TEST_SYMBOLIZE_H
#define LW_TEST_SYMBOLIZE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "symbolize/frames.h"
#include "symbolize/module.h"
#include "symbolize/taken.h"
#include "symbolize/unwind.h"
#include "symbolize/vdso.h"

struct local {
	struct taken taken;
	struct module *modules[SNAPSHOT_MAPS];
	struct space space;
	struct frames work, frames;
};

static inline struct module *local_module(void *context, unsigned map)
{
	struct local *local = context;
	const struct snapshot_map *at = &local->taken.maps[map];

	if (local->modules[map] || (!at->inode && !at->vdso))
		return local->modules[map];
	int fd = at->vdso ? vdso_open() : taken_open(&local->taken, at->device, at->inode, NULL);
	if (fd < 0)
		return NULL;
	if (module_open(fd, false, arch_of(local->taken.snapshot.arch), &local->modules[map]) < 0)
		local->modules[map] = NULL;
	close(fd);
	return local->modules[map];
}

static inline int local_debug(void *context, unsigned map, const char *path, bool *ret_lent)
{
	struct local *local = context;

	*ret_lent = false;
	return taken_open(&local->taken, local->taken.maps[map].device, local->taken.maps[map].inode, path);
}

static inline struct local *local_new(void)
{
	struct local *local = calloc(1, sizeof(*local));

	assert_non_null(local);
	local->space = (struct space){.snapshot = &local->taken.snapshot,
		.module = local_module,
		.debug = local_debug,
		.context = local};
	return local;
}

static inline void local_free(struct local *local)
{
	for (unsigned i = 0; i < SNAPSHOT_MAPS; i++)
		module_free(local->modules[i]);
	free(local);
}

#endif
