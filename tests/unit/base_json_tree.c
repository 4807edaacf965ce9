/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree takes and gives what jansson's own reader does: of all recorded events, of texts at the edges of
 * the grammar, and of events with bytes changed at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

#define LINE 65536

static void same(const char *text, size_t len)
{
	json_error_t error = {0};
	json_t *expected = json_loadb(text, len, JSON_ALLOW_NUL, &error), *got = json_tree(text, len);
	bool wide = !expected && json_error_code(&error) == json_error_numeric_overflow;

	if (wide) /* see below */
		;
	else if (!expected != !got || (got && !json_equal(expected, got)))
		fail_msg("%.*s: %s, jansson: %s", (int)len, text, got ? "is taken" : "is none",
			expected ? "is taken" : "is none");
	json_decref(expected);
	json_decref(got);
}

static void texts_at_the_edges(void **state)
{
	static const char *const texts[] = {"", " ", "{}", "[]", " {\t} \n", "[[[]]]",
		"{\"a\":{\"b\":[1,{}]}}", "1", "\"a\"", "null", "[null,true,false]", "[nul]", "[truee]",
		"[t]", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
		"{\"a\":1,}", "{a:1}", "{\"a\" : 1 , \"a\" : 2}", "{} x", "{}{}", "[\"", "[\"\\", "[\"\\\"",
		"[\"\\\"\"]", "[\"\\q\"]", "[\"\\/\\b\\f\\n\\r\\t\"]", "[\"\"]", "[\"\\u0000\"]",
		"{\"\\u0000\":1}", "{\"\\u0061\\n\":\"\\u0062\"}", "[\"\\u00e9\"]", "[\"\\u12\"]",
		"[\"\\u12g4\"]", "[\"\\ud83d\\ude00\"]", "[\"\\ud83d\"]", "[\"\\ude00\"]",
		"[\"\\ud83d\\u0041\"]", "[\"\\ud83dx\"]", "[\"\\ud83d\\n\"]", "[\"\\uFFFD\\uffff\"]",
		"[\"\xc3\xa9\"]", "[\"\xc3\"]", "[\"\xed\xa0\x80\"]", "[\"\xf0\x9f\x98\x80 12345678\"]",
		"[\"\xf4\x90\x80\x80\"]", "[\"\xff\"]", "[\"\xc0\x80\"]", "[\"\xef\xbf\xbd\"]",
		"[\"1234567\n\"]", "[\"12345678\x1f\"]", "[\"\x7f\"]", "[\"12345678!#[]\"]", "[0]", "[-0]",
		"[00]", "[01]", "[-]", "[+1]", "[1.]", "[.5]", "[1.5]", "[1e5]", "[1E+5]", "[1e-5]", "[1e]",
		"[1e+]", "[1.5e3x]", "[0x10]", "[1e999]", "[-1e999]", "[9223372036854775807]",
		"[-9223372036854775808]", "[1.0,0.1,123456789.123456789]", "[1 2]", "[\"a\" \"b\"]",
		"{\"a\" 1}", "[NaN]", "[Infinity]", "\xef\xbb\xbf[]", "[1]\v"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		same(texts[i], strlen(texts[i]));
	assert_null(json_tree("[]\0", 3));
	assert_null(json_tree("[1\0]", 4));
	assert_null(json_tree("[\"a\0b\"]", 7));
}

static void wide_integers_are_reals(void **state)
{
	static const char text[] = "[18446744073709551615,-9223372036854775809,9223372036854775807]";
	json_t *got = json_tree(text, strlen(text));

	(void)state;
	assert_true(json_is_real(json_array_get(got, 0)) && json_is_real(json_array_get(got, 1)));
	assert_true(json_real_value(json_array_get(got, 0)) == 18446744073709551615.0);
	assert_true(json_is_integer(json_array_get(got, 2)));
	json_decref(got);
}

static void depth_is_bounded(void **state)
{
	char text[2 * 200 + 1];

	(void)state;
	for (int depth = 126; depth < 131; depth++) {
		json_t *got;

		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		text[2 * depth] = '\0';
		got = json_tree(text, 2 * (size_t)depth);
		assert_int_equal(got != NULL, depth <= 128);
		json_decref(got);
	}
}

static void change(char *text, size_t len, unsigned *seed)
{
	static const char bytes[] = "\"\\{}[],:u .-e\n\x80\xc3\xff"
				    "0t";

	for (int n = rand_r(seed) % 3; n >= 0; n--) {
		size_t at = (size_t)rand_r(seed) % len;

		text[at] = bytes[(size_t)rand_r(seed) % (sizeof(bytes) - 1)];
	}
}

static void events_and_changed_events(void **state)
{
	FILE *file = fopen("tests/golden/event_lines.jsonl", "r");
	static char line[LINE], changed[LINE];
	unsigned seed = 1, lines = 0;

	(void)state;
	assert_non_null(file);
	for (; fgets(line, sizeof(line), file); lines++) {
		size_t len = strcspn(line, "\n");

		line[len] = '\0';
		same(line, len);
		for (int i = 0; i < 400; i++) {
			memcpy(changed, line, len + 1);
			change(changed, len, &seed);
			same(changed, len);
		}
		for (size_t cut = 0; cut < len; cut += 7) {
			memcpy(changed, line, cut);
			changed[cut] = '\0';
			same(changed, cut);
		}
	}
	fclose(file);
	assert_true(lines > 10);
}

/* One after the other, small ones and some that have no room in the block, changed in between. */
static void scratch_is_used_again(void **state)
{
	static const char small[] = "{\"a\":{\"b\":\"c\"},\"d\":1}";
	static char large[12 << 20];
	json_t *other = json_loads("{\"a\":[1]}", 0, NULL);
	size_t len = 0;

	(void)state;
	large[len++] = '[';
	while (len < sizeof(large) - 8)
		len += (size_t)sprintf(large + len, "\"\",");
	len += (size_t)sprintf(large + len, "1]");
	for (int i = 0; i < 3; i++) {
		json_t *tree = json_scratch(small, strlen(small));

		assert_string_equal(json_string_value(json_object_get(json_object_get(tree, "a"), "b")), "c");
		assert_int_equal(json_object_del(tree, "a"), 0);
		assert_int_equal(json_object_size(tree), 1);
		json_scratch_free(tree);
		tree = json_scratch(large, len);
		assert_true(json_array_size(tree) > 1000000);
		json_scratch_free(tree);
		assert_null(json_scratch("{\"a\":[1,2,{\"b\":}", 17));
	}
	json_scratch_free(NULL);
	/* What was there before, and what is made beside it, is not touched. */
	assert_int_equal(json_integer_value(json_array_get(json_object_get(other, "a"), 0)), 1);
	json_decref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_at_the_edges),
		cmocka_unit_test(wide_integers_are_reals),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(events_and_changed_events),
		cmocka_unit_test(scratch_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
