/* SPDX-License-Identifier: Apache-2.0 */
/* The byte buffer: growth, bounds, failure that stays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void empty_buffer_has_text(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(buf_text(&b), "");
	buf_reset(&b);
	buf_free(&b);
	buf_append(&b, NULL, 0);
	assert_false(b.failed);
	assert_string_equal(buf_text(&b), "");
	buf_free(&b);
}

static void appends_grow_and_stay_terminated(void **state)
{
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	for (int i = 0; i < 100000; i++) {
		buf_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.data[b.len], 0);
	}
	assert_int_equal(b.len, 100000);
	assert_int_equal(b.data[99999], 'a' + 99999 % 26);
	assert_true(b.cap > b.len);
	buf_reset(&b);
	buf_str(&b, "x");
	buf_printf(&b, "-%d-%s", -5, "y");
	assert_string_equal(buf_text(&b), "x--5-y");
	assert_int_equal(b.len, 6);
}

static void bytes_with_nul_are_kept(void **state)
{
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	buf_append(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void max_is_exact_and_failure_stays(void **state)
{
	_cleanup_buf_ struct buf b = {.max = 4};

	(void)state;
	buf_str(&b, "abcd");
	assert_false(b.failed);
	buf_char(&b, 'e');
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "abcd");
	buf_reset(&b);
	assert_false(b.failed);
	assert_string_equal(buf_text(&b), "");
	buf_str(&b, "abc");
	buf_printf(&b, "%s", "de"); /* whole or not at all */
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "abc");
	buf_char(&b, 'd'); /* would fit */
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "abc");
}

static void huge_length_does_not_overflow(void **state)
{
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	buf_char(&b, 'a');
	buf_append(&b, "b", SIZE_MAX);
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "a");
	buf_reset(&b);
	buf_append(&b, "b", BUF_MAX + 1ul);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_buffer_has_text),
		cmocka_unit_test(appends_grow_and_stay_terminated),
		cmocka_unit_test(bytes_with_nul_are_kept),
		cmocka_unit_test(max_is_exact_and_failure_stays),
		cmocka_unit_test(huge_length_does_not_overflow),
	};

	return cmocka_run_group_tests_name("base_buf", tests, NULL, NULL);
}
