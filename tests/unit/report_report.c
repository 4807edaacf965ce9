/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in each format, colour, and failed writes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

#define ONE "{\"kind\":\"gap\",\"count\":1}"
#define TWO "{\"kind\":\"gap\",\"count\":2}"

/* The list of n events as text, to be freed. */
static char *list_of(enum report_format format, int n)
{
	struct report_list list;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	report_list_begin(&list, stream, format);
	for (int i = 0; i < n; i++)
		assert_int_equal(report_list_event(&list, i ? TWO : ONE), 0);
	assert_int_equal(report_list_end(&list), 0);
	fclose(stream);
	return text;
}

static void assert_list(enum report_format format, int n, const char *expected)
{
	char *text = list_of(format, n);

	assert_string_equal(text, expected);
	free(text);
}

static void test_formats(void **state)
{
	(void)state;
	assert_int_equal(report_format_parse("text"), REPORT_TEXT);
	assert_int_equal(report_format_parse("json"), REPORT_JSON);
	assert_int_equal(report_format_parse("jsonl"), REPORT_JSONL);
	assert_int_equal(report_format_parse("JSON"), -EINVAL);
	assert_int_equal(report_format_parse(""), -EINVAL);
}

static void test_lists(void **state)
{
	(void)state;
	assert_list(REPORT_JSON, 0, "[]\n");
	assert_list(REPORT_JSON, 1, "[\n" ONE "\n]\n");
	assert_list(REPORT_JSON, 2, "[\n" ONE ",\n" TWO "\n]\n");
	assert_list(REPORT_JSONL, 0, "");
	assert_list(REPORT_JSONL, 2, ONE "\n" TWO "\n");
	assert_list(REPORT_TEXT, 0, "");
	assert_list(
		REPORT_TEXT, 1, "-                        gap              -                     1 lost\n");
}

static void test_json_is_valid(void **state)
{
	(void)state;
	for (int n = 0; n < 3; n++) {
		char *text = list_of(REPORT_JSON, n);
		json_t *root = json_loads(text, 0, NULL);

		assert_int_equal(json_array_size(root), n);
		json_decref(root);
		free(text);
	}
}

static void test_failed_write(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct report_list list;
	int r = 0;

	(void)state;
	report_list_begin(&list, full, REPORT_JSONL);
	for (int i = 0; i < 10000 && r == 0; i++)
		r = report_list_event(&list, ONE);
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(report_list_end(&list), -ENOSPC);
	fclose(full);
	full = fopen("/dev/full", "w");
	report_list_begin(&list, full, REPORT_JSON);
	assert_int_equal(report_list_end(&list), -ENOSPC);
	fclose(full);
}

static void test_no_colour_off_terminal(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	unsetenv("NO_COLOR");
	assert_false(report_wants_colour(file));
	fclose(file);
}

static void test_colour_of_terminal(void **state)
{
	FILE *terminal = fopen("/dev/ptmx", "r+");

	(void)state;
	if (!terminal)
		skip();
	unsetenv("NO_COLOR");
	assert_true(report_wants_colour(terminal));
	setenv("NO_COLOR", "", 1);
	assert_true(report_wants_colour(terminal));
	setenv("NO_COLOR", "1", 1);
	assert_false(report_wants_colour(terminal));
	fclose(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_json_is_valid),
		cmocka_unit_test(test_failed_write),
		cmocka_unit_test(test_no_colour_off_terminal),
		cmocka_unit_test(test_colour_of_terminal),
	};

	return cmocka_run_group_tests_name("report_report", tests, NULL, NULL);
}
