/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF file of any bytes as the only module of a snapshot whose pc and stack lie in it: frames are bounded
 * and ended. */
#include "fuzz.h"

#include "symbolize/frames.h"
#include "symbolize/module.h"

#define BASE  0x400000ull
#define STACK 0x7000000ull

struct world {
	struct module *module;
	struct frames work, frames;
};

static struct module *the_module(void *context, unsigned map)
{
	(void)map;
	return ((struct world *)context)->module;
}

static int no_debug(void *context, unsigned map, const char *path, bool *ret_lent)
{
	(void)context;
	(void)map;
	(void)ret_lent;
	HOLDS(path[0]);
	return -1;
}

static void check(const struct frames *frames, unsigned map_count)
{
	HOLDS(frames->count >= 1 && frames->count <= FRAMES_MAX);
	for (unsigned i = 0; i < frames->count; i++) {
		const struct frame *f = &frames->frame[i];
		HOLDS(f->map >= -1 && f->map < (int)map_count && f->trust <= TRUST_SCAN);
		HOLDS(memchr(f->function, '\0', sizeof(f->function)) &&
			memchr(f->file, '\0', sizeof(f->file)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	const struct snapshot_map map = {.start = BASE, .end = BASE + (1 << 20), .inode = 1};
	uint64_t stack[64];
	struct snapshot snapshot = {.known = UINT64_MAX >> 30,
		.sp = STACK + 128,
		.stack_start = STACK,
		.stack_size = sizeof(stack),
		.stack = (const uint8_t *)stack,
		.map_count = 1,
		.maps = &map};
	const struct space space = {
		.snapshot = &snapshot, .module = the_module, .debug = no_debug, .context = &world};
	char path[32];
	int fd = fuzz_file(data, size, path);

	snapshot.arch = size > 18 && data[18] == EM_AARCH64 ? SNAPSHOT_AARCH64 : SNAPSHOT_X86_64;
	for (size_t i = 0; i < sizeof(stack) / sizeof(stack[0]); i++)
		stack[i] = i % 3 ? BASE + (i * 0x9E37) % (size + 1) : STACK + 8 * i;
	for (size_t i = 0; i < SNAPSHOT_REGISTERS; i++)
		snapshot.registers[i] = stack[i];
	if (module_open(fd, false, arch_of(snapshot.arch), &world.module) == 0) {
		/* The entry point, the middle, the end. */
		for (unsigned i = 0; i < 4; i++) {
			snapshot.pc = BASE + i * size / 4;
			frames_make(&space, &world.work, &world.frames);
			check(&world.work, 1);
			check(&world.frames, 1);
		}
		module_free(world.module);
	}
	world.module = NULL;
	close(fd);
	return 0;
}
