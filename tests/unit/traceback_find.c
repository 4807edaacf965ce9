/* SPDX-License-Identifier: Apache-2.0 */
/* What real runtimes wrote against what is expected of it, whole and cut at every byte; and the time it
 * takes. LW_GOLDEN=write writes what was found as what is expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

#include "tests/unit/traceback_test.h"

#define CUT_MAX    6000 /* longer texts are not cut: the time goes by the square */
#define HOSTILE    65536
#define HOSTILE_NS 15000000ll /* 2 to 5 ms on an idle machine; what is not linear takes seconds */

static void check_golden(const char *path, const char *text, size_t len, void *context)
{
	unsigned *failed = context;
	struct exception e;
	_cleanup_buf_ struct buf got = {0}, expected = {0};
	char json[512];

	exception_text(&got, traceback_find(text, len, &e) ? &e : NULL);
	snprintf(json, sizeof(json), "%.*s.json", (int)(strlen(path) - strlen(".txt")), path);
	if (getenv("LW_GOLDEN")) {
		_cleanup_fclose_ FILE *f = fopen(json, "w");
		assert_non_null(f);
		fputs(buf_text(&got), f);
		return;
	}
	if (!read_whole(json, &expected))
		buf_str(&expected, "(no such file)\n");
	if (strcmp(buf_text(&got), buf_text(&expected)) == 0)
		return;
	print_error("%s: differs\n--- expected\n%s+++ got\n%s", json, buf_text(&expected), buf_text(&got));
	(*failed)++;
}

static void check_nothing(const char *path, const char *text, size_t len, void *context)
{
	unsigned *failed = context;
	struct exception e;
	_cleanup_buf_ struct buf got = {0};

	if (!traceback_find(text, len, &e))
		return;
	exception_text(&got, &e);
	print_error("%s: nothing happened there, but got\n%s", path, buf_text(&got));
	(*failed)++;
}

static void test_golden(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < FOLDERS - 1; i++)
		assert_true(corpus_each(corpus_folders[i], check_golden, &failed) > 5);
	assert_int_equal(failed, 0);
}

static void test_innocent(void **state)
{
	unsigned failed = 0;

	(void)state;
	assert_true(corpus_each("innocent", check_nothing, &failed) >= 40);
	assert_int_equal(failed, 0);
}

/* Whether the whole text has the frame's line number, not cut, behind its file. */
static bool frame_is_told(const char *text, const struct exception_frame *f)
{
	static const char *const separators[] = {":", "\", line ", ":line ", "(", " line ", " on line "};

	if (f->function[0] && !strstr(text, f->function))
		return false;
	if (!f->line)
		return true;
	for (const char *at = strstr(text, f->file); at; at = strstr(at + 1, f->file)) {
		const char *behind = at + strlen(f->file);
		for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
			size_t len = strlen(separators[i]);
			if (strncmp(behind, separators[i], len) == 0 &&
				strtoul(behind + len, NULL, 10) == f->line)
				return true;
		}
	}
	return false;
}

static void check_piece(
	const char *path, const char *text, const char *told, size_t from, size_t to, unsigned *failed)
{
	struct exception e;
	/* A copy of its own size, so that the sanitizer sees what is read beyond. */
	_cleanup_free_ char *piece = malloc(to - from + 1);

	assert_non_null(piece);
	memcpy(piece, text + from, to - from);
	if (!traceback_find(piece, to - from, &e))
		return;
	for (unsigned i = 0; i < e.frame_count; i++) {
		if (frame_is_told(told, e.frames + i))
			continue;
		print_error("%s: bytes %zu to %zu give %s at %s:%u\n", path, from, to, e.frames[i].function,
			e.frames[i].file, e.frames[i].line);
		(*failed)++;
	}
}

/* Without colours, and JSON's backslashes. */
static char *plain_text(const char *text, size_t len)
{
	char *told = calloc(1, len + 1), *out = told;

	assert_non_null(told);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\033')
			i += strcspn(text + i, i + 1 < len && text[i + 1] == ']' ? "\\" : "m");
		else if (text[i] && (text[i] != '\\' || i + 1 == len || !strchr("\\\"", text[i + 1])))
			*out++ = text[i];
	}
	return told;
}

static void check_cuts(const char *path, const char *text, size_t len, void *context)
{
	_cleanup_free_ char *told = plain_text(text, len);

	if (len > CUT_MAX)
		return;
	for (size_t cut = 0; cut <= len; cut++) {
		check_piece(path, text, told, cut, len, context);
		check_piece(path, text, told, 0, cut, context);
		check_piece(path, text, told, cut / 2, len - cut / 2, context);
	}
}

static void test_cut(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < FOLDERS; i++)
		corpus_each(corpus_folders[i], check_cuts, &failed);
	assert_int_equal(failed, 0);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The best of a few, of many when that is slow: another process may take the machine's time and caches. */
static int64_t find_ns(const char *text, size_t len)
{
	int64_t best = INT64_MAX;

	for (unsigned i = 0; i < 5 || (i < 60 && best > HOSTILE_NS); i++) {
		struct exception e;
		int64_t begin = now_ns();
		traceback_find(text, len, &e);
		int64_t took = now_ns() - begin;
		best = took < best ? took : best;
	}
	return best;
}

static void check_time(const char *name, const char *unit, size_t len)
{
	static char text[HOSTILE];
	int64_t limit = HOSTILE_NS;

#if defined(__SANITIZE_ADDRESS__)
	limit *= 20;
#endif
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = unit[i % len];
	int64_t took = find_ns(text, sizeof(text));
	if (getenv("LW_TIMES"))
		print_message("%8.3f ms  %.60s\n", (double)took / 1e6, name);
	if (took > limit)
		fail_msg("%lld ns for 64 KB of %s", (long long)took, name);
}

static void check_repeated(const char *path, const char *text, size_t len, void *context)
{
	(void)context;
	check_time(path, text, len);
}

static void test_time(void **state)
{
	static const char *const units[] = {"\n", "a\n", "a", " ", "\t", "{\"", "{\"log\":\"",
		"{\"a\":\"b\",", "\033[", "\033]", "[1] ", "[1] \n", "    at ", "    at x (y:1:2)\n",
		"\tat a.b(C.java:1)\n", "Error: ", "aError: x\n    at x (y:1:2)\n",
		"Traceback (most recent call last):\n", "  File \"a\", line 1, in b\nE: x\n",
		"free(): invalid pointer\n", "double free or corruption (\n", "x at a.pl line 1.\n",
		"panic: x\n", "panic: x\n\tpanic: y\n", "#0 0x1 in a b:1\n",
		"thread 'a' panicked at b:1:1:\n", "thread 'a' panicked at 'b\n",
		"PHP Fatal error:  Uncaught a\n", "\n\nNext a in b:1\n", "Caused by: a: b\n",
		"a:1:in `b': c (D)\n", "\t1: from a:1:in `b'\n", " at at at at",
		"x: x: x: x: ", "':in `':in `", "ErrorErrorError.",
		"E: x\n\nDuring handling of the above exception, another exception occurred:\n\n",
		"2026-11-22T10:46:09Z 2026-11-22T10:46:09Z ", "((((((((", "))))))))", ":1:1:1:1",
		"Assertion `x' failed.\n",
		"==1==ERROR: ", ": runtime error: ", "terminate called recursively\n", "\"\\\"",
		"{\"msg\":\"{\\\"msg\\\":\\\"a\\\\n\\\"}\"}\n", "abcdefgh\n", "x (Error)\na:1:in `b'\n",
		"x:1:in `b'\n", "E, [ #] -- : a\n", "ERROR: \n ^ at a.pl line 1.\n", " ^ at a.pl line 1.\n",
		"A: x in b:1\nStack trace:\n", "Stack trace:\n", "[php:\\n\\n\\n",
		"a.B: x\n\tat a.b(C.java:1)\n", "WARNING: [pool  said into std: \"", "A [Error]",
		"A: ", "a.bError: x\n\n\n\n\n\n\n\n\n\n\n\n\n\n   at a()\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		check_time(units[i], units[i], strlen(units[i]));
	check_time("zero bytes", "", 1);
	for (size_t i = 0; i < FOLDERS; i++)
		corpus_each(corpus_folders[i], check_repeated, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_innocent),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("traceback_find", tests, NULL, NULL);
}
