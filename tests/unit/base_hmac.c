/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 against what RFC 4231 publishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/hmac.h"

/* RFC 4231, section 4: test cases 1 to 4, 6 and 7 (5 is of a truncated output). */
static const struct {
	const char *key; /* NULL: key_len bytes of fill */
	size_t key_len;
	int fill;
	const char *data; /* NULL: 50 bytes of data_fill */
	int data_fill;
	const char *digest;
} published[] = {
	{NULL, 20, 0x0b, "Hi There", 0, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"Jefe", 4, 0, "what do ya want for nothing?", 0,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{NULL, 20, 0xaa, NULL, 0xdd, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18"
	 "\x19",
		25, 0, NULL, 0xcd, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{NULL, 131, 0xaa, "Test Using Larger Than Block-Size Key - Hash Key First", 0,
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{NULL, 131, 0xaa,
		"This is a test using a larger than block-size key and a larger than block-size data. The "
		"key needs to be hashed before being used by the HMAC algorithm.",
		0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_rfc_4231(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(published) / sizeof(*published); n++) {
		char key[160], data[160], text[HMAC_TEXT_SIZE];
		size_t len = published[n].data ? strlen(published[n].data) : 50;

		memset(key, published[n].fill, sizeof(key));
		memset(data, published[n].data_fill, sizeof(data));
		if (published[n].key)
			memcpy(key, published[n].key, published[n].key_len);
		if (published[n].data)
			memcpy(data, published[n].data, len);
		assert_int_equal(hmac_sha256(key, published[n].key_len, NULL, data, len, text), 0);
		assert_string_equal(text, published[n].digest);
		/* In two parts it is the same. */
		data[len] = '\0';
		for (size_t head = 0; head <= len; head++) {
			char begin[160];

			memcpy(begin, data, head);
			begin[head] = '\0';
			assert_int_equal(
				hmac_sha256(key, published[n].key_len, begin, data + head, len - head, text),
				0);
			assert_string_equal(text, published[n].digest);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_4231),
	};

	return cmocka_run_group_tests_name("base_hmac", tests, NULL, NULL);
}
