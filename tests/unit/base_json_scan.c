/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of strings and objects, found by blocks, against a look at each byte: of random texts of all lengths,
 * in memory that ends with them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/json_scan.h"
#include "chance.h"

#define LONGEST 300
#define ROUNDS  200000

/* In exactly as much memory as it has bytes. */
static char *random_text(size_t len, const char *bytes, size_t count)
{
	char *text = malloc(len);

	assert_non_null(text);
	for (size_t n = 0; n < len; n++)
		text[n] = chance(3) ? (char)('a' + chance(26)) : bytes[chance((unsigned)count)];
	return text;
}

static const char *slow_end(const char *s, const char *end)
{
	bool inside = false;
	int depth = 0;

	for (; s < end; s++) {
		if (inside && *s == '\\') {
			s++;
		} else if (*s == '"') {
			inside = !inside;
		} else if (!inside && (*s == '{' || *s == '[')) {
			depth++;
		} else if (!inside && (*s == '}' || *s == ']')) {
			if (--depth == 0)
				return s + 1;
		} else if (!inside && !*s) {
			return NULL;
		}
	}
	return NULL;
}

static void the_end_of_an_object_is_that_of_its_bytes(void **state)
{
	/* The first ones alone, too: whole blocks without a backslash or a NUL. */
	static const char bytes[] = "\"\"\"\"{}[]_yYZ,:\x7f\xff\\";
	unsigned ended = 0;

	(void)state;
	for (unsigned n = 0; n < ROUNDS; n++) {
		size_t len = 1 + chance(LONGEST), odd = n % 3 ? n % 3 - 1 : 2;
		char *text = random_text(len, bytes, sizeof(bytes) - 2 + odd);
		const char *found;

		text[0] = n % 2 ? '{' : '[';
		found = json_nested_end(text, text + len);
		assert_ptr_equal(found, slow_end(text, text + len));
		ended += found != NULL;
		free(text);
	}
	assert_in_range(ended, ROUNDS / 10, ROUNDS);
}

/* A plain text, whatever fits, is taken as it is, and a longer one is cut. */
static void a_text_is_taken_whatever_its_length(void **state)
{
	char text[LONGEST + 2], taken[LONGEST];
	struct json_reader r;

	(void)state;
	for (size_t len = 0; len < LONGEST; len++)
		for (size_t size = 1; size < sizeof(taken); size += 1 + chance(8)) {
			size_t fits = len < size ? len : size - 1;

			memset(text, 'x', sizeof(text));
			text[0] = text[len + 1] = '"';
			json_read(&r, text, len + 2);
			memset(taken, '!', sizeof(taken));
			assert_int_equal(json_take_text(&r, taken, size), fits);
			assert_int_equal(strspn(taken, "x"), fits);
			assert_int_equal(taken[fits], '\0');
			assert_int_equal(taken[size], '!');
			assert_true(json_read_end(&r));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_an_object_is_that_of_its_bytes),
		cmocka_unit_test(a_text_is_taken_whatever_its_length),
	};

	return cmocka_run_group_tests_name("base_json_scan", tests, NULL, NULL);
}
