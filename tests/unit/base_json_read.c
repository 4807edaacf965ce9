/* SPDX-License-Identifier: Apache-2.0 */
/* The pull reader of JSON against jansson: the same values of the same texts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "base/json_read.h"

static size_t take(const char *json, char *buf, size_t size)
{
	struct json_reader r;

	json_read(&r, json, strlen(json));
	return json_take_text(&r, buf, size);
}

static void texts_are_what_jansson_reads(void **state)
{
	static const char *const texts[] = {"\"\"", "\"plain\"", "\"a\\nb\\tc\\\\d\\\"e\\/f\"",
		"\"\\u00e9\\u20ac\"", "\"h\xc3\xa9llo\"", "  \"leading\"", "\"ends in \\\\\"",
		"\"\\b\\f\\r\""};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *want = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		char buf[64];

		assert_int_equal(take(texts[i], buf, sizeof(buf)), json_string_length(want));
		assert_string_equal(buf, json_string_value(want));
		json_decref(want);
	}
}

static void a_text_is_cut_between_characters(void **state)
{
	char buf[6];

	(void)state;
	assert_int_equal(take("\"abcdefgh\"", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "abcde");
	assert_int_equal(take("\"abcd\xc3\xa9\"", buf, sizeof(buf)), 4);
	assert_int_equal(take("\"abcd\\u00e9\"", buf, sizeof(buf)), 4);
	assert_int_equal(take("\"abc\xc3\xa9\"", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "abc\xc3\xa9");
}

static void halves_of_pairs_and_nul_are_replaced(void **state)
{
	char buf[16];

	(void)state;
	take("\"\\ud83d\"", buf, sizeof(buf));
	assert_string_equal(buf, "\xEF\xBF\xBD");
	take("\"a\\u0000b\"", buf, sizeof(buf));
	assert_string_equal(buf, "a\xEF\xBF\xBD"
				 "b");
}

static void walks_objects_and_arrays(void **state)
{
	static const char json[] = "{ \"skip\": {\"x\": [1, \"}]\", {}]}, \"list\": [1, 2.5, -3], \"n\": "
				   "18446744073709551616, \"last\": null }";
	struct json_reader r;
	struct json_key key;
	double sum = 0, number;
	uint64_t big = 0;

	(void)state;
	json_read(&r, json, strlen(json));
	assert_true(json_enter(&r, '{'));
	while (json_next(&r, &key)) {
		if (json_key_is(&key, "list")) {
			assert_true(json_enter(&r, '['));
			while (json_next(&r, &key))
				sum += json_take_number(&r, &number) ? number : 0;
		} else if (json_key_is(&key, "n")) {
			assert_true(json_take_u64(&r, &big));
		} else {
			json_skip(&r);
		}
	}
	assert_true(json_read_end(&r));
	assert_true(sum > 0.49 && sum < 0.51);
	assert_true(big == UINT64_MAX);
}

/* Only as it says: what differs in anything is left to json_next, which comes to the same. */
static void a_key_that_was_expected_is_found(void **state)
{
	static const char json[] = "{\"a\":1,\"bc\":\"x\", \"d\":[2],\"e\" :3,\"f\":4}";
	struct json_reader r;
	struct json_key key;
	uint64_t number;
	char text[8];

	(void)state;
	json_read(&r, json, strlen(json));
	assert_false(json_next_is(&r, "a", 1));
	assert_true(json_enter(&r, '{'));
	assert_true(json_next_is(&r, "a", 1));
	assert_true(json_take_u64(&r, &number) && number == 1);
	assert_false(json_next_is(&r, "b", 1));
	assert_false(json_next_is(&r, "bcd", 3));
	assert_true(json_next_is(&r, "bc", 2));
	assert_int_equal(json_take_text(&r, text, sizeof(text)), 1);
	assert_false(json_next_is(&r, "d", 1));
	assert_true(json_next(&r, &key) && json_key_is(&key, "d"));
	assert_true(json_enter(&r, '['));
	assert_false(json_next_is(&r, "2", 1));
	assert_true(json_next(&r, &key));
	json_skip(&r);
	assert_false(json_next(&r, &key));
	assert_false(json_next_is(&r, "e", 1));
	assert_true(json_next(&r, &key) && json_key_is(&key, "e"));
	json_skip(&r);
	assert_true(json_next_is(&r, "f", 1));
	json_skip(&r);
	assert_false(json_next(&r, &key));
	assert_true(json_read_end(&r));
}

static bool reads(const char *json, size_t len)
{
	struct json_reader r;

	json_read(&r, json, len);
	json_skip(&r);
	return json_read_end(&r);
}

static void each_cut_of_a_text_fails_and_ends(void **state)
{
	static const char json[] = "{\"a\":[1,{\"b\":\"\\u00e9\\\"\"}],\"c\":true}";

	(void)state;
	assert_true(reads(json, strlen(json)));
	for (size_t len = 0; len < strlen(json); len++)
		assert_false(reads(json, len));
}

static void depth_is_bounded(void **state)
{
	struct json_reader r;
	struct json_key key;
	char deep[200];

	(void)state;
	memset(deep, '[', sizeof(deep));
	json_read(&r, deep, sizeof(deep));
	for (unsigned i = 0; i < JSON_READ_DEPTH; i++) {
		assert_true(json_enter(&r, '['));
		assert_true(json_next(&r, &key));
	}
	assert_false(json_enter(&r, '['));
	assert_true(r.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_what_jansson_reads),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(halves_of_pairs_and_nul_are_replaced),
		cmocka_unit_test(walks_objects_and_arrays),
		cmocka_unit_test(a_key_that_was_expected_is_found),
		cmocka_unit_test(each_cut_of_a_text_fails_and_ends),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests_name("base_json_read", tests, NULL, NULL);
}
