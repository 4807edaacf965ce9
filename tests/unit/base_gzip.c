/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed is unpacked again, by zlib. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/gzip.h"

static void assert_same(struct gzip *gzip, const char *bytes, size_t len)
{
	_cleanup_buf_ struct buf packed = {0};
	char *out = calloc(1, len + 1);
	z_stream stream = {.next_out = (Bytef *)out, .avail_out = (uInt)len + 1};

	assert_non_null(out);
	assert_int_equal(gzip_pack(gzip, bytes, len, &packed), 0);
	stream.next_in = (Bytef *)buf_text(&packed);
	stream.avail_in = (uInt)packed.len;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, len);
	assert_memory_equal(out, bytes, len);
	inflateEnd(&stream);
	free(out);
}

/* Larger and smaller by turns, what repeats and what does not. */
static void unpacked_again(void **state)
{
	static const size_t sizes[] = {0, 1, 3000000, 17, 65536};
	struct gzip *gzip;
	char *bytes = malloc(3000000);
	unsigned seed = 1;

	(void)state;
	assert_non_null(bytes);
	for (size_t n = 0; n < 3000000; n++)
		bytes[n] = n % 1000 < 500 ? (char)rand_r(&seed) : 'x';
	assert_int_equal(gzip_new(&gzip), 0);
	for (size_t n = 0; n < sizeof(sizes) / sizeof(*sizes); n++)
		assert_same(gzip, bytes, sizes[n]);
	gzip_free(gzip);
	gzip_free(NULL);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(unpacked_again)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
