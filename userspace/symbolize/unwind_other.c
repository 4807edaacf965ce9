/* SPDX-License-Identifier: Apache-2.0 */
/* A caller where no call frame information covers the code: by convention, and at last by a search. */
#include "symbolize/unwind.h"

#include <errno.h>
#include <string.h>

#define SCAN_WORDS 64 /* a frame that is bigger than this is not searched */

static int read_word(const struct step *step, uint64_t address, uint64_t *ret)
{
	return space_read(step->space, address, ret, sizeof(*ret));
}

static enum why unreadable(const struct step *step, uint64_t address)
{
	const struct snapshot *snapshot = step->space->snapshot;

	return address >= snapshot->stack_start + snapshot->stack_size - 7 ? WHY_SNAPSHOT_END : WHY_NO_RULES;
}

/* Whether address follows a call. Code that cannot be read (made at run time) gets the benefit of the doubt
 * if lenient. */
static bool is_return_address(const struct step *step, uint64_t address, bool lenient)
{
	uint8_t code[ARCH_CALL];

	if (space_map(step->space, address - 1) < 0)
		return false;
	if (space_read(step->space, address - sizeof(code), code, sizeof(code)) < 0)
		return lenient;
	return step->arch->after_call(code);
}

/* Sets the caller's pc and sp, and fp when it is known. */
static void set_caller(
	struct step *step, enum frame_trust trust, uint64_t pc, uint64_t sp, const uint64_t *fp)
{
	const struct arch *arch = step->arch;

	step->next = (struct machine){.known = 1ull << arch->pc | 1ull << arch->sp};
	step->next.value[arch->pc] = pc;
	step->next.value[arch->sp] = sp;
	if (fp) {
		step->next.value[arch->fp] = *fp;
		step->next.known |= 1ull << arch->fp;
	}
	step->trust = trust;
}

enum why step_trampoline(struct step *step)
{
	const struct arch *arch = step->arch;
	uint64_t pc = step->now.value[arch->pc], sp = step->now.value[arch->sp];
	char code[16];

	if (arch->trampoline_size > sizeof(code) ||
		space_read(step->space, pc, code, arch->trampoline_size) < 0 ||
		memcmp(code, arch->trampoline, arch->trampoline_size) != 0)
		return WHY_NO_RULES;
	step->next = (struct machine){.known = 0};
	for (unsigned i = 0; i < arch->count; i++) {
		uint64_t at = sp + (uint64_t)arch->saved[i];
		if (read_word(step, at, &step->next.value[i]) < 0)
			return unreadable(step, at);
		step->next.known |= 1ull << i;
	}
	step->signal = true;
	step->trust = TRUST_FP;
	return WHY_NOTHING;
}

/* Nothing ran since the call: the return address is where the call put it, and all registers are the
 * caller's. */
enum why step_entry(struct step *step)
{
	const struct arch *arch = step->arch;
	uint64_t sp = step->now.value[arch->sp], ra;

	step->signal = step->last = false;
	if (arch->link != ARCH_NONE)
		ra = step->now.value[arch->link] & arch->address_bits;
	else if (read_word(step, sp, &ra) < 0)
		return WHY_NO_CODE;
	if (!is_return_address(step, ra, false))
		return WHY_NO_CODE;
	step->next = step->now;
	step->next.value[arch->pc] = ra;
	step->next.value[arch->sp] = sp + (arch->link == ARCH_NONE ? 8 : 0);
	step->trust = TRUST_FP;
	return WHY_NOTHING;
}

enum why step_frame_pointer(struct step *step)
{
	const struct arch *arch = step->arch;
	uint64_t sp = step->now.value[arch->sp], fp = step->now.value[arch->fp], caller, ra;

	if (!(step->now.known >> arch->fp & 1))
		return WHY_NO_RULES;
	if (!fp && !step->exact) {
		step->last = true; /* so the ABIs mark the outermost frame */
		return WHY_NOTHING;
	}
	if (fp < sp || fp % 8)
		return WHY_NO_RULES;
	if (read_word(step, fp, &caller) < 0 || read_word(step, fp + 8, &ra) < 0)
		return WHY_NO_RULES;
	ra &= arch->address_bits;
	if (!ra) {
		step->last = true;
		return WHY_NOTHING;
	}
	if (!is_return_address(step, ra, true))
		return WHY_NO_RULES;
	set_caller(step, TRUST_FP, ra, fp + 16, &caller);
	return WHY_NOTHING;
}

/* Whether the caller that was found has itself a caller by call frame information: words left over from
 * earlier calls rarely do. */
static bool leads_on(const struct step *step)
{
	struct step further = {.space = step->space, .arch = step->arch, .now = step->next};

	further.lookup = further.now.value[step->arch->pc] - 1;
	further.map = space_map(step->space, further.lookup);
	if (step_cfi(&further) != WHY_NOTHING)
		return false;
	return further.last || is_return_address(step, further.next.value[step->arch->pc], false);
}

enum why step_scan(struct step *step)
{
	const struct arch *arch = step->arch;
	uint64_t sp = step->now.value[arch->sp], fp = step->now.value[arch->fp], word;

	for (uint64_t at = (sp + 7) & ~7ull; at < sp + 8ull * SCAN_WORDS; at += 8) {
		if (read_word(step, at, &word) < 0)
			return unreadable(step, at);
		word &= arch->address_bits;
		if (!is_return_address(step, word, false))
			continue;
		set_caller(step, TRUST_SCAN, word, at + 8,
			step->now.known >> arch->fp & 1 && fp > at ? &fp : NULL);
		if (leads_on(step))
			return WHY_NOTHING;
	}
	return WHY_NO_RULES;
}
