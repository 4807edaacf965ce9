/* SPDX-License-Identifier: Apache-2.0 */
/* What a stored blob says once it is unpacked, through decode and into a core file, whose segments must not
 * overlap. */
#include "fuzz.h"

#include <elf.h>
#include <errno.h>
#include <zlib.h>

#include "export/core.h"

static int open_nothing(void *context, const struct remains_map *map)
{
	(void)context;
	HOLDS(map->path[0]);
	return -ENOENT;
}

static void check_core(const uint8_t *core, size_t size)
{
	const Elf64_Ehdr *header = (const void *)core;
	const Elf64_Phdr *segments = (const void *)(core + sizeof(*header));

	HOLDS(size >= sizeof(*header) && size >= sizeof(*header) + header->e_phnum * sizeof(*segments));
	for (unsigned i = 0; i < header->e_phnum; i++) {
		HOLDS(segments[i].p_offset + segments[i].p_filesz <= size);
		HOLDS(i < 2 || segments[i].p_vaddr >= segments[i - 1].p_vaddr + segments[i - 1].p_memsz);
	}
}

static void to_core(const struct remains *remains)
{
	char *core = NULL;
	size_t size = 0;
	unsigned absent;
	FILE *out = open_memstream(&core, &size);

	HOLDS(out && core_write(remains, open_nothing, NULL, out, &absent) == 0);
	fclose(out);
	check_core((const uint8_t *)core, size);
	free(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t head[] = {0x4d52574c, REMAINS_VERSION, (uint32_t)size};
	uLongf length = compressBound(size);
	_cleanup_free_ uint8_t *blob = malloc(sizeof(head) + length);
	_cleanup_free_ struct remains *remains = malloc(sizeof(*remains));
	_cleanup_free_ void *bytes = NULL;

	HOLDS(blob && remains);
	memcpy(blob, head, sizeof(head));
	HOLDS(compress2(blob + sizeof(head), &length, data, size, 0) == Z_OK);
	if (remains_decode(blob, sizeof(head) + length, remains, &bytes) == 0)
		to_core(remains);
	return 0;
}
