/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic linker's list of what is loaded. The real one was not captured; this one is made of the
 * mappings, at an address where nothing was. */
#include "export/core_internal.h"

#include <elf.h>
#include <string.h>

#define LOWEST 0x10000ull /* below it nobody maps anything */
#define TRIES  4096

/* <link.h>, for 64 bits whatever this machine has */
struct debug {
	uint32_t version, pad;
	uint64_t map;
	uint64_t brk;
	uint32_t state, pad2;
	uint64_t linker_base;
};

struct link {
	uint64_t address;
	uint64_t name;
	uint64_t dynamic;
	uint64_t next;
	uint64_t previous;
};

static bool overlaps(const struct core *core, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < core->piece_count; i++)
		if (core->pieces[i].start < end &&
			start < core->pieces[i].start + core->pieces[i].memory_size)
			return true;
	for (unsigned i = 0; i < core->remains->map_count; i++)
		if (core->remains->maps[i].map.start < end && start < core->remains->maps[i].map.end)
			return true;
	return false;
}

/* Returns 0 when there is none, which no real program brings about. */
static uint64_t find_room(const struct core *core, uint64_t size)
{
	for (unsigned i = 0; i < TRIES; i++)
		if (!overlaps(core, LOWEST + i * size, LOWEST + (i + 1) * size))
			return LOWEST + i * size;
	return 0;
}

/* The program comes first in the list, without a name. */
static const struct core_module *program_of(const struct core *core)
{
	uint64_t entry = core_auxv(core->remains, AT_ENTRY);

	for (unsigned i = 0; i < core->module_count; i++) {
		const struct snapshot_map *map = &core->modules[i].map->map;
		if (core->modules[i].fd >= 0 && entry >= map->start && entry < map->end)
			return &core->modules[i];
	}
	return NULL;
}

static uint64_t size_of(const struct core *core)
{
	uint64_t size = sizeof(struct debug) + 1;

	for (unsigned i = 0; i < core->module_count; i++)
		if (core->modules[i].outline.dynamic_size)
			size += sizeof(struct link) + strlen(core->modules[i].map->path) + 1;
	return PAGE_UP(size);
}

/* Where the list is written: links from the front on, names behind them. */
struct writer {
	uint8_t *bytes;
	uint64_t base;
	uint64_t link, name; /* next ones, from base */
	uint64_t last;       /* 0: no link yet */
};

static void write_link(struct writer *w, const struct core_module *m, const char *name)
{
	struct link link = {
		.address = m->bias,
		.name = w->base + w->name,
		.dynamic = m->bias + m->outline.dynamic_vaddr,
		.previous = w->last ? w->base + w->last : 0,
	};
	uint64_t at = w->base + w->link;

	memcpy(w->bytes + w->link, &link, sizeof(link));
	if (w->last)
		memcpy(w->bytes + w->last + offsetof(struct link, next), &at, sizeof(at));
	memcpy(w->bytes + w->name, name, strlen(name) + 1);
	w->last = w->link;
	w->link += sizeof(link);
	w->name += strlen(name) + 1;
}

uint64_t core_link_pieces(struct core *core)
{
	const struct core_module *program = program_of(core);
	uint64_t size = size_of(core), links = 0;
	struct writer w = {.bytes = NULL};

	if (!program || !program->outline.dynamic_size)
		return 0;
	w.base = find_room(core, size);
	w.bytes = w.base ? core_own(core, size) : NULL;
	if (!w.bytes)
		return 0;
	for (unsigned i = 0; i < core->module_count; i++)
		links += core->modules[i].outline.dynamic_size != 0;
	w.link = sizeof(struct debug);
	w.name = w.link + links * sizeof(struct link);
	struct debug debug = {
		.version = 1, .map = w.base + w.link, .linker_base = core_auxv(core->remains, AT_BASE)};
	memcpy(w.bytes, &debug, sizeof(debug));
	write_link(&w, program, "");
	for (unsigned i = 0; i < core->module_count; i++)
		if (&core->modules[i] != program && core->modules[i].outline.dynamic_size)
			write_link(&w, &core->modules[i], core->modules[i].map->path);
	core_add(core, &(struct core_piece){.start = w.base,
			       .memory_size = size,
			       .size = size,
			       .flags = PF_R | PF_W,
			       .bytes = w.bytes});
	return w.base;
}
