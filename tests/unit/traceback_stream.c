/* SPDX-License-Identifier: Apache-2.0 */
/* Each exception is told once, whatever the pieces it comes in and whatever comes between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/traceback_test.h"

struct told {
	unsigned count;
	struct exception last;
};

static void tell(void *context, const struct exception *e)
{
	struct told *told = context;

	told->count++;
	told->last = *e;
}

static void feed(struct traceback_stream *s, const char *text, size_t len, size_t lump, struct told *told)
{
	for (size_t at = 0; at < len; at += lump)
		traceback_stream_feed(s, text + at, len - at < lump ? len - at : lump, tell, told);
}

static void in_lumps(const char *text, size_t len, size_t lump, struct told *told)
{
	struct traceback_stream *s;

	told->count = 0;
	assert_int_equal(traceback_stream_new(&s), 0);
	feed(s, text, len, lump, told);
	traceback_stream_idle(s, tell, told);
	traceback_stream_idle(s, tell, told);
	traceback_stream_free(s);
}

static void check_lumps(const char *path, const char *text, size_t len, void *context)
{
	static const size_t lumps[] = {1, 2, 7, 64, 1000, 100000};
	static struct told told;
	unsigned *failed = context, first = 0;

	for (size_t i = 0; i < sizeof(lumps) / sizeof(lumps[0]); i++) {
		struct exception e;
		_cleanup_buf_ struct buf got = {0}, expected = {0};
		in_lumps(text, len, lumps[i], &told);
		first = i ? first : told.count;
		exception_text(&got, told.count ? &told.last : NULL);
		exception_text(&expected, traceback_find(text, len, &e) ? &e : NULL);
		if (told.count == first && strcmp(buf_text(&got), buf_text(&expected)) == 0)
			continue;
		print_error("%s in lumps of %zu: %u told, %u at first; expected\n%sgot\n%s", path, lumps[i],
			told.count, first, buf_text(&expected), buf_text(&got));
		(*failed)++;
	}
}

static void test_lumps(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < FOLDERS; i++)
		corpus_each(corpus_folders[i], check_lumps, &failed);
	assert_int_equal(failed, 0);
}

static void load(const char *name, struct buf *ret)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s.txt", CORPUS, name);
	assert_true(read_whole(path, ret));
}

/* Several, with the output of a living program between them. */
static void test_many(void **state)
{
	static const struct {
		const char *name;
		unsigned count;
	} rows[] = {{"python/context", 1}, {"java/cause", 1}, {"node/console_error", 1}, {"ruby/cause", 1},
		{"go/http_panic", 1}, {"rust/thread_backtrace", 1}, {"php/previous_log", 1},
		{"perl/confess", 1}, {"dotnet/handwritten-async", 1}, {"cpp/custom", 1}, {"glibc/assert", 1},
		{"sanitizer/race", 1}, {"python/group", 1}, {"go/debug_stack", 1}, {"ruby/thread", 2},
		{"ruby/logger", 1}, {"odd/two_ruby_loggers", 2}, {"perl/caret", 1}, {"perl/statement", 1},
		{"php/logged", 2}, {"odd/php_apache", 3}, {"odd/php_fpm_said", 3}, {"odd/php_nginx", 3},
		{"node/derived", 1}, {"java/named", 1}};
	static struct told told;
	struct traceback_stream *s;
	unsigned expected = 0;

	(void)state;
	assert_int_equal(traceback_stream_new(&s), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_buf_ struct buf text = {0};
		load(rows[i].name, &text);
		feed(s, text.data, text.len, i + 1, &told);
		for (unsigned line = 0; line < 40; line++)
			feed(s, "GET /health 200 12 ms, Error: none\n", 35, 11, &told);
		expected += rows[i].count;
		if (told.count != expected)
			print_error("%s: %u told\n", rows[i].name, told.count);
		assert_int_equal(told.count, expected);
	}
	traceback_stream_idle(s, tell, &told);
	assert_int_equal(told.count, expected);
	traceback_stream_free(s);
}

/* Idle in the middle of a trace does not lose it; idle behind it tells it at once. */
static void test_idle(void **state)
{
	static struct told told;
	_cleanup_buf_ struct buf text = {0};
	struct traceback_stream *s;

	(void)state;
	load("python/simple", &text);
	assert_int_equal(traceback_stream_new(&s), 0);
	const char *half = strstr(text.data, "  File \"/tmp/shop/simple.py\", line 8");
	assert_non_null(half);
	size_t len = (size_t)(half - text.data);
	traceback_stream_feed(s, text.data, len, tell, &told);
	traceback_stream_idle(s, tell, &told);
	assert_int_equal(told.count, 0);
	traceback_stream_feed(s, text.data + len, text.len - len, tell, &told);
	assert_int_equal(told.count, 0);
	traceback_stream_idle(s, tell, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.last.frame_count, 3);
	assert_string_equal(told.last.type, "KeyError");
	traceback_stream_free(s);
}

/* A line without an end takes no more than its share of memory, and the next is read. */
static void test_endless_line(void **state)
{
	static struct told told;
	static char block[4096];
	_cleanup_buf_ struct buf text = {0};
	struct traceback_stream *s;

	(void)state;
	memset(block, 'x', sizeof(block));
	assert_int_equal(traceback_stream_new(&s), 0);
	for (unsigned i = 0; i < 1000; i++)
		traceback_stream_feed(s, block, sizeof(block), tell, &told);
	load("glibc/invalid_pointer", &text);
	traceback_stream_feed(s, "\n", 1, tell, &told);
	traceback_stream_feed(s, text.data, text.len, tell, &told);
	assert_int_equal(told.count, 1);
	traceback_stream_free(s);
	traceback_stream_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lumps),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_endless_line),
	};

	return cmocka_run_group_tests_name("traceback_stream", tests, NULL, NULL);
}
