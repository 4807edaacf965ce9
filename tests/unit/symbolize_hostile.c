/* SPDX-License-Identifier: Apache-2.0 */
/* A real library, cut and with flipped bits, handed to the helper as the mapped file: no answer is lost,
 * nothing hangs, and the daemon's side lives on. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "symbolize/taken.h"

#define MUTATIONS 200
#define FLIPS     64

struct world {
	struct symbolizer *symbolizer;
	struct loop *loop;
	struct taken taken;
	uint8_t *bytes; /* of the C library, to be spoiled */
	size_t size, cut;
	uint64_t inode; /* that of the C library */
	unsigned answers, lost, deaths;
};

static uint64_t random_state = 42;

/* xorshift: the same on each run. */
static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int open_file(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct world *w = context;

	if (debug || inode != w->inode)
		return taken_open(&w->taken, device, inode, debug);
	int fd = memfd_create("spoiled", MFD_CLOEXEC);
	assert_int_equal(write(fd, w->bytes, w->cut), w->cut);
	return fd;
}

static void on_done(void *context, const struct symbolized *result)
{
	struct world *w = context;

	w->answers++;
	w->lost += result->missing != NULL;
	w->deaths += result->missing && strstr(result->missing, "died");
	assert_true(result->frames->count >= 1);
	loop_stop(w->loop, 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	if (!w || loop_new(&w->loop) < 0 || symbolizer_start(&w->symbolizer) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	taken_take(&w->taken, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (unsigned i = 0; i < w->taken.snapshot.map_count; i++)
		if (w->taken.snapshot.pc - w->taken.maps[i].start <
			w->taken.maps[i].end - w->taken.maps[i].start)
			w->inode = w->taken.maps[i].inode;
	FILE *file = NULL;
	for (unsigned i = 0; i < w->taken.snapshot.map_count && !file; i++)
		if (w->taken.maps[i].inode == w->inode)
			file = fopen(w->taken.paths[i], "re");
	if (!file)
		return -1;
	w->bytes = malloc(16 << 20);
	w->size = fread(w->bytes, 1, 16 << 20, file);
	fclose(file);
	return symbolizer_attach(w->symbolizer, w->loop);
}

static int teardown(void **state)
{
	struct world *w = *state;

	symbolizer_stop(w->symbolizer);
	loop_free(w->loop);
	free(w->bytes);
	free(w);
	return 0;
}

/* The bytes that steer a parser: headers, tables of sections, notes, unwind information; now and then any. */
static size_t random_place(const struct world *w, const uint8_t *whole)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)whole;

	switch (next_random() % 5) {
	case 0: return next_random() % sizeof(*header);
	case 1: return header->e_phoff + next_random() % (header->e_phnum * sizeof(Elf64_Phdr));
	case 2: return header->e_shoff + next_random() % (header->e_shnum * sizeof(Elf64_Shdr));
	case 3: {
		uint64_t at = next_random() % header->e_shnum;
		const Elf64_Shdr *section = (const Elf64_Shdr *)(const void *)(whole + header->e_shoff) + at;
		uint64_t near = section->sh_size < 4096 ? section->sh_size : 4096;
		return section->sh_type == SHT_NOBITS || !near ? 16
							       : section->sh_offset + next_random() % near;
	}
	default: return next_random() % w->size;
	}
}

static void spoiled_files_do_no_harm(void **state)
{
	struct world *w = *state;
	uint8_t *whole = malloc(w->size);
	uint64_t longest = 0;

	memcpy(whole, w->bytes, w->size);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		memcpy(w->bytes, whole, w->size);
		w->cut = i % 4 ? w->size : next_random() % w->size;
		unsigned flips = i % 4 == 0 ? 0 : 1 + (unsigned)(next_random() % FLIPS);
		for (unsigned j = 0; j < flips; j++)
			w->bytes[random_place(w, whole)] ^= (uint8_t)(1u << next_random() % 8);
		/* Another file each time. */
		w->inode += 1000003;
		for (unsigned j = 0; j < w->taken.snapshot.map_count; j++)
			if (w->taken.maps[j].inode == w->inode - 1000003)
				w->taken.maps[j].inode = w->inode;
		uint64_t begin = clock_boottime();
		symbolizer_request(w->symbolizer, &w->taken.snapshot, open_file, on_done, w);
		assert_int_equal(loop_run(w->loop), 0);
		uint64_t took = clock_boottime() - begin;
		longest = took > longest ? took : longest;
	}
	print_message("%u answers, %u of them incomplete, %u helpers died, the longest took %lu us\n",
		w->answers, w->lost, w->deaths, longest / 1000);
	assert_int_equal(w->answers, MUTATIONS);
	assert_true(longest < SYMBOLIZER_DEADLINE + NS_PER_SEC);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spoiled_files_do_no_harm, setup, teardown),
	};

	return cmocka_run_group_tests_name("symbolize/hostile", tests, NULL, NULL);
}
