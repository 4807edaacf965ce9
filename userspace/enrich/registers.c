/* SPDX-License-Identifier: Apache-2.0 */
/* The one file of this folder that knows architectures: where the kernel's struct pt_regs has which DWARF
 * register. */
#include "enrich/stack.h"

#include <errno.h>
#include <string.h>

static const struct machine {
	const char *name; /* as uname -m */
	enum snapshot_arch arch;
	uint8_t pc; /* words of struct pt_regs */
	uint8_t sp;
	uint8_t word[SNAPSHOT_REGISTERS]; /* of each DWARF register */
	uint8_t count;
} machines[] = {
	/* System V psABI for AMD64, figure 3.36: ax dx cx bx si di bp sp r8..r15, return address */
	{"x86_64", SNAPSHOT_X86_64, 16, 19, {10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16}, 17},
	/* DWARF for the Arm 64-bit Architecture: x0..x30, sp, pc */
	{"aarch64", SNAPSHOT_AARCH64, 32, 31,
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
			26, 27, 28, 29, 30, 31, 32},
		33},
};

int registers_order(const char *machine, const uint64_t *kernel, struct snapshot *ret)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		const struct machine *m = &machines[i];

		if (strcmp(m->name, machine) != 0)
			continue;
		ret->arch = m->arch;
		ret->pc = kernel[m->pc];
		ret->sp = kernel[m->sp];
		ret->known = 0;
		for (unsigned r = 0; r < m->count; r++) {
			ret->registers[r] = kernel[m->word[r]];
			ret->known |= 1ull << r;
		}
		return 0;
	}
	return -ENOSYS;
}
