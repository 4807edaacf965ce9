/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a receiver says again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "sink/secrets.h"
#include "sink/sink.h"

static void assert_hidden(const struct sink_options *options, const char *said, const char *expected)
{
	char text[SINK_REASON];

	text_copy(text, sizeof(text), said);
	secrets_hide(options, text);
	assert_string_equal(text, expected);
}

static void what_was_shown(void **state)
{
	const struct sink_options basic = {.user = "lw", .password = "s3cr3t!"};
	const struct sink_options token = {.token = "abcdefghijklmnop", .header = "X-Key: 0123456789"};
	const struct sink_options dsn = {.dsn = "https://feedbeef@sentry.example/1"};
	const struct sink_options none = {.url = "http://h/"};

	(void)state;
	assert_hidden(&basic, "HTTP 401: s3cr3t! is wrong, s3cr3t!", "HTTP 401: *** is wrong, ***");
	/* base64 of lw:s3cr3t!, and one that has an end of each kind. */
	assert_hidden(&basic, "Basic bHc6czNjcjN0IQ==", "Basic ***");
	assert_hidden(&(struct sink_options){.user = "a", .password = "bcdef"}, "YTpiY2RlZg==", "***");
	assert_hidden(&(struct sink_options){.user = "a", .password = "bcde"}, "(YTpiY2Rl)", "(***)");
	assert_hidden(&token, "Bearer abcdefghijklmnop.", "Bearer ***.");
	/* Cut, or said in pieces. */
	assert_hidden(&token, "Bearer abcdefghijk", "Bearer ***");
	assert_hidden(&token, "abcdefgh and abcdefg", "*** and abcdefg");
	assert_hidden(&token, "no X-Key 0123456789 here", "no X-Key *** here");
	assert_hidden(&dsn, "unknown key feedbeef", "unknown key ***");
	assert_hidden(&none, "HTTP 500: abcdefghijklmnop", "HTTP 500: abcdefghijklmnop");
	assert_hidden(&token, "", "");
}

/* Anything has a short one in it. */
static void short_ones(void **state)
{
	const struct sink_options options = {.user = "a", .password = "b", .token = "401"};

	(void)state;
	assert_hidden(&options, "HTTP 401: bad", "HTTP 401: bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_shown),
		cmocka_unit_test(short_ones),
	};

	return cmocka_run_group_tests_name("sink_secrets", tests, NULL, NULL);
}
