/* SPDX-License-Identifier: Apache-2.0 */
/* The wire format, byte for byte as protoc writes it, and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sink/protobuf.h"

#define DEEP 100

/* expected: bytes in hexadecimal */
static void check(const struct buf *out, const char *expected)
{
	char text[512] = "";

	for (size_t i = 0; i < out->len; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", (unsigned char)out->data[i]);
	assert_string_equal(text, expected);
}

static void test_numbers(void **state)
{
	static const struct {
		unsigned field;
		uint64_t value;
		const char *varint;
	} rows[] = {
		{1, 0, "0800"},
		{2, 21, "1015"},
		{1, 127, "087f"},
		{1, 128, "088001"},
		{16, 300, "8001ac02"},
		{3, UINT32_MAX, "18ffffffff0f"},
		{3, INT64_MAX, "18ffffffffffffffff7f"},
		{3, (uint64_t)INT64_MIN, "1880808080808080808001"},
		{3, (uint64_t)-1, "18ffffffffffffffffff01"},
		{536870911, 1, "f8ffffff0f01"},
	};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct protobuf_reader r;
		struct protobuf_field field;

		buf_reset(&out);
		protobuf_varint(&out, rows[i].field, rows[i].value);
		check(&out, rows[i].varint);
		assert_int_equal(out.len, protobuf_varint_size((uint64_t)rows[i].field << 3) +
						  protobuf_varint_size(rows[i].value));
		protobuf_read(&r, out.data, out.len);
		assert_true(protobuf_next(&r, &field));
		assert_int_equal(field.number, rows[i].field);
		assert_true(field.value == rows[i].value);
		assert_null(field.bytes);
		assert_false(protobuf_next(&r, &field));
		assert_false(r.bad);
	}
}

static void test_fixed(void **state)
{
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	protobuf_fixed64(&out, 1, 0x0123456789abcdef);
	protobuf_double(&out, 4, -0.5);
	check(&out, "09efcdab8967452301"
		    "21000000000000e0bf");
}

static void test_text(void **state)
{
	static const char text[] = "\xf0\x9f\x92\xa5\0\xe6\x97\xa5";
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	protobuf_bytes(&out, 1, text, sizeof(text) - 1);
	assert_int_equal(out.len, protobuf_bytes_size(1, sizeof(text) - 1));
	protobuf_bytes(&out, 2, "", 0);
	check(&out, "0a08f09f92a500e697a5"
		    "1200");
}

static void test_long_text(void **state)
{
	static char text[70000];
	_cleanup_buf_ struct buf out = {0};
	struct protobuf_reader r;
	struct protobuf_field field;

	(void)state;
	memset(text, 'x', sizeof(text));
	protobuf_bytes(&out, 20, text, sizeof(text));
	assert_int_equal(out.len, protobuf_bytes_size(20, sizeof(text)));
	protobuf_read(&r, out.data, out.len);
	assert_true(protobuf_next(&r, &field));
	assert_int_equal(field.len, sizeof(text));
	assert_memory_equal(field.bytes, text, sizeof(text));
}

/* A length of four bytes is one that every reader knows: 5 is 85 80 80 00. */
static void test_messages(void **state)
{
	_cleanup_buf_ struct buf out = {0};
	size_t outer, inner;

	(void)state;
	outer = protobuf_begin(&out, 1);
	inner = protobuf_begin(&out, 2);
	protobuf_end(&out, inner);
	protobuf_varint(&out, 3, 7);
	protobuf_end(&out, outer);
	check(&out, "0a87808000"
		    "1280808000"
		    "1807");
	protobuf_varint(&out, 3, 8);
	protobuf_end(&out, outer);
	assert_int_equal(out.data[1], (char)0x89);
}

static void test_deep_nesting(void **state)
{
	_cleanup_buf_ struct buf out = {0};
	size_t begin[DEEP];
	struct protobuf_reader r;
	struct protobuf_field field = {0};

	(void)state;
	for (unsigned i = 0; i < DEEP; i++)
		begin[i] = protobuf_begin(&out, 6);
	protobuf_bytes(&out, 1, "core", 4);
	for (unsigned i = DEEP; i-- > 0;)
		protobuf_end(&out, begin[i]);
	protobuf_read(&r, out.data, out.len);
	for (unsigned i = 0; i < DEEP; i++) {
		assert_true(protobuf_next(&r, &field));
		assert_int_equal(field.number, 6);
		assert_ptr_equal(r.at, r.end);
		protobuf_read(&r, field.bytes, field.len);
	}
	assert_true(protobuf_next(&r, &field));
	assert_memory_equal(field.bytes, "core", 4);
}

static void test_full_buffer(void **state)
{
	_cleanup_buf_ struct buf out = {.max = 8};
	size_t begin = protobuf_begin(&out, 1);

	(void)state;
	protobuf_bytes(&out, 1, "more than there is room for", 27);
	protobuf_end(&out, begin);
	assert_true(out.failed);
}

static void test_what_is_no_protobuf(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{"\x08", 1},                                              /* no value */
		{"\x08\x80\x80", 3},                                      /* which does not end */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* too long */
		{"\x0a\x7f", 2},                                          /* longer than there is */
		{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},     /* much longer */
		{"\x09\x01\x02", 3},                                      /* 8 bytes */
		{"\x0d\x01", 2},                                          /* 4 bytes */
		{"\x0b", 1},                                              /* a group */
		{"<html>", 6}, {"{}", 2}, {"\x00\x01", 2},                /* field 0 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct protobuf_reader r;
		struct protobuf_field field;

		protobuf_read(&r, rows[i].bytes, rows[i].len);
		while (protobuf_next(&r, &field))
			;
		assert_true(r.bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_full_buffer),
		cmocka_unit_test(test_what_is_no_protobuf),
	};

	return cmocka_run_group_tests_name("sink protobuf", tests, NULL, NULL);
}
