/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of webhooks, against the one that GitHub publishes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "marker/signature.h"

/* https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, "Testing the webhook
 * payload validation". */
#define SECRET "It's a Secret to Everybody"
#define BODY   "Hello, World!"
#define SIGNED "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

static void test_github(void **state)
{
	char header[] = "sha256=" SIGNED;

	(void)state;
	assert_true(signature_is(SECRET, BODY, strlen(BODY), header));
	assert_false(signature_is(SECRET, BODY, strlen(BODY) - 1, header));
	assert_false(signature_is("It's a secret to Everybody", BODY, strlen(BODY), header));
	assert_false(signature_is("", BODY, strlen(BODY), header));
	for (size_t n = 0; header[n]; n++) {
		char was = header[n];

		header[n] = was == '0' ? '1' : '0';
		assert_false(signature_is(SECRET, BODY, strlen(BODY), header));
		header[n] = was;
	}
}

static void test_no_signature(void **state)
{
	static const char *const headers[] = {"", "sha256=", SIGNED, "sha1=" SIGNED, "sha256=" SIGNED "0",
		"SHA256=" SIGNED, "sha256=757107ea", "sha256= " SIGNED};

	(void)state;
	for (size_t n = 0; n < sizeof(headers) / sizeof(*headers); n++)
		assert_false(signature_is(SECRET, BODY, strlen(BODY), headers[n]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_github),
		cmocka_unit_test(test_no_signature),
	};

	return cmocka_run_group_tests_name("marker_signature", tests, NULL, NULL);
}
