/* SPDX-License-Identifier: Apache-2.0 */
/* Event ids: form, order, hash. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "base/id.h"

static void known_values(void **state)
{
	char id[ID_SIZE];

	(void)state;
	id_make(0, 0, id);
	assert_string_equal(id, "00000000000000000000000000");
	/* The time of the ULID specification's example, 01ARZ3NDEK: 1469922850259 ms. */
	id_make(1469922850259ull * NS_PER_MS, 0, id);
	assert_memory_equal(id, "01ARZ3NDEK", 10);
	id_make(0, UINT64_MAX, id);
	assert_string_equal(id, "0000000000000FZZZZZZZZZZZZ");
	id_make(16, 0, id); /* one step below the millisecond is bit 64 */
	assert_string_equal(id, "0000000000000G000000000000");
	id_make(NS_PER_MS, 0, id);
	assert_string_equal(id, "00000000010000000000000000");
}

static void ids_sort_by_time(void **state)
{
	static const uint64_t steps[] = {
		16, 1000, NS_PER_MS, NS_PER_SEC, 86400 * NS_PER_SEC, 365 * 86400 * NS_PER_SEC};
	char before[ID_SIZE], after[ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (uint64_t n = 0, t = 1795344369123456789ull; n < 200; n++, t += steps[i]) {
			/* The later one has the smaller entropy. */
			id_make(t, UINT64_MAX - n, before);
			id_make(t + steps[i], n, after);
			assert_true(strcmp(before, after) < 0);
		}
	id_make(999999, UINT64_MAX, before); /* the last of a millisecond */
	id_make(NS_PER_MS, 0, after);
	assert_true(strcmp(before, after) < 0);
}

static void only_ids_are_valid(void **state)
{
	char id[ID_SIZE];

	(void)state;
	id_make(UINT64_MAX, UINT64_MAX, id);
	assert_true(id_valid(id));
	id_make(1795344369123456789ull, 42, id);
	assert_int_equal(strlen(id), ID_LEN);
	assert_true(id_valid(id));
	assert_false(id_valid(""));
	assert_false(id_valid("01ARZ3NDEKTSV4RRFFQ69G5FA"));
	assert_false(id_valid("01ARZ3NDEKTSV4RRFFQ69G5FAVV"));
	assert_true(id_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
	assert_false(id_valid("01arz3ndektsv4rrffq69g5fav"));
	assert_false(id_valid("81ARZ3NDEKTSV4RRFFQ69G5FAV")); /* more than 128 bits */
	for (const char *c = "ILOU-_ '\n"; *c; c++) {
		id[5] = *c;
		assert_false(id_valid(id));
	}
}

static void hashes_differ_and_repeat(void **state)
{
	uint64_t one = id_hash(0, "abc", 3), high = 0;

	(void)state;
	assert_true(one == id_hash(0, "abc", 3));
	assert_true(one != id_hash(1, "abc", 3));
	assert_true(one != id_hash(0, "abd", 3));
	assert_true(one != id_hash(0, "abc\0", 4));
	assert_true(id_hash(id_hash(0, "a", 1), "b", 1) != id_hash(id_hash(0, "b", 1), "a", 1));
	assert_true(id_hash(5, NULL, 0) != id_hash(6, NULL, 0));
	/* The same on every machine, because fingerprints are stored. */
	assert_true(id_hash(0, NULL, 0) == 0xefd01f60ba992926);
	for (int i = 0; i < 256; i++) {
		unsigned char byte = (unsigned char)i;
		high |= 1ull << (id_hash(0, &byte, 1) >> 58);
	}
	assert_true(
		__builtin_popcountll(high) > 48); /* 256 keys reach nearly all 64 buckets of the high bits */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(only_ids_are_valid),
		cmocka_unit_test(hashes_differ_and_repeat),
	};

	return cmocka_run_group_tests_name("base_id", tests, NULL, NULL);
}
