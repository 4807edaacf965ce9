/* SPDX-License-Identifier: Apache-2.0 */
/* DWARF expressions of call frame information. */
#ifndef LW_SYMBOLIZE_EXPRESSION_H
#define LW_SYMBOLIZE_EXPRESSION_H

#include <elfutils/libdw.h>

#include "symbolize/space.h"

/* The registers of one frame. */
struct machine {
	uint64_t value[SNAPSHOT_REGISTERS];
	uint64_t known; /* set of registers that have a value */
	uint64_t cfa;   /* canonical frame address, once computed */
};

/* Evaluates ops. As a rule of a register (location) the result is what the location holds, else the top of
 * the stack itself. Returns 0; -EFAULT when memory is needed that is not there, with its address in *ret;
 * -ENODATA when a register is needed that is not known; -EINVAL for an expression that makes no sense here.
 */
int expression_eval(const struct space *space, const struct machine *machine, const Dwarf_Op *ops,
	size_t count, bool location, uint64_t *ret);

#endif
