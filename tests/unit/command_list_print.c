/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in pages: each row once and in order, whatever the times. */
#include "unit/list_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Many rows of one time and few of many, forwards and backwards, with and without a limit: each row once, in
 * order. */
static void check_pages(struct store *store, struct store_filter filter, uint64_t max_seq, uint64_t expected)
{
	struct report_list out;
	_cleanup_free_ char *text = NULL;
	uint64_t count = 0;
	long long last = -1;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	report_list_begin(&out, stream, REPORT_JSONL);
	assert_int_equal(list_print(store, &filter, max_seq, &out, &count), 0);
	assert_int_equal(report_list_end(&out), 0);
	fclose(stream);
	assert_int_equal(count, expected);
	for (char *at = text; (at = strstr(at, "\"n\":")); at += 4) {
		long long n = strtoll(at + 4, NULL, 10);

		if (last >= 0)
			assert_int_equal(n, filter.newest_first ? last - 1 : last + 1);
		last = n;
		expected--;
	}
	assert_int_equal(expected, 0);
}

static void test_pages(void **state)
{
	_cleanup_buf_ struct buf error = {0};
	struct store *store;

	(void)state;
	assert_int_equal(store_open(&store, NULL, STORE_MEMORY, &error), 0);
	for (uint64_t n = 0; n < 4000; n++)
		add(store, n, BASE + (n < 1700 ? 0 : n < 2500 ? 1 : n / 3), "crash", "a");
	for (int newest = 0; newest < 2; newest++) {
		struct store_filter filter = {.newest_first = newest};

		check_pages(store, filter, UINT64_MAX, 4000);
		check_pages(store, filter, 3000, 3000);
		filter.limit = 1234;
		check_pages(store, filter, UINT64_MAX, 1234);
		filter.limit = 500;
		check_pages(store, filter, UINT64_MAX, 500);
		filter.limit = 9999;
		check_pages(store, filter, UINT64_MAX, 4000);
		filter = (struct store_filter){.newest_first = newest, .service = "none"};
		check_pages(store, filter, UINT64_MAX, 0);
	}
	store_close(store);
}

static uint64_t print_new(struct store *store, const struct store_filter *filter, uint64_t *seq)
{
	struct report_list out;
	_cleanup_free_ char *text = NULL;
	uint64_t lines = 0;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	report_list_begin(&out, stream, REPORT_JSONL);
	assert_int_equal(list_print_new(store, filter, seq, &out), 0);
	assert_int_equal(report_list_end(&out), 0);
	fclose(stream);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static void test_new(void **state)
{
	static const char *const kinds[] = {"crash"};
	const struct store_filter filter = {.kinds = kinds, .kind_count = 1};
	_cleanup_buf_ struct buf error = {0};
	struct store *store;
	uint64_t seq = 0, last;

	(void)state;
	assert_int_equal(store_open(&store, NULL, STORE_MEMORY, &error), 0);
	assert_int_equal(print_new(store, &filter, &seq), 0);
	/* Later stored, though of an earlier time. */
	for (uint64_t n = 0; n < 1000; n++)
		add(store, n, BASE - n, "crash", "a");
	assert_int_equal(print_new(store, &filter, &seq), 1000);
	assert_int_equal(print_new(store, &filter, &seq), 0);
	add(store, 1000, BASE, "marker", "a");
	assert_int_equal(print_new(store, &filter, &seq), 0);
	assert_int_equal(store_last_seq(store, &last), 0);
	assert_int_equal(seq, last);
	add(store, 1001, BASE, "crash", "a");
	assert_int_equal(print_new(store, &filter, &seq), 1);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests_name("command_list_print", tests, NULL, NULL);
}
