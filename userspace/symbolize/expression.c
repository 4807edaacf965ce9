/* SPDX-License-Identifier: Apache-2.0 */
/* A small stack machine for the DWARF expressions that occur in call frame information (DWARF 5, 2.5). Values
 * are 64 bits. */
#include "symbolize/expression.h"

#include <dwarf.h>
#include <errno.h>

#define DEPTH 32  /* values on the stack */
#define STEPS 256 /* operations, jumps included */

struct evaluation {
	const struct space *space;
	const struct machine *machine;
	uint64_t stack[DEPTH];
	unsigned depth;
	uint64_t fault; /* address that could not be read */
};

static int push(struct evaluation *e, uint64_t value)
{
	if (e->depth == DEPTH)
		return -EINVAL;
	e->stack[e->depth++] = value;
	return 0;
}

static int push_register(struct evaluation *e, uint64_t number, uint64_t offset)
{
	if (number >= SNAPSHOT_REGISTERS || !(e->machine->known >> number & 1))
		return -ENODATA;
	return push(e, e->machine->value[number] + offset);
}

static int load(struct evaluation *e, uint64_t size)
{
	uint64_t value = 0;

	if (!e->depth || size > sizeof(value))
		return -EINVAL;
	e->fault = e->stack[e->depth - 1];
	if (space_read(e->space, e->fault, &value, size) < 0)
		return -EFAULT;
	e->stack[e->depth - 1] = value;
	return 0;
}

/* a is below b on the stack. */
static int binary(uint8_t atom, uint64_t a, uint64_t b, uint64_t *ret)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (atom) {
	case DW_OP_and: *ret = a & b; return 0;
	case DW_OP_or: *ret = a | b; return 0;
	case DW_OP_xor: *ret = a ^ b; return 0;
	case DW_OP_plus: *ret = a + b; return 0;
	case DW_OP_minus: *ret = a - b; return 0;
	case DW_OP_mul: *ret = a * b; return 0;
	case DW_OP_shl: *ret = b < 64 ? a << b : 0; return 0;
	case DW_OP_shr: *ret = b < 64 ? a >> b : 0; return 0;
	case DW_OP_shra: *ret = (uint64_t)(sa >> (b < 64 ? b : 63)); return 0;
	case DW_OP_eq: *ret = a == b; return 0;
	case DW_OP_ne: *ret = a != b; return 0;
	case DW_OP_lt: *ret = sa < sb; return 0;
	case DW_OP_le: *ret = sa <= sb; return 0;
	case DW_OP_gt: *ret = sa > sb; return 0;
	case DW_OP_ge: *ret = sa >= sb; return 0;
	default: return -EINVAL;
	}
}

static int unary(uint8_t atom, uint64_t *value)
{
	switch (atom) {
	case DW_OP_neg: *value = 0 - *value; return 0;
	case DW_OP_not: *value = ~*value; return 0;
	case DW_OP_abs: *value = (int64_t)*value < 0 ? 0 - *value : *value; return 0;
	default: return -EINVAL;
	}
}

static int shuffle(struct evaluation *e, const Dwarf_Op *op)
{
	uint64_t *top = e->stack + e->depth - 1;
	uint64_t at = op->atom == DW_OP_over ? 1 : op->atom == DW_OP_pick ? op->number : 0;
	uint64_t keep;

	if (at >= e->depth)
		return -EINVAL;
	switch (op->atom) {
	case DW_OP_drop: e->depth--; return 0;
	case DW_OP_swap:
		if (e->depth < 2)
			return -EINVAL;
		keep = top[0], top[0] = top[-1], top[-1] = keep;
		return 0;
	default: return push(e, *(top - at));
	}
}

static int arithmetic(struct evaluation *e, const Dwarf_Op *op)
{
	if (e->depth && unary(op->atom, &e->stack[e->depth - 1]) == 0)
		return 0;
	if (e->depth < 2)
		return -EINVAL;
	uint64_t *a = &e->stack[e->depth - 2];
	e->depth--;
	return binary(op->atom, a[0], a[1], a);
}

/* Everything but jumps and the ends of a location. */
static int execute(struct evaluation *e, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return push(e, (uint64_t)op->atom - DW_OP_lit0);
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return push_register(e, (uint64_t)op->atom - DW_OP_breg0, op->number);
	switch (op->atom) {
	case DW_OP_nop: return 0;
	case DW_OP_bregx: return push_register(e, op->number, op->number2);
	case DW_OP_call_frame_cfa: return push(e, e->machine->cfa);
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts: return push(e, op->number);
	case DW_OP_deref: return load(e, 8);
	case DW_OP_deref_size: return load(e, op->number);
	case DW_OP_plus_uconst: return push(e, op->number) ?: arithmetic(e, &(Dwarf_Op){.atom = DW_OP_plus});
	case DW_OP_dup:
	case DW_OP_over:
	case DW_OP_pick:
	case DW_OP_drop:
	case DW_OP_swap: return shuffle(e, op);
	default: return arithmetic(e, op);
	}
}

/* The operation that a jump leads to; count when there is none. */
static size_t target(const Dwarf_Op *ops, size_t count, const Dwarf_Op *jump)
{
	Dwarf_Word offset = jump->offset + 3 + jump->number;
	size_t i = 0;

	while (i < count && ops[i].offset != offset)
		i++;
	return i;
}

int expression_eval(const struct space *space, const struct machine *machine, const Dwarf_Op *ops,
	size_t count, bool location, uint64_t *ret)
{
	struct evaluation e = {.space = space, .machine = machine};
	size_t at = 0;
	int r = 0;

	for (unsigned steps = 0; at < count && r == 0; steps++) {
		const Dwarf_Op *op = &ops[at++];
		if (steps == STEPS)
			return -EINVAL;
		if (op->atom == DW_OP_stack_value) {
			location = false;
		} else if (op->atom == DW_OP_regx || (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)) {
			location = false;
			r = push_register(
				&e, op->atom == DW_OP_regx ? op->number : (uint64_t)op->atom - DW_OP_reg0, 0);
		} else if (op->atom == DW_OP_skip || op->atom == DW_OP_bra) {
			if (op->atom == DW_OP_bra && !e.depth)
				return -EINVAL;
			if (op->atom == DW_OP_skip || e.stack[--e.depth])
				at = target(ops, count, op);
		} else {
			r = execute(&e, op);
		}
	}
	if (r == 0 && location)
		r = load(&e, 8);
	if (r == 0 && !e.depth)
		return -EINVAL;
	if (r == 0)
		*ret = e.stack[e.depth - 1];
	else if (r == -EFAULT)
		*ret = e.fault;
	return r;
}
