/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the machines. */
#include "symbolize/arch.h"

#include <elf.h>
#include <string.h>

/* call rel32, or call r/m64: ff /2 with its ModRM byte, SIB and displacement. */
static bool x86_64_after_call(const uint8_t code[ARCH_CALL])
{
	if (code[ARCH_CALL - 5] == 0xE8)
		return true;
	for (size_t length = 2; length <= 7; length++) {
		const uint8_t *at = code + ARCH_CALL - length;
		unsigned mod = at[1] >> 6, rm = at[1] & 7;
		if (at[0] != 0xFF || (at[1] >> 3 & 7) != 2)
			continue;
		size_t need = 2;
		if (mod != 3 && rm == 4)
			need += 1 + (mod == 0 && length > 2 && (at[2] & 7) == 5 ? 4u : 0u);
		else if (mod == 0 && rm == 5)
			need += 4;
		need += mod == 1 ? 1 : mod == 2 ? 4 : 0;
		if (need == length)
			return true;
	}
	return false;
}

/* bl, or blr with and without pointer authentication. */
static bool aarch64_after_call(const uint8_t code[ARCH_CALL])
{
	uint32_t word;

	memcpy(&word, code + ARCH_CALL - 4, 4);
	return word >> 26 == 0x25 || (word & 0xFFFFFC1F) == 0xD63F0000 || (word & 0xFEFFF800) == 0xD63F0800;
}

/* asm/ucontext.h and asm/sigcontext.h of each: after the restorer's address was popped, sp is at the ucontext
 * (x86); sp is at the siginfo before it (arm64). In the order of DWARF numbers, that of the pc last. */
static const int16_t x86_64_saved[] = {
	144, 136, 152, 128, 112, 104, 120, 160, 40, 48, 56, 64, 72, 80, 88, 96, 168};
#define X(n) (128 + 184 + 8 * (n))
static const int16_t aarch64_saved[] = {X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10),
	X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23), X(24),
	X(25), X(26), X(27), X(28), X(29), X(30), X(31), X(32)};
#undef X

/* mov $__NR_rt_sigreturn, %rax; syscall. */
static const char x86_64_trampoline[] = "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05";
/* mov x8, #__NR_rt_sigreturn; svc #0 */
static const char aarch64_trampoline[] = "\x68\x11\x80\xd2\x01\x00\x00\xd4";

static const struct arch archs[] = {
	[SNAPSHOT_X86_64] =
		{
			.machine = EM_X86_64,
			.count = 17,
			.pc = 16,
			.sp = 7,
			.fp = 6,
			.link = ARCH_NONE,
			.preserved = 1 << 3 | 1 << 6 | 0xF << 12, /* rbx, rbp, r12 to r15 */
			.address_bits = UINT64_MAX,
			.trampoline = x86_64_trampoline,
			.trampoline_size = sizeof(x86_64_trampoline) - 1,
			.saved = x86_64_saved,
			.after_call = x86_64_after_call,
		},
	[SNAPSHOT_AARCH64] =
		{
			.machine = EM_AARCH64,
			.count = 33,
			.pc = 32,
			.sp = 31,
			.fp = 29,
			.link = 30,
			.preserved = 0xFFFull
				     << 19, /* x19 to x30: before it saves x30 a function has it still */
			.address_bits = (1ull << 52) - 1,
			.trampoline = aarch64_trampoline,
			.trampoline_size = sizeof(aarch64_trampoline) - 1,
			.saved = aarch64_saved,
			.after_call = aarch64_after_call,
		},
};

const struct arch *arch_of(enum snapshot_arch arch)
{
	return (unsigned)arch < sizeof(archs) / sizeof(archs[0]) ? &archs[arch] : NULL;
}
