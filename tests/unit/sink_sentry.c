/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ids of the sink sentry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "sink/sentry.h"
#include "sink/sentry_dsn.h"

static void assert_dsn(const char *text, const char *url)
{
	struct sentry_dsn dsn;

	assert_true(sentry_dsn_parse(text, &dsn));
	assert_string_equal(dsn.url, url);
	assert_string_equal(dsn.key, "abc");
}

static void addresses_are_taken_apart(void **state)
{
	static const char *const bad[] = {"", "abc", "https://host/1", "https://abc@host",
		"https://abc@host/", "https://abc@/1", "https://@host/1", "ftp://abc@host/1",
		"https://abc@host/1?x", "unix:/abc@x/1", "https://abc@host:99999/1", "https://a b@host/1",
		"https://abc@ho st/1", "https://a%62@host/1", "abc@https://host/1", "https://abc@host/1/"};
	struct sentry_dsn dsn;

	(void)state;
	assert_dsn("https://abc@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/envelope/");
	assert_dsn("http://abc:def@127.0.0.1:9000/1", "http://127.0.0.1:9000/api/1/envelope/");
	assert_dsn("https://abc@[::1]:9000/a/b/7", "https://[::1]:9000/a/b/api/7/envelope/");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sentry_dsn_parse(bad[i], &dsn))
			fail_msg("%s was taken", bad[i]);
}

/* The first is the example of the ULID specification, as a UUID. */
static void ids_have_sixteen_bytes(void **state)
{
	char id[SENTRY_ID], again[SENTRY_ID];

	(void)state;
	sentry_id("01ARZ3NDEKTSV4RRFFQ69G5FAV", id);
	assert_string_equal(id, "01563e3ab5d3d6764c61efb99302bd5b");
	sentry_id("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", id);
	assert_string_equal(id, "ffffffffffffffffffffffffffffffff");
	sentry_id("01ARZ3NDEKTSV4RRFFQ69G5FAV-1", id);
	sentry_id("01ARZ3NDEKTSV4RRFFQ69G5FAV-1", again);
	assert_string_equal(id, again);
	assert_int_equal(strlen(id), 32);
	sentry_id("01ARZ3NDEKTSV4RRFFQ69G5FAV-2", again);
	assert_string_not_equal(id, again);
}

static void texts_end_with_a_character(void **state)
{
	(void)state;
	assert_int_equal(sentry_fit("abc", 3, 5), 3);
	assert_int_equal(sentry_fit("abc", 3, 2), 2);
	assert_int_equal(sentry_fit("a\xc3\xa9", 3, 2), 1);
	assert_int_equal(sentry_fit("\xe2\x82\xac", 3, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(ids_have_sixteen_bytes),
		cmocka_unit_test(texts_end_with_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
