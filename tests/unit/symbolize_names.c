/* SPDX-License-Identifier: Apache-2.0 */
/* Names of symbols, the choice between symbols, and the expressions of unwind rules. */
#include "symbolize_test.h"

#include <dwarf.h>

#include "symbolize/demangle.h"
#include "symbolize/why.h"

static void names_are_readable(void **state)
{
	static const struct {
		const char *symbol, *name;
	} rows[] = {
		{"main", "main"},
		{"memcpy@@GLIBC_2.14", "memcpy"},
		{"_ZN4shop4Cart3addEi", "shop::Cart::add"},
		{"_ZN4shop4CartIiE3addEi.part.0", "shop::Cart<int>::add"},
		{"_ZN3std2io5stdio6_print17h0123456789abcdefE", "std::io::stdio::_print"},
		{"_RNvCsiEHlm0lSZMI_5rusty4main", "rusty::main"},
		{"_Znotmangled", "_Znotmangled"},
		{"_Z", "_Z"},
		{"", ""},
	};
	char name[FRAME_FUNCTION];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		demangle(rows[i].symbol, name, sizeof(name));
		assert_string_equal(name, rows[i].name);
	}
}

/* Each level doubles the text: "pair<pair<…>, pair<…>>". */
static void long_names_are_bounded(void **state)
{
	char name[FRAME_FUNCTION], symbol[8192] = "_Z1fI", *end = symbol + strlen(symbol);
	uint64_t sum = 0;

	(void)state;
	end += sprintf(end, "1pIiiE");
	for (int i = 0; i < 30; i++)
		end += sprintf(end, "S%c_S%c_1pIS_S_E", 'A' + i % 20, 'A' + i % 20);
	sprintf(end, "EvT_");
	demangle(symbol, name, sizeof(name));
	assert_non_null(memchr(name, '\0', sizeof(name)));

	strcpy(symbol, "_ZN4shop4CartI");
	for (int i = 0; i < 40; i++)
		strcat(symbol, "10abcdefghij");
	strcat(symbol, "E3addIiEEiT_");
	demangle(symbol, name, sizeof(name));
	assert_string_equal(name, "shop::Cart<...>::add<...>");
	demangle("_ZN1alsIiEEvv", name, 8); /* "a::operator<< <int>": cut anywhere, it ends */
	assert_true(strlen(name) < 8);

	memset(symbol, '_', sizeof(symbol) - 1);
	symbol[sizeof(symbol) - 1] = '\0';
	memcpy(symbol, "_ZN", 3);
	demangle(symbol, name, sizeof(name));
	assert_int_equal(strlen(name), sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(name); i++)
		sum += (uint8_t)name[i];
	assert_true(sum);
}

static void the_better_symbol_wins(void **state)
{
	static const struct symbol all[] = {
		{.value = 0x1000, .size = 0x100, .rank = 9, .name = "__internal"},
		{.value = 0x1000, .size = 0x100, .rank = 0, .name = "open64"},
		{.value = 0x1000, .size = 0x100, .rank = 0, .name = "open"},
		{.value = 0x1040, .size = 0, .label = true, .name = "label"},
		{.value = 0x2000, .size = 0, .label = true, .name = "assembly"},
		{.value = 0x3000, .size = 0x10, .name = "small"},
	};
	struct symbols symbols = {.list = NULL};

	(void)state;
	assert_null(symbols_find(&symbols, 0x1000));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		symbols_add_one(&symbols, &all[i]);
	symbols_sort(&symbols);
	assert_null(symbols_find(&symbols, 0xFFF));
	assert_string_equal(symbols_find(&symbols, 0x1000)->name, "open");
	assert_string_equal(symbols_find(&symbols, 0x1050)->name, "open");
	assert_string_equal(symbols_find(&symbols, 0x2080)->name, "assembly");
	assert_string_equal(symbols_find(&symbols, 0x300F)->name, "small");
	assert_null(symbols_find(&symbols, 0x3010));
	symbols_free(&symbols);
}

#define OP(what, operand) ((const Dwarf_Op){.atom = what, .number = operand})

static void expressions_are_evaluated(void **state)
{
	const uint64_t words[] = {11, 22, 33};
	const struct snapshot snapshot = {
		.stack_start = 0x7000, .stack_size = sizeof(words), .stack = (const uint8_t *)words};
	const struct space space = {.snapshot = &snapshot};
	const struct machine machine = {
		.value = {[7] = 0x7000, [16] = 0x100F}, .known = 1 << 7 | 1 << 16, .cfa = 0x7010};
	/* The rule of a procedure linkage table: rsp + 8 + (((rip & 15) >= 11) << 3). */
	const Dwarf_Op plt[] = {OP(DW_OP_breg7, 8), OP(DW_OP_breg16, 0), OP(DW_OP_lit15, 0), OP(DW_OP_and, 0),
		OP(DW_OP_lit11, 0), OP(DW_OP_ge, 0), OP(DW_OP_lit3, 0), OP(DW_OP_shl, 0), OP(DW_OP_plus, 0)};
	const Dwarf_Op saved[] = {OP(DW_OP_call_frame_cfa, 0), OP(DW_OP_plus_uconst, (Dwarf_Word)-8)};
	const Dwarf_Op beyond[] = {OP(DW_OP_call_frame_cfa, 0), OP(DW_OP_plus_uconst, 8)};
	const Dwarf_Op value[] = {OP(DW_OP_breg7, 5), OP(DW_OP_stack_value, 0)};
	const Dwarf_Op unknown[] = {OP(DW_OP_breg3, 0)};
	const Dwarf_Op forever[] = {OP(DW_OP_skip, (Dwarf_Word)-3)};
	const Dwarf_Op empty[] = {OP(DW_OP_plus, 0)};
	const Dwarf_Op strange[] = {OP(DW_OP_push_object_address, 0)};
	const struct {
		const Dwarf_Op *ops;
		size_t count;
		bool location;
		int result;
		uint64_t value;
	} rows[] = {
		{plt, 9, false, 0, 0x7010},
		{saved, 2, true, 0, 22},
		{saved, 2, false, 0, 0x7008},
		{beyond, 2, true, -EFAULT, 0x7018},
		{value, 2, true, 0, 0x7005},
		{unknown, 1, true, -ENODATA, 0},
		{forever, 1, false, -EINVAL, 0},
		{empty, 1, false, -EINVAL, 0},
		{strange, 1, false, -EINVAL, 0},
		{NULL, 0, true, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t result = 0;
		assert_int_equal(expression_eval(&space, &machine, rows[i].ops, rows[i].count,
					 rows[i].location, &result),
			rows[i].result);
		assert_int_equal(result, rows[i].value);
	}
}

static void calls_are_recognized(void **state)
{
	static const struct {
		uint8_t code[ARCH_CALL];
		bool call;
	} rows[] = {
		{{0x90, 0x90, 0x90, 0xE8, 1, 2, 3, 4}, true},
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0}, true},  /* call *%rax */
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0x41, 0xFF, 0xD4}, true},  /* call *%r12 */
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0x50, 0x18}, true},  /* call *0x18(%rax) */
		{{0x90, 0x90, 0xFF, 0x15, 1, 2, 3, 4}, true},              /* call *x(%rip) */
		{{0x90, 0x90, 0x90, 0x90, 0xFF, 0x54, 0x24, 0x08}, true},  /* call *8(%rsp) */
		{{0x90, 0xFF, 0x14, 0xC5, 1, 2, 3, 4}, true},              /* call *x(,%rax,8) */
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xE0}, false}, /* jmp *%rax */
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}, false},
		{{0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0, 0x90}, false},
	};
	static const uint8_t bl[ARCH_CALL] = {0, 0, 0, 0, 0x34, 0x12, 0, 0x94},
			     blr[ARCH_CALL] = {0, 0, 0, 0, 0, 1, 0x3F, 0xD6},
			     ret[ARCH_CALL] = {0, 0, 0, 0, 0xC0, 3, 0x5F, 0xD6};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(arch_of(SNAPSHOT_X86_64)->after_call(rows[i].code), rows[i].call);
	assert_true(arch_of(SNAPSHOT_AARCH64)->after_call(bl));
	assert_true(arch_of(SNAPSHOT_AARCH64)->after_call(blr));
	assert_false(arch_of(SNAPSHOT_AARCH64)->after_call(ret));
	assert_null(arch_of((enum snapshot_arch)2));
}

static void reasons_keep_their_numbers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WHY_COUNT; i++)
		assert_int_equal(why_of(why_text(i)), i);
	assert_null(why_text(WHY_COUNT));
	assert_int_equal(why_of("else"), WHY_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_readable),
		cmocka_unit_test(long_names_are_bounded),
		cmocka_unit_test(the_better_symbol_wins),
		cmocka_unit_test(expressions_are_evaluated),
		cmocka_unit_test(calls_are_recognized),
		cmocka_unit_test(reasons_keep_their_numbers),
	};

	return cmocka_run_group_tests_name("symbolize/names", tests, NULL, NULL);
}
