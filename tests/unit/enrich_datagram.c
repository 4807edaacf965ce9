/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to journald and syslog become lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/events.h"
#include "enrich/datagram.h"

_Static_assert(sizeof(struct lw_datagram_end) == DATAGRAM_END_SIZE, "end");
_Static_assert(sizeof(LW_DATAGRAM_MARK) == sizeof(DATAGRAM_MARK), "mark");

static char text[1024];
static uint32_t len;

static void put(const char *bytes, size_t size)
{
	memcpy(text + len, bytes, size);
	len += (uint32_t)size;
}

static void put_end(uint32_t size)
{
	struct lw_datagram_end end = {.mark = LW_DATAGRAM_MARK, .size = size};

	put((const char *)&end, sizeof(end));
}

static void check(const char *bytes, size_t size, const char *expected)
{
	len = 0;
	put("before\n", 7);
	put(bytes, size);
	put_end((uint32_t)size);
	put("after\n", 6);
	assert_false(datagram_unwrap(text, &len));
	assert_int_equal(len, strlen(expected) + 13);
	assert_memory_equal(text, "before\n", 7);
	assert_memory_equal(text + 7, expected, strlen(expected));
	assert_memory_equal(text + len - 6, "after\n", 6);
}

#define CHECK(bytes, expected) check(bytes, sizeof(bytes) - 1, expected)

static void syslog_datagrams(void **state)
{
	(void)state;
	CHECK("<13>Nov 22 17:00:00 root: hello", "hello\n");
	CHECK("<11>Nov  2 17:00:00 app[42]: no: card\n", "no: card\n");
	CHECK("<11>Nov  2 17:00:00 app[42]: ", "\n");
	CHECK("<11>Nov  2 17:00:00 two words: text", "two words: text\n");
	CHECK("<14>plain text: here\0", "plain text: here\n");
	CHECK("<>x", "<>x\n");
	CHECK("<1234>x", "<1234>x\n");
	CHECK("<13>", "\n");
	CHECK("no priority", "no priority\n");
	CHECK("", "\n");
}

static void journal_datagrams(void **state)
{
	(void)state;
	CHECK("MESSAGE=hello\nPRIORITY=3\n", "<3>hello\n");
	CHECK("PRIORITY=6\nMESSAGE=hello\nCODE_FILE=a.c\n", "<6>hello\n");
	CHECK("MESSAGE=hello", "hello\n");
	CHECK("PRIORITY=9\nMESSAGE=x\n", "x\n");
	CHECK("PRIORITY=33\nMESSAGE=x\n", "x\n");
	CHECK("CODE_LINE=1\n", "\n");
	CHECK("MESSAGE\n\5\0\0\0\0\0\0\0a\nb=c\nPRIORITY=4\n", "<4>a\nb=c\n");
	CHECK("FIELD\n\3\0\0\0\0\0\0\0x\ny\nMESSAGE=hi\n", "hi\n");
	/* cut, or lies about its length */
	CHECK("MESSAGE\n\377\377\377\377\377\377\377\377abc", "abc\n");
	CHECK("MESSAGE\n\5\0", "\n");
	CHECK("MESSAGE", "\n");
}

static void several(void **state)
{
	(void)state;
	len = 0;
	put("<13>a", 5);
	put_end(5);
	put("<13>b", 5);
	put_end(5);
	put("out\n", 4);
	put("MESSAGE=c\n", 10);
	put_end(10);
	assert_false(datagram_unwrap(text, &len));
	assert_int_equal(len, 10);
	assert_memory_equal(text, "a\nb\nout\nc\n", 10);
}

/* Of one whose begin was overwritten nothing is told; half a mark at the end is text. */
static void partial(void **state)
{
	(void)state;
	len = 0;
	put("half=1\n", 7);
	put_end(100);
	put("out\n", 4);
	put(DATAGRAM_MARK, 4);
	assert_true(datagram_unwrap(text, &len));
	assert_int_equal(len, 8);
	assert_memory_equal(text, "out\n" DATAGRAM_MARK, 8);
	len = 0;
	assert_false(datagram_unwrap(text, &len));
	assert_int_equal(len, 0);
}

/* Any bytes: never longer than before, never outside (the sanitizer looks). */
static void any_bytes(void **state)
{
	static const char alphabet[] = "\0\1LW<>=\n A3:";

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		uint32_t size = (uint32_t)rand() % 120, before;
		char *bytes = malloc(size + 1);

		for (uint32_t i = 0; i < size; i++)
			bytes[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		if (size > 40) {
			struct lw_datagram_end end = {
				.mark = LW_DATAGRAM_MARK, .size = (uint32_t)rand() % 60};

			memcpy(bytes + 30, &end, sizeof(end));
		}
		before = size;
		datagram_unwrap(bytes, &size);
		assert_true(size <= before);
		free(bytes);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(syslog_datagrams),
		cmocka_unit_test(journal_datagrams), cmocka_unit_test(several), cmocka_unit_test(partial),
		cmocka_unit_test(any_bytes)};

	return cmocka_run_group_tests_name("enrich_datagram", tests, NULL, NULL);
}
