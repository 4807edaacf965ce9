/* SPDX-License-Identifier: Apache-2.0 */
/* Output of programs with secrets and without, against tests/golden/redact_text.txt, and the bounds. */
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

#define GOLDEN "tests/golden/redact_text.txt"
#define CANARY "CANARY"
#define SIZE   2048

struct text {
	char bytes[SIZE];
	uint32_t len;
};

/* "\n" and "\t" become what they stand for, a double backslash one. */
static struct text parse(const char *line)
{
	struct text t = {0};

	for (; *line && *line != '\n' && t.len < SIZE; line++) {
		char c = *line;

		if (c == '\\' && strchr("nt\\", line[1])) {
			line++;
			c = *line == 'n' ? '\n' : *line == 't' ? '\t' : '\\';
		}
		t.bytes[t.len++] = c;
	}
	return t;
}

static unsigned check(const struct text *before, const struct text *expected, unsigned number)
{
	struct text got = *before, twice;
	unsigned failed = 0;

	redact_text(got.bytes, sizeof(got.bytes), &got.len);
	if (memmem(got.bytes, got.len, CANARY, strlen(CANARY)))
		failed = 1;
	if (got.len != expected->len || memcmp(got.bytes, expected->bytes, got.len) != 0)
		failed = 1;
	if (failed)
		print_error("%s:%u:\n  got      %.*s\n  expected %.*s\n", GOLDEN, number, (int)got.len,
			got.bytes, (int)expected->len, expected->bytes);
	twice = got;
	redact_text(twice.bytes, sizeof(twice.bytes), &twice.len);
	if (twice.len != got.len || memcmp(twice.bytes, got.bytes, got.len) != 0) {
		print_error("%s:%u: the second time differs: %.*s\n", GOLDEN, number, (int)twice.len,
			twice.bytes);
		failed = 1;
	}
	return failed;
}

static void golden_texts(void **state)
{
	FILE *f = fopen(GOLDEN, "re");
	struct text secret = {0}, other;
	unsigned number = 0, failed = 0, tested = 0;
	char line[SIZE];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		number++;
		other = parse(line + 1);
		if (line[0] == '<')
			secret = other;
		else if (line[0] == '>')
			failed += check(&secret, &other, number);
		else if (line[0] == '=')
			failed += check(&other, &other, number);
		tested += line[0] == '>' || line[0] == '=';
	}
	fclose(f);
	assert_true(tested > 15);
	assert_int_equal(failed, 0);
}

/* What it grows by goes at the start, by whole lines. */
static void what_does_not_fit(void **state)
{
	char text[32 + 1] = "first line\npassword=x\nlast line\n#";
	uint32_t len = 32;

	(void)state;
	redact_text(text, 32, &len);
	assert_int_equal(len, strlen("password=[redacted]\nlast line\n"));
	assert_memory_equal(text, "password=[redacted]\nlast line\n", len);
	assert_int_equal(text[32], '#');
}

static void time_is_linear(void **state)
{
	static const char *const pieces[] = {"a", " ", "\n", "password=", "password:\n",
		"://a:", "-----BEGIN ", "-----END ", "-----BEGIN PRIVATE KEY-----\n", "a=b;", "\"", "eyJ",
		"sk-\n", "apikey: /x ", "apikey=\"/x ", "cookie: ~/", "{\"token\": @x ", "token=$A ",
		"cookie: 1 "};
	size_t size = 256 << 10;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		size_t piece = strlen(pieces[i]);
		uint32_t len = (uint32_t)(size / 2 / piece * piece);
		clock_t start = clock();

		for (uint32_t at = 0; at < len; at += (uint32_t)piece)
			memcpy(text + at, pieces[i], piece);
		redact_text(text, size, &len);
		if ((double)(clock() - start) / CLOCKS_PER_SEC > 2.0)
			fail_msg("128 KiB of \"%s\" takes too long", pieces[i]);
	}
	free(text);
}

static void random_bytes_stay_bounded(void **state)
{
	static const char alphabet[] = "\0\n -pu=:/@\"'\\{},&?-----BEGIN PRIVATE KEY-----END password\xff\n";
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t len = round % 64;
		char *text = malloc(64);

		assert_non_null(text);
		for (uint32_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		redact_text(text, 64, &len);
		assert_true(len <= 64);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_texts),
		cmocka_unit_test(what_does_not_fit),
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(random_bytes_stay_bounded),
	};

	return cmocka_run_group_tests_name("enrich_redact_text", tests, NULL, NULL);
}
