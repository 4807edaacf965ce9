/* SPDX-License-Identifier: Apache-2.0 */
/* A small ELF core file of what remains of a process: registers and stacks of its threads, the files it had
 * mapped, and as much of the dynamic linker's lists as debuggers need to find its libraries. */
#ifndef LW_EXPORT_CORE_H
#define LW_EXPORT_CORE_H

#include <stdio.h>

#include "model/remains.h"

/* Opens the file of a mapping, read only. Returns a descriptor, which is closed afterwards, or -errno. */
typedef int (*core_open_fn)(void *context, const struct remains_map *map);

/* Writes the core file. ret_absent: files that are not to be had any more, or have changed; debuggers will
 * not find the names in them. Returns 0, -ENOMEM, or -errno of writing. */
int core_write(
	const struct remains *remains, core_open_fn open, void *context, FILE *out, unsigned *ret_absent);

#endif
