/* SPDX-License-Identifier: Apache-2.0 */
/* perf-PID.map as anybody may have written it, and tables of the Go runtime that are cut or made up. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolize/gotable.h"
#include "symbolize/perf.h"

static struct module *no_module(void *context, unsigned map)
{
	(void)context;
	(void)map;
	return NULL;
}

/* The name of the second of two frames, at 0x1010 (its call is before that). */
static const char *name_by(const char *text, size_t size, struct frames *frames)
{
	const struct space space = {.module = no_module};
	int fd = memfd_create("perf", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, size), size);
	memset(frames, 0, sizeof(*frames));
	frames->count = 2;
	frames->frame[0].address = 0x5000;
	frames->frame[1].address = 0x1010;
	perf_name_from(fd, &space, frames);
	close(fd);
	return frames->frame[1].function;
}

static void last_line_holds(void **state)
{
	static struct frames frames;
	static const char text[] =
		"1000 10 old\n2000 10 other\n0x1008 8 JS:*new /a b.js:1\n1010 10 behind\n1000 10";

	(void)state;
	assert_string_equal(name_by(text, sizeof(text) - 1, &frames), "JS:*new /a b.js:1");
	assert_int_equal(frames.frame[1].symbol_offset, 8);
	assert_string_equal(frames.frame[0].function, "");
}

static void hostile_lines(void **state)
{
	static struct frames frames;
	static const char *const lines[] = {"", "\n\n", "x", "1000", "1000 ", "1000 20", "1000 20 ",
		"1000 20 \n", " 1000 20 a\n", "-1000 20 a\n", "1000 -20 a\n",
		"11111111111111111111000 20 a\n", "1000 ffffffffffffffff a\n", "1000 0 a\n", "10g0 20 a\n"};
	char *long_line = malloc(300000);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_string_equal(name_by(lines[i], strlen(lines[i]), &frames), "");
	memset(long_line, 'a', 300000);
	memcpy(long_line, "1000 20 ", 8);
	long_line[299999] = '\n';
	name_by(long_line, 300000, &frames);
	memcpy(long_line + 1000, "\n1000 20 right\n", 15);
	assert_string_equal(name_by(long_line, 1015, &frames), "right");
	long_line[1000] = 'a';
	name_by(long_line, 1015, &frames);
	assert_int_equal(strlen(frames.frame[1].function), FRAME_FUNCTION - 1);
	free(long_line);
}

/* A table of one function whose every number is a chosen one. */
static void hostile_table(void **state)
{
	static const uint32_t numbers[] = {0, 1, 40, 100, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
	uint8_t *bytes = malloc(256);
	struct frame frame;
	uint64_t size;
	bool top;

	(void)state;
	for (unsigned seed = 0; seed < 20000; seed++) {
		unsigned random = seed * 2654435761u;

		for (size_t i = 0; i < 256; i += 4) {
			random = random * 1103515245u + 12345u;
			memcpy(bytes + i, &numbers[random >> 16 & 7], 4);
		}
		struct gotable table = {.bytes = bytes,
			.size = 256,
			.text = 0x1000,
			.names = random % 300,
			.units = random % 280,
			.files = random % 257,
			.values = random % 256,
			.functions = random % 200,
			.count = 4,
			.quantum = 1};
		memset(&frame, 0, sizeof(frame));
		gotable_name(&table, 0x1000 + seed % 128, &frame);
		gotable_frame(&table, 0x1000 + seed % 128, &size, &top);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_line_holds),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(hostile_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
