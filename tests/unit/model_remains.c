/* SPDX-License-Identifier: Apache-2.0 */
/* The blob of a dead process: what goes in comes out, and damage is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/remains.h"

static uint8_t stack[3000];

static struct remains *make(void)
{
	struct remains *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = (uint8_t)(i * i >> 3);
	*r = (struct remains){.arch = SNAPSHOT_AARCH64, .pid = 42, .ppid = 7, .uid = 1000, .gid = 1001};
	r->signal = 11;
	r->code = -6;
	r->address = 0xffffffffffffff00;
	strcpy(r->comm, "worker");
	memcpy(r->args, "worker\0-v", r->args_len = 10);
	r->auxv[0] = 3;
	r->auxv[1] = 0x400040;
	r->thread_count = 2;
	r->threads[0] = (struct remains_thread){.tid = 43, .comm = "pool-1", .registers = {1, 2, 3}};
	r->threads[0].stack_start = 0x7ffc00001000;
	r->threads[0].stack_size = sizeof(stack);
	r->threads[0].stack = stack;
	r->threads[1] = (struct remains_thread){.tid = 42, .comm = "worker", .bases = {5, 6}};
	r->map_count = 2;
	r->maps[0] = (struct remains_map){
		{.start = 0x400000, .end = 0x401000, .inode = 9, .device = 8}, "/srv/worker", "abcd"};
	r->maps[1] = (struct remains_map){{.start = 0x7fff0000, .end = 0x7fff1000, .vdso = true}, "", ""};
	return r;
}

static void there_and_back(void **state)
{
	_cleanup_free_ struct remains *in = make(), *out = calloc(1, sizeof(*out));
	_cleanup_free_ void *bytes = NULL;
	_cleanup_buf_ struct buf blob = {0};

	(void)state;
	assert_int_equal(remains_encode(in, &blob), 0);
	assert_int_equal(remains_decode(blob.data, blob.len, out, &bytes), 0);
	assert_int_equal(out->arch, in->arch);
	assert_int_equal(out->pid, 42);
	assert_int_equal(out->code, -6);
	assert_int_equal(out->address, in->address);
	assert_string_equal(out->comm, "worker");
	assert_int_equal(out->args_len, 10);
	assert_memory_equal(out->args, in->args, 10);
	assert_memory_equal(out->auxv, in->auxv, sizeof(in->auxv));
	assert_int_equal(out->thread_count, 2);
	assert_string_equal(out->threads[0].comm, "pool-1");
	assert_memory_equal(
		out->threads[0].registers, in->threads[0].registers, sizeof(in->threads[0].registers));
	assert_int_equal(out->threads[0].stack_size, sizeof(stack));
	assert_memory_equal(out->threads[0].stack, stack, sizeof(stack));
	assert_int_equal(out->threads[1].stack_size, 0);
	assert_int_equal(out->threads[1].bases[1], 6);
	assert_int_equal(out->map_count, 2);
	assert_string_equal(out->maps[0].path, "/srv/worker");
	assert_string_equal(out->maps[0].build_id, "abcd");
	assert_true(out->maps[1].map.vdso);
}

static void cut_short(void **state)
{
	_cleanup_free_ struct remains *in = make(), *out = calloc(1, sizeof(*out));
	_cleanup_buf_ struct buf blob = {0};
	void *bytes;

	(void)state;
	assert_int_equal(remains_encode(in, &blob), 0);
	for (size_t len = 0; len < blob.len; len++) {
		/* At the very end of its memory, for the address sanitizer. */
		_cleanup_free_ char *copy = malloc(len + !len);

		memcpy(copy, blob.data, len);
		assert_int_equal(remains_decode(copy, len, out, &bytes), -EBADMSG);
	}
}

/* Counts and sizes that lie, behind a sound compression. */
static void lies(void **state)
{
	_cleanup_free_ struct remains *in = make(), *out = calloc(1, sizeof(*out));
	void *bytes = NULL;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		_cleanup_buf_ struct buf blob = {0};
		struct remains bad = *in;

		if (i == 0)
			bad.thread_count = 0;
		else if (i == 1)
			bad.threads[0].stack_start = UINT64_MAX - 100;
		else if (i == 2)
			bad.maps[0].map.end = bad.maps[0].map.start;
		else if (i == 3)
			bad.signal = 99;
		else
			bad.arch = (enum snapshot_arch)7;
		assert_int_equal(remains_encode(&bad, &blob), 0);
		assert_int_equal(remains_decode(blob.data, blob.len, out, &bytes), -EBADMSG);
	}
}

static void garbage(void **state)
{
	_cleanup_free_ struct remains *in = make(), *out = calloc(1, sizeof(*out));
	_cleanup_buf_ struct buf blob = {0};
	uint32_t seed = 1;

	(void)state;
	assert_int_equal(remains_encode(in, &blob), 0);
	for (unsigned i = 0; i < 20000; i++) {
		_cleanup_free_ char *copy = malloc(blob.len);
		void *bytes = NULL;

		memcpy(copy, blob.data, blob.len);
		for (unsigned k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % blob.len] ^= (char)(1 + (seed >> 24) % 255);
		}
		if (remains_decode(copy, blob.len, out, &bytes) == 0)
			free(bytes);
	}
}

static void newer(void **state)
{
	_cleanup_free_ struct remains *in = make(), *out = calloc(1, sizeof(*out));
	_cleanup_buf_ struct buf blob = {0};
	void *bytes;

	(void)state;
	assert_int_equal(remains_encode(in, &blob), 0);
	blob.data[4]++;
	assert_int_equal(remains_decode(blob.data, blob.len, out, &bytes), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(lies),
		cmocka_unit_test(garbage),
		cmocka_unit_test(newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
