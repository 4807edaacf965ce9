/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines with secrets and without, against tests/golden/redact.txt, and the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enrich/redact.h"

#define GOLDEN "tests/golden/redact.txt"
#define CANARY "CANARY"
#define SIZE   2048

struct args {
	char bytes[SIZE];
	uint32_t len;
};

/* Tabs become NUL, "\n" a newline. */
static struct args parse(const char *line)
{
	struct args a = {0};

	for (; *line && *line != '\n' && a.len + 1 < SIZE; line++) {
		if (line[0] == '\\' && line[1] == 'n') {
			a.bytes[a.len++] = '\n';
			line++;
		} else {
			a.bytes[a.len++] = *line == '\t' ? '\0' : *line;
		}
	}
	a.len++; /* the last one's NUL */
	return a;
}

static void print_args(const char *label, const struct args *a)
{
	print_error("  %s", label);
	for (uint32_t i = 0; i < a->len; i++)
		print_error("%c", a->bytes[i] ? a->bytes[i] : '\t');
	print_error("\n");
}

static unsigned check(const struct args *before, const struct args *expected, unsigned number)
{
	struct args got = *before, twice;
	unsigned failed = 0;

	redact_args(got.bytes, sizeof(got.bytes), &got.len);
	if (memmem(got.bytes, got.len, CANARY, strlen(CANARY))) {
		print_error("%s:%u: a secret is left\n", GOLDEN, number);
		failed = 1;
	}
	if (got.len != expected->len || memcmp(got.bytes, expected->bytes, got.len) != 0) {
		print_error("%s:%u: differs\n", GOLDEN, number);
		failed = 1;
	}
	if (failed) {
		print_args("got      ", &got);
		print_args("expected ", expected);
	}
	twice = got;
	redact_args(twice.bytes, sizeof(twice.bytes), &twice.len);
	if (twice.len != got.len || memcmp(twice.bytes, got.bytes, got.len) != 0) {
		print_error("%s:%u: the second time differs\n", GOLDEN, number);
		print_args("got      ", &twice);
		failed = 1;
	}
	return failed;
}

static void golden_lines(void **state)
{
	FILE *f = fopen(GOLDEN, "re");
	struct args secret = {0}, other;
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0, secrets = 0, innocent = 0, failed = 0;

	(void)state;
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		number++;
		if (line[0] == '<') {
			secret = parse(line + 1);
			assert_non_null(strstr(line, CANARY));
		} else if (line[0] == '>') {
			other = parse(line + 1);
			failed += check(&secret, &other, number);
			secrets++;
		} else if (line[0] == '=') {
			other = parse(line + 1);
			failed += check(&other, &other, number);
			innocent++;
		}
	}
	free(line);
	fclose(f);
	assert_int_equal(failed, 0);
	assert_true(secrets >= 100);
	assert_true(innocent >= 80);
}

static void what_does_not_fit_is_cut(void **state)
{
	char args[16] = "a\0--token=x1\0bc";
	uint32_t len = 16;

	(void)state;
	redact_args(args, sizeof(args), &len);
	assert_int_equal(len, 15);
	assert_memory_equal(args, "a\0--token=[reda", 16);

	len = 0;
	redact_args(args, sizeof(args), &len);
	assert_int_equal(len, 0);
	redact_args(args, 0, &len);
	assert_int_equal(len, 0);
}

static void last_argument_without_nul(void **state)
{
	char args[64] = "x\0--password\0hunter2";
	uint32_t len = 20;

	(void)state;
	redact_args(args, sizeof(args), &len);
	assert_int_equal(len, 13 + strlen(REDACTED));
	assert_memory_equal(args, "x\0--password\0" REDACTED, len + 1);
}

/* Time grows with the length: what is awkward for a search that starts again is long here. */
static void time_is_linear(void **state)
{
	static const char *const pieces[] = {" ", "a ", "-u", "a://b:c/", "://", "\"", "\\\"",
		"a=", "a:", "=", ", ", "sk-", "-----BEGIN ", "password:", "a.b-", "&a", "?sig", "'",
		"curl -u", "mysql -p ", "Bearer ", "@tcp(", "a:b ", "--password ", "eyJ.", "$", "{",
		"token =", "apikey: /x ", "apikey='/x "};
	size_t size = 1u << 18;
	char *args = malloc(size);

	(void)state;
	assert_non_null(args);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t piece = strlen(pieces[i]);
		uint32_t len = (uint32_t)(size / 2 / piece * piece);
		clock_t start = clock();

		for (uint32_t at = 0; at < len; at += (uint32_t)piece)
			memcpy(args + at, pieces[i], piece);
		redact_args(args, size, &len);
		if ((double)(clock() - start) / CLOCKS_PER_SEC > 2.0)
			fail_msg("128 KiB of \"%s\" takes too long", pieces[i]);
	}
	free(args);
}

static void random_bytes_stay_bounded(void **state)
{
	static const char alphabet[] = "\0\0 -pu=:/@\"'\\{},&?curlmysql;tokenpassword\xff\n";
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		char args[64 + 1];
		uint32_t len = round % 64;

		for (uint32_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			args[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		args[64] = '#';
		redact_args(args, 64, &len);
		assert_true(len < 64);
		assert_int_equal(args[len], '\0');
		assert_int_equal(args[64], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_lines),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(last_argument_without_nul),
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(random_bytes_stay_bounded),
	};

	return cmocka_run_group_tests_name("enrich_redact", tests, NULL, NULL);
}
