/* SPDX-License-Identifier: Apache-2.0 */
/* What unwinding must know of a machine: registers by DWARF number, calls, and what the kernel pushes for a
 * signal. */
#ifndef LW_SYMBOLIZE_ARCH_H
#define LW_SYMBOLIZE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

#define ARCH_CALL 8 /* bytes before a return address that hold the whole call */
#define ARCH_NONE 0xFF

struct arch {
	uint16_t machine; /* EM_ of its ELF files */
	uint8_t count;    /* registers that are followed from frame to frame */
	uint8_t pc, sp, fp;
	uint8_t link;          /* holds the return address at a function's entry; ARCH_NONE: it is at [sp] */
	uint64_t preserved;    /* set of registers that a function gives back as it got them */
	uint64_t address_bits; /* of a code address: what is above them is no address (pointer authentication)
				*/
	const char *trampoline; /* the code that a signal handler returns to */
	size_t trampoline_size;
	/* Of the kernel's signal frame, from sp: where each register is; -1: not there. */
	const int16_t *saved;
	/* Whether a call ends at the end of code. */
	bool (*after_call)(const uint8_t code[ARCH_CALL]);
};

/* NULL: not known. The value may come from a message. */
const struct arch *arch_of(enum snapshot_arch arch);

#endif
