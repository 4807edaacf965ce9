/* SPDX-License-Identifier: Apache-2.0 */
/* Core files of made-up processes: readelf takes them, and they hold what went in. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "export/core.h"

static uint8_t stack[6000];

static int open_self(void *context, const struct remains_map *map)
{
	(void)map;
	return context ? open(context, O_RDONLY | O_CLOEXEC) : -ENOENT;
}

static void thread_add(struct remains *r, uint32_t tid, uint64_t start, uint32_t size)
{
	memset(stack, 0xab, sizeof(stack));
	r->threads[r->thread_count++] =
		(struct remains_thread){.tid = tid, .stack_start = start, .stack_size = size, .stack = stack};
}

static struct remains *make(enum snapshot_arch arch)
{
	struct remains *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	*r = (struct remains){
		.arch = arch, .pid = 42, .signal = 11, .comm = "worker", .args = "worker", .args_len = 7};
	thread_add(r, 42, 0x7ffc00001f80, 5000);
	thread_add(r, 43, 0x7f0000001f80, 100);
	r->auxv[0] = AT_ENTRY;
	r->auxv[1] = 0x555500001000;
	r->map_count = 1;
	r->maps[0] = (struct remains_map){.map = {.start = 0x555500001000, .end = 0x555500002000, .inode = 1},
		.path = "/srv/worker",
		.build_id = ""};
	return r;
}

/* The file's bytes; size bytes of it are enough for all these tests. */
static size_t write_core(
	const struct remains *r, const char *file, uint8_t *bytes, size_t size, unsigned *absent)
{
	_cleanup_fclose_ FILE *out = tmpfile();

	assert_non_null(out);
	assert_int_equal(core_write(r, open_self, (void *)file, out, absent), 0);
	rewind(out);
	return fread(bytes, 1, size, out);
}

static const Elf64_Phdr *segment_at(const uint8_t *core, uint64_t address)
{
	const Elf64_Ehdr *header = (const void *)core;
	const Elf64_Phdr *segments = (const void *)(core + header->e_phoff);

	for (unsigned i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_LOAD && address - segments[i].p_vaddr < segments[i].p_memsz)
			return &segments[i];
	return NULL;
}

static void without_files(void **state)
{
	_Alignas(8) static uint8_t core[1 << 16];
	const Elf64_Ehdr *header = (const void *)core;
	const enum snapshot_arch archs[] = {SNAPSHOT_X86_64, SNAPSHOT_AARCH64};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_free_ struct remains *r = make(archs[i]);
		const Elf64_Phdr *segment;
		unsigned absent = 0;
		size_t size = write_core(r, NULL, core, sizeof(core), &absent);

		assert_int_equal(absent, 1);
		assert_int_equal(header->e_type, ET_CORE);
		assert_int_equal(header->e_machine, i ? EM_AARCH64 : EM_X86_64);
		segment = segment_at(core, 0x7ffc00002000);
		assert_non_null(segment);
		assert_true(segment->p_offset + segment->p_filesz <= size);
		assert_int_equal(core[segment->p_offset + 0xf7f], 0);
		assert_int_equal(core[segment->p_offset + 0xf80], 0xab);
		assert_null(segment_at(core, 0x7ffc00009000));
	}
}

/* Stacks that share a page are one segment, and none hides the other. */
static void shared_pages(void **state)
{
	_Alignas(8) static uint8_t core[1 << 16];
	_cleanup_free_ struct remains *r = make(SNAPSHOT_X86_64);
	const Elf64_Phdr *segment;
	unsigned absent;

	(void)state;
	thread_add(r, 44, 0x7f0000001100, 200);
	write_core(r, NULL, core, sizeof(core), &absent);
	segment = segment_at(core, 0x7f0000001100);
	assert_non_null(segment);
	assert_ptr_equal(segment, segment_at(core, 0x7f0000001f80));
	assert_int_equal(core[segment->p_offset + 0x100], 0xab);
	assert_int_equal(core[segment->p_offset + 0xf80], 0xab);
	assert_int_equal(core[segment->p_offset + 0x800], 0);
}

/* With this very test as the program, wherever it would have been loaded. */
static void readelf_takes_it(void **state)
{
	_cleanup_free_ struct remains *r = make(SNAPSHOT_X86_64);
	char path[] = "/tmp/core-test-XXXXXX", command[512];
	unsigned absent = 9;
	int fd = mkstemp(path);
	_cleanup_fclose_ FILE *out = fdopen(fd, "w");

	(void)state;
	assert_non_null(out);
	r->maps[0].map.offset = 0x1000;
	assert_int_equal(core_write(r, open_self, (void *)"/proc/self/exe", out, &absent), 0);
	assert_int_equal(fflush(out), 0);
	snprintf(command, sizeof(command),
		"readelf -hlnW %s >%s.out 2>&1 && ! grep -iE 'warning|error:' %s.out", path, path, path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "grep -q 'CORE.*NT_PRSTATUS' %s.out && grep -qa /srv/worker %s",
		path, path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "%s.out", path);
	unlink(command);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files),
		cmocka_unit_test(shared_pages),
		cmocka_unit_test(readelf_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
