/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots that wait for their death, and the files in them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "enrich/stack.h"

static const struct process_key key = {.pid = 42, .start = 7};

static void add(struct stacks *stacks, struct process_key of, uint32_t tid, uint32_t signal)
{
	static struct record_snapshot snapshot;

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.key = of;
	snapshot.tid = tid;
	snapshot.signal = signal;
	snapshot.registers[16] = 0x1000; /* ip */
	snapshot.registers[19] = 0x8000; /* sp */
	snapshot.registers[14] = 5;      /* di */
	stacks_snapshot(stacks, &snapshot, 100, "x86_64");
}

static void add_part(struct stacks *stacks, uint32_t tid, uint64_t address, uint32_t size)
{
	static uint8_t bytes[4096];
	struct record_stack part = {.key = key, .tid = tid, .address = address, .size = size, .bytes = bytes};

	memset(bytes, (int)(address >> 12 & 0xff), sizeof(bytes));
	stacks_part(stacks, &part);
}

static void thread_and_signal(void **state)
{
	struct stacks *stacks = NULL;
	struct captured *c;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	add(stacks, key, 42, 11);
	add(stacks, key, 43, 11);
	add(stacks, key, 42, 6);
	c = stacks_take(stacks, key, 42, 11, 0);
	assert_non_null(c);
	assert_int_equal(c->tid, 42);
	assert_int_equal(c->signal, 11);
	assert_int_equal(c->snapshot.pc, 0x1000);
	assert_int_equal(c->snapshot.sp, 0x8000);
	assert_int_equal(c->snapshot.registers[5], 5); /* rdi is DWARF's 5 */
	captured_free(c);
	assert_null(stacks_take(stacks, key, 42, 6, 101)); /* that was an earlier one */
	stacks_forget(stacks, key);
	assert_null(stacks_take(stacks, key, 0, 0, 0));
	stacks_free(stacks);
}

static struct captured *take_with_threads(struct stacks *stacks)
{
	struct record_snapshot snapshot = {.key = key, .thread = true, .signal = 9};
	static const uint32_t tids[] = {45, 44, 46, 44};

	add(stacks, key, 42, 11);
	for (unsigned i = 0; i < 4; i++) {
		snapshot.tid = tids[i];
		stacks_snapshot(stacks, &snapshot, 100, "x86_64");
		add_part(stacks, tids[i], 0x1000 * tids[i], 4096);
	}
	return stacks_take(stacks, key, 0, 0, 0);
}

/* The one that died first, then the others by tid, each once. */
static void threads_follow(void **state)
{
	struct stacks *stacks = NULL;
	struct captured *first, *c;
	uint32_t tid = 44;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	first = take_with_threads(stacks);
	assert_non_null(first);
	assert_int_equal(first->tid, 42);
	for (c = first->next; c; c = c->next, tid++) {
		assert_int_equal(c->tid, tid);
		assert_int_equal(c->snapshot.stack_start, 0x1000 * tid);
	}
	assert_int_equal(tid, 47);
	captured_free(first);
	stacks_free(stacks);
}

static void parts_follow(void **state)
{
	struct stacks *stacks = NULL;
	struct captured *c;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	add(stacks, key, 42, 11);
	add_part(stacks, 42, 0x7f80, 0x80);
	add_part(stacks, 42, 0x8000, 4096);
	add_part(stacks, 42, 0xa000, 4096); /* 0x9000 was lost */
	add_part(stacks, 99, 0x9000, 4096); /* of another thread */
	c = stacks_take(stacks, key, 0, 0, 0);
	assert_non_null(c);
	assert_int_equal(c->snapshot.stack_start, 0x7f80);
	assert_int_equal(c->snapshot.stack_size, 0x80 + 4096);
	assert_int_equal(c->snapshot.stack[0x80], 8);
	captured_free(c);
	stacks_free(stacks);
}

static void full_stack(void **state)
{
	struct stacks *stacks = NULL;
	struct captured *c;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	add(stacks, key, 42, 11);
	for (uint64_t i = 0; i < 20; i++)
		add_part(stacks, 42, 0x8000 + i * 4096, 4096);
	c = stacks_take(stacks, key, 0, 0, 0);
	assert_non_null(c);
	assert_int_equal(c->snapshot.stack_size, SNAPSHOT_STACK);
	captured_free(c);
	stacks_free(stacks);
}

static void oldest_goes(void **state)
{
	struct stacks *stacks = NULL;
	struct captured *c;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	for (uint32_t i = 1; i <= STACK_WAITING + 1; i++)
		add(stacks, (struct process_key){.pid = i, .start = 1}, i, 11);
	assert_null(stacks_take(stacks, (struct process_key){.pid = 1, .start = 1}, 0, 0, 0));
	c = stacks_take(stacks, (struct process_key){.pid = 2, .start = 1}, 0, 0, 0);
	assert_non_null(c);
	captured_free(c);
	stacks_free(stacks);
}

static void files(void **state)
{
	struct stacks *stacks = NULL;
	struct record_file file = {.device = 3};

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	for (uint64_t i = 0; i < STACK_FILES + 10; i++) {
		file.inode = i;
		snprintf(file.path, sizeof(file.path), "/lib/%lu", (unsigned long)i);
		stacks_file(stacks, &file);
	}
	assert_null(stacks_path(stacks, 3, 0, NULL));
	assert_null(stacks_path(stacks, 4, 100, NULL));
	assert_string_equal(stacks_path(stacks, 3, 100, NULL), "/lib/100");
	snprintf(file.path, sizeof(file.path), "/lib/renamed");
	file.inode = 100;
	stacks_file(stacks, &file);
	assert_string_equal(stacks_path(stacks, 3, 100, NULL), "/lib/renamed");
	stacks_free(stacks);
}

/* What the helper found of one place tells the symbol table's address of another one in the file. */
/* Of words on the stack those count that point into the executable's code, wherever that lies. */
static uint64_t callers_at(uint32_t signal, uint64_t code, uint64_t stack_top, uint64_t map)
{
	static uint8_t bytes[4096];
	const uint64_t words[] = {0x7fff0000, code + 0x123, 0, code + 0x1000, code + 0x456};
	struct record_snapshot record = {.key = key, .tid = 42, .signal = signal, .map_count = 1};
	struct record_stack part = {.key = key, .tid = 42, .address = 0x8000, .size = 4096, .bytes = bytes};
	struct stacks *stacks = NULL;
	struct captured *c;
	uint64_t callers;

	memcpy(bytes, words, sizeof(words));
	record.registers[16] = map + 0x10;
	record.registers[19] = 0x8000;
	record.code = code;
	record.code_end = code + 0x1000;
	record.stack_top = stack_top;
	record.maps[0] = (struct snapshot_map){.start = map, .end = map + 0x1000, .inode = 5};
	assert_int_equal(stacks_new(&stacks), 0);
	stacks_snapshot(stacks, &record, 100, "x86_64");
	stacks_part(stacks, &part);
	c = stacks_take(stacks, key, 42, 0, 0);
	callers = captured_callers(c);
	captured_free(c);
	stacks_free(stacks);
	return callers;
}

static void callers(void **state)
{
	uint64_t two = RECORD_CALLERS_ADD(RECORD_CALLERS_ADD(0ull, 0x123ull), 0x456ull);

	(void)state;
	assert_true(callers_at(6, 0x550000, 0x9000, 0x10000) == two);
	assert_true(callers_at(6, 0x770000, 0x9000, 0x770000) == two);
	assert_true(callers_at(6, 0x770000, 0x8010, 0x770000) == RECORD_CALLERS_ADD(0ull, 0x123ull));
	assert_true(callers_at(11, 0x550000, 0x9000, 0x10000) == two);
	assert_true(callers_at(11, 0x770000, 0x9000, 0x770000) == 0); /* the place tells it */
	assert_true(callers_at(6, 0x550000, 0xa000, 0x10000) == two);
	assert_true(callers_at(6, 0x550000, 0x7000, 0x10000) == two);
}

static void bare_frame(void **state)
{
	struct stacks *stacks = NULL;
	struct record_file file = {.device = 3, .inode = 9, .path = "/bin/a"};
	struct snapshot_map maps[] = {{.start = 0x500000, .end = 0x501000},
		{.start = 0x555000, .end = 0x558000, .offset = 0x2000, .inode = 9, .device = 3}};
	struct snapshot snapshot = {.pc = 0x556010, .maps = maps, .map_count = 2};
	struct frame found = {.address = 0x555123, .map = 1, .offset = 0x403123}, wrong = found, frame;

	(void)state;
	assert_int_equal(stacks_new(&stacks), 0);
	stacks_file(stacks, &file);
	stacks_bare_frame(stacks, &snapshot, &frame);
	assert_int_equal(frame.map, 1);
	assert_int_equal(frame.offset, 0);
	wrong.map = 0; /* not where the address lies */
	stacks_learn(stacks, &snapshot, &wrong);
	wrong.map = -1;
	stacks_learn(stacks, &snapshot, &wrong);
	stacks_bare_frame(stacks, &snapshot, &frame);
	assert_int_equal(frame.offset, 0);
	stacks_learn(stacks, &snapshot, &found);
	stacks_bare_frame(stacks, &snapshot, &frame);
	assert_int_equal(frame.offset, 0x404010);
	assert_int_equal(frame.address, 0x556010);
	assert_int_equal(frame.trust, TRUST_CONTEXT);
	snapshot.pc = 0x1000; /* nothing is mapped there */
	stacks_bare_frame(stacks, &snapshot, &frame);
	assert_int_equal(frame.map, -1);
	assert_int_equal(frame.offset, 0);
	stacks_free(stacks);
}

static void unknown_machine(void **state)
{
	uint64_t registers[SNAPSHOT_REGISTERS] = {0};
	struct snapshot snapshot;

	(void)state;
	assert_int_equal(registers_order("pdp11", registers, &snapshot), -ENOSYS);
	registers[31] = 0x8000;
	registers[32] = 0x1000;
	assert_int_equal(registers_order("aarch64", registers, &snapshot), 0);
	assert_int_equal(snapshot.pc, 0x1000);
	assert_int_equal(snapshot.sp, 0x8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(thread_and_signal),
		cmocka_unit_test(threads_follow), cmocka_unit_test(parts_follow),
		cmocka_unit_test(full_stack), cmocka_unit_test(oldest_goes), cmocka_unit_test(files),
		cmocka_unit_test(callers), cmocka_unit_test(bare_frame), cmocka_unit_test(unknown_machine)};

	return cmocka_run_group_tests_name("enrich_stack", tests, NULL, NULL);
}
