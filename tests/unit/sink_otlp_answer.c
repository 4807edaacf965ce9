/* SPDX-License-Identifier: Apache-2.0 */
/* What receivers answer, in both forms; what is no answer of OTLP is not taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sink/otlp.h"

#define ROW(bytes, ...)                                                                                      \
	{                                                                                                    \
		bytes, sizeof(bytes) - 1, __VA_ARGS__                                                        \
	}

/* A copy that ends where it ends, for the sanitizer. The NUL behind it is what HTTP answers have. */
static char *copy_of(const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

static void test_answers(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool good;
		uint64_t rejected;
		const char *message;
	} rows[] = {
		ROW("", true, 0, ""),
		ROW("\x0a\x00", true, 0, ""),
		ROW("\x0a\x09\x08\x03\x12\x05"
		    "stale",
			true, 3, "stale"),
		ROW("\x0a\x04\x12\x02"
		    "hi",
			true, 0, "hi"),
		ROW("\x7a\x01x"
		    "\x0a\x02\x08\x01",
			true, 1, ""), /* a field of later days */
		ROW("{}", true, 0, ""),
		ROW(" {\"partialSuccess\":{}}\n", true, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":\"3\",\"errorMessage\":\"stale\"}}", true, 3,
			"stale"),
		ROW("{\"partial_success\":{\"rejected_log_records\":3,\"error_message\":\"stale\"}}", true, 3,
			"stale"),
		ROW("{\"partialSuccess\":null}", true, 0, ""),
		ROW("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", false, 0, ""), /* -1 */
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":-1}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":\"many\"}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":3.0}}", true, 3, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":null}}", true, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":0.5}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":-3.0}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":1e308}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":true}}", false, 0, ""),
		ROW("{\"partialSuccess\":{\"rejectedLogRecords\":[3]}}", false, 0, ""),
		ROW("{\"partialSuccess\":3}", false, 0, ""),
		ROW("{\"error\":\"no such tenant\"}", false, 0, ""),
		ROW("{", false, 0, ""),
		ROW("<html>", false, 0, ""),
		ROW("ok", false, 0, ""),
		ROW("\x0a\x7f", false, 0, ""),
		ROW("\x0a\x02\x12\x7f", false, 0, ""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *body = copy_of(rows[i].bytes, rows[i].len);
		struct otlp_answer answer;

		otlp_answer_read(body, rows[i].len, &answer);
		assert_int_equal(answer.good, rows[i].good);
		if (answer.good) {
			assert_int_equal(answer.rejected, rows[i].rejected);
			assert_string_equal(answer.message, rows[i].message);
		}
		free(body);
	}
}

static void test_long_message(void **state)
{
	char body[1000] = "\x0a\xe5\x07\x12\xe2\x07";
	struct otlp_answer answer;

	(void)state;
	memset(body + 6, 'x', sizeof(body) - 6);
	body[1] = (char)0xe1;
	body[4] = (char)0xde;
	otlp_answer_read(body, 6 + 990, &answer);
	assert_true(answer.good);
	assert_int_equal(strlen(answer.message), SINK_REASON - 1);
}

static void test_status(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *message;
	} rows[] = {
		ROW("\x08\x03\x12\x06poison", "poison"),
		ROW("{\"code\":3,\"message\":\"poison\"}", "poison"),
		ROW("{\"code\":3}", ""),
		ROW("{\"message\":3}", ""),
		ROW("<html>502 Bad Gateway</html>", ""),
		ROW("\x12\x7f", ""),
		ROW("", ""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *body = copy_of(rows[i].bytes, rows[i].len), message[SINK_REASON];

		otlp_status_read(body, rows[i].len, message);
		assert_string_equal(message, rows[i].message);
		free(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests_name("sink otlp answers", tests, NULL, NULL);
}
