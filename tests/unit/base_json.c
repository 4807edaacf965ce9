/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer, read back by another implementation. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "base/json.h"

static json_t *parse(const struct buf *b)
{
	json_error_t error;

	assert_false(b->failed);
	json_t *root = json_loadb(b->data, b->len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s in %s", error.text, buf_text(b));
	return root;
}

/* What a string of these bytes reads back as. */
static void assert_string(const char *bytes, size_t len, const char *expected, size_t expected_len)
{
	_cleanup_buf_ struct buf b = {0};
	struct json j;

	json_begin(&j, &b);
	json_object_begin(&j, NULL);
	json_strn(&j, "k", bytes, len);
	json_object_end(&j);
	for (size_t i = 0; i < b.len; i++)
		assert_true((unsigned char)b.data[i] >= 0x20 && b.data[i] != 0x7F);
	json_t *root = parse(&b), *value = json_object_get(root, "k");
	assert_int_equal(json_string_length(value), expected_len);
	assert_memory_equal(json_string_value(value), expected, expected_len);
	json_decref(root);
}

#define assert_text(bytes, expected) assert_string(bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1)
#define R                            "\xEF\xBF\xBD"

static void all_bytes_survive_or_are_replaced(void **state)
{
	_cleanup_buf_ struct buf expected = {0};
	char bytes[256];

	(void)state;
	for (int i = 0; i < 256; i++) {
		bytes[i] = (char)i;
		if (i < 0x80)
			buf_char(&expected, (char)i);
		else
			buf_str(&expected, R);
	}
	assert_string(bytes, 256, expected.data, expected.len);
	for (int i = 0; i < 256; i++)
		assert_string(bytes + i, 1, i < 0x80 ? bytes + i : R, i < 0x80 ? 1 : 3);
}

static void utf8_is_kept_and_its_abuse_replaced(void **state)
{
	(void)state;
	assert_text("", "");
	assert_text("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80",
		"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
	assert_text(R, R);
	assert_text("\xC0\xAF", R R);             /* overlong */
	assert_text("\xE0\x80\xAF", R R R);       /* overlong */
	assert_text("\xED\xA0\x80", R R R);       /* surrogate */
	assert_text("\xF4\x90\x80\x80", R R R R); /* beyond U+10FFFF */
	assert_text("\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF");
	assert_text("a\xE2\x82", "a" R R); /* cut */
	assert_text("\xE2\x82"
		    "a",
		R R "a");
}

static void line_and_terminal_controls_are_escaped(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct json j;

	(void)state;
	assert_text("\xC2\x9B"
		    "31m\xE2\x80\xA8\xE2\x80\xAE",
		"\xC2\x9B"
		"31m\xE2\x80\xA8\xE2\x80\xAE");
	json_begin(&j, &b);
	json_str(&j, NULL, "\xC2\x9B\xE2\x80\xA8\xE2\x80\xAE\x1B\n\t\"\\\x7F/");
	assert_string_equal(buf_text(&b), "\"\\u009b\\u2028\\u202e\\u001b\\n\\t\\\"\\\\\\u007f/\"");
}

static void integers_are_exact(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_array_begin(&j, NULL);
	json_int(&j, NULL, INT64_MIN);
	json_int(&j, NULL, INT64_MAX);
	json_int(&j, NULL, -1);
	json_uint(&j, NULL, UINT64_MAX);
	json_uint(&j, NULL, 0);
	json_hex(&j, NULL, UINT64_MAX);
	json_hex(&j, NULL, 0);
	json_array_end(&j);
	assert_string_equal(buf_text(&b),
		"[-9223372036854775808,9223372036854775807,-1,18446744073709551615,0,"
		"\"0xffffffffffffffff\",\"0x0\"]");
}

static void seconds_have_no_idle_digits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {{0, "0"}, {1, "0.000000001"}, {12500000000, "12.5"}, {60000000000, "60"},
		{999999999, "0.999999999"}, {1010000000, "1.01"}, {UINT64_MAX, "18446744073.709551615"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_buf_ struct buf b = {0};
		struct json j;
		json_begin(&j, &b);
		json_seconds(&j, NULL, rows[i].ns);
		assert_string_equal(buf_text(&b), rows[i].text);
	}
}

static void nesting_places_commas(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_object_begin(&j, NULL);
	json_str(&j, "null", NULL);
	json_str_known(&j, "unknown", "");
	json_str_known(&j, "unknown", NULL);
	json_str_known(&j, "known", "x");
	json_object_begin(&j, "empty");
	json_object_end(&j);
	json_array_begin(&j, "list");
	json_array_begin(&j, NULL);
	json_array_end(&j);
	json_object_begin(&j, NULL);
	json_bool(&j, "t", true);
	json_bool(&j, "f", false);
	json_object_end(&j);
	json_raw(&j, NULL, "{\"a\":1}");
	json_none(&j, NULL);
	json_array_end(&j);
	json_raw(&j, "k\"ey\n", "[]");
	json_object_end(&j);
	assert_string_equal(buf_text(&b),
		"{\"null\":null,\"known\":\"x\",\"empty\":{},\"list\":[[],{\"t\":true,\"f\":false},"
		"{\"a\":1},null],\"k\\\"ey\\n\":[]}");
	json_decref(parse(&b));
}

static void depth_is_bounded(void **state)
{
	_cleanup_buf_ struct buf b = {0};
	struct json j;

	(void)state;
	json_begin(&j, &b);
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_array_begin(&j, NULL);
	json_int(&j, NULL, 1);
	json_int(&j, NULL, 2);
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_array_end(&j);
	json_decref(parse(&b));

	buf_reset(&b);
	json_begin(&j, &b);
	for (int i = 0; i < JSON_DEPTH_MAX + 3; i++)
		json_array_begin(&j, NULL);
	json_int(&j, NULL, 1);
	for (int i = 0; i < JSON_DEPTH_MAX + 3; i++)
		json_array_end(&j);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_survive_or_are_replaced),
		cmocka_unit_test(utf8_is_kept_and_its_abuse_replaced),
		cmocka_unit_test(line_and_terminal_controls_are_escaped),
		cmocka_unit_test(integers_are_exact),
		cmocka_unit_test(seconds_have_no_idle_digits),
		cmocka_unit_test(nesting_places_commas),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests_name("base_json", tests, NULL, NULL);
}
