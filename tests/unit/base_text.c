/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping for terminals, numbers and sizes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"

static void assert_escaped(const char *bytes, size_t len, const char *expected)
{
	_cleanup_buf_ struct buf b = {0};

	text_escape(&b, bytes, len);
	assert_string_equal(buf_text(&b), expected);
}

#define assert_escape(bytes, expected) assert_escaped(bytes, sizeof(bytes) - 1, expected)

static void controls_become_visible(void **state)
{
	(void)state;
	assert_escape("", "");
	assert_escape("plain text", "plain text");
	assert_escape("\x1B[31mred\x1B[0m", "\\x1b[31mred\\x1b[0m");
	assert_escape("a\nb\tc\rd\\e", "a\\nb\\tc\\x0dd\\\\e");
	assert_escape("\0\x7F", "\\x00\\x7f");
	assert_escape("\xC2\x9B"
		      "31m",
		"\\u009b31m"); /* C1 CSI as UTF-8 */
	assert_escape("\x9B"
		      "31m",
		"\\x9b31m");                   /* and as a bare byte */
	assert_escape("\xC2\xA0", "\xC2\xA0"); /* first after C1 */
	assert_escape("\xE2\x80\xAE"
		      "cod.exe",
		"\\u202ecod.exe");                                   /* right-to-left override */
	assert_escape("\xE2\x81\xA6\xE2\x81\xA9", "\\u2066\\u2069"); /* isolates */
	assert_escape("\xD8\x9C\xE2\x80\x8F", "\\u061c\\u200f");
	assert_escape("\xE2\x80\xA8\xE2\x80\xA9", "\\u2028\\u2029");
	assert_escape("\xE2\x82\xAC \xF0\x9F\x98\x80", "\xE2\x82\xAC \xF0\x9F\x98\x80");
	assert_escape("\xFF"
		      "a\xC3",
		"\\xffa\\xc3");
	assert_escape("\xEF\xBF\xBD", "\xEF\xBF\xBD"); /* a real U+FFFD */
}

static void any_bytes_give_one_printable_line(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++) {
			_cleanup_buf_ struct buf b = {0};
			const char bytes[] = {(char)first, (char)second};
			text_escape(&b, bytes, 2);
			for (size_t i = 0; i < b.len; i++) {
				unsigned char c = (unsigned char)b.data[i];
				assert_true(c >= 0x20 && c != 0x7F);
				/* C1 hides behind C2 only. */
				assert_false(c == 0xC2 && (unsigned char)b.data[i + 1] < 0xA0);
			}
		}
}

static void utf8_is_decoded_strictly(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, used;
		uint32_t code;
	} rows[] = {
		{"A", 1, 1, 'A'},
		{"\0", 1, 1, 0},
		{"\xC2\x80", 2, 2, 0x80},
		{"\xDF\xBF", 2, 2, 0x7FF},
		{"\xE0\xA0\x80", 3, 3, 0x800},
		{"\xEF\xBF\xBF", 3, 3, 0xFFFF},
		{"\xF0\x90\x80\x80", 4, 4, 0x10000},
		{"\xF4\x8F\xBF\xBF", 4, 4, 0x10FFFF},
		{"\xC1\xBF", 2, 1, 0xFFFD},
		{"\xE0\x9F\xBF", 3, 1, 0xFFFD},
		{"\xF0\x8F\xBF\xBF", 4, 1, 0xFFFD},
		{"\xED\xBF\xBF", 3, 1, 0xFFFD},
		{"\xF4\x90\x80\x80", 4, 1, 0xFFFD},
		{"\xF8\x88\x80\x80\x80", 5, 1, 0xFFFD},
		{"\xE2\x82\xAC", 2, 1, 0xFFFD},
		{"\xE2"
		 "A\xAC",
			3, 1, 0xFFFD},
		{"\x80", 1, 1, 0xFFFD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t code = 1;
		assert_int_equal(text_utf8_next(rows[i].bytes, rows[i].len, &code), rows[i].used);
		assert_int_equal(code, rows[i].code);
	}
}

static void words_of_a_shell(void **state)
{
	static const char *const good[] = {"a", "/srv/app", "a=1.2-3~x+y:z", "app@1.service", "50%"};
	static const char *const bad[] = {"", "-a", "~a", "a b", "a;b", "a$b", "a`b", "a'b", "a\"b", "a\\b",
		"a*", "a?", "a[", "a{", "a&", "a|", "a>", "a<", "a(", "a#", "a!", "a\n", "a\xC3\xA4"};

	(void)state;
	for (size_t n = 0; n < sizeof(good) / sizeof(*good); n++)
		assert_true(text_is_word(good[n]));
	for (size_t n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		assert_false(text_is_word(bad[n]));
}

static void numbers_are_whole(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x10", "1.0", "1e3", "a", "18446744073709551616x"};
	uint64_t value = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_u64(bad[i], UINT64_MAX, &value), -EINVAL);
	assert_int_equal(text_parse_u64("101", 100, &value), -ERANGE);
	assert_int_equal(text_parse_u64("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(text_parse_u64("99999999999999999999999", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 77);
	assert_int_equal(text_parse_u64("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(text_parse_u64("100", 100, &value), 0);
	assert_int_equal(value, 100);
	assert_int_equal(text_parse_u64("007", 100, &value), 0);
	assert_int_equal(value, 7);
}

static void digits_are_taken_from_the_front(void **state)
{
	const char *text = "42rest", *s = text;
	uint64_t value;

	(void)state;
	assert_int_equal(text_take_u64(&s, &value), 0);
	assert_int_equal(value, 42);
	assert_ptr_equal(s, text + 2);
	assert_int_equal(text_take_u64(&s, &value), -EINVAL);
	assert_ptr_equal(s, text + 2);
}

static void sizes_have_units_and_bounds(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t bytes;
	} rows[] = {
		{"0", 0, 0},
		{"4096", 0, 4096},
		{"64K", 0, 65536},
		{"16M", 0, 16ull << 20},
		{"2G", 0, 2ull << 30},
		{"1T", 0, 1ull << 40},
		{"18446744073709551615", 0, UINT64_MAX},
		{"17179869183G", 0, 17179869183ull << 30},
		{"17179869184G", -ERANGE, 0},
		{"18014398509481984K", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"-1K", -EINVAL, 0},
		{"1KB", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"1.5G", -EINVAL, 0},
		{"99999999999999999999x", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = 0;
		assert_int_equal(text_parse_size(rows[i].text, &bytes), rows[i].err);
		assert_true(bytes == rows[i].bytes);
	}
}

static void copies_are_cut_and_terminated(void **state)
{
	char dst[4] = "zzz";

	(void)state;
	text_copy(dst, 0, "abc");
	assert_string_equal(dst, "zzz");
	text_copy(dst, sizeof(dst), "abc");
	assert_string_equal(dst, "abc");
	text_copy(dst, sizeof(dst), "wxyz");
	assert_string_equal(dst, "wxy");
	text_copy(dst, sizeof(dst), "");
	assert_string_equal(dst, "");
	text_copy(dst, 1, "abc");
	assert_string_equal(dst, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_become_visible),
		cmocka_unit_test(any_bytes_give_one_printable_line),
		cmocka_unit_test(utf8_is_decoded_strictly),
		cmocka_unit_test(words_of_a_shell),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(digits_are_taken_from_the_front),
		cmocka_unit_test(sizes_have_units_and_bounds),
		cmocka_unit_test(copies_are_cut_and_terminated),
	};

	return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
