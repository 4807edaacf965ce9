/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a core: where each was loaded, and what of it is put into the core. */
#include "export/core_internal.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

static bool same_build_id(const struct outline *o, const char *hex)
{
	char text[2 * SNAPSHOT_BUILD_ID + 1] = "";

	for (unsigned i = 0; i < o->build_id_size; i++)
		snprintf(text + 2 * i, 3, "%02x", o->build_id[i]);
	return !hex[0] || strcmp(text, hex) == 0;
}

/* Where the file lies, by the segment that the mapping shows. */
static bool find_bias(const struct outline *o, const struct snapshot_map *map, uint64_t *ret)
{
	for (unsigned i = 0; i < o->segment_count; i++) {
		const struct outline_segment *s = &o->segments[i];
		uint64_t from = PAGE_DOWN(s->offset), end = PAGE_UP(s->offset + s->file_size);

		if (s->flags & PF_X && map->offset >= from && map->offset < end) {
			*ret = map->start - (map->offset - from) - PAGE_DOWN(s->vaddr);
			return true;
		}
	}
	return false;
}

static void add_module(
	struct core *core, const struct remains_map *map, int fd, const struct outline *outline)
{
	struct core_module *m = &core->modules[core->module_count];

	*m = (struct core_module){.map = map, .fd = fd, .outline = *outline};
	if (fd < 0 || !outline->known || !same_build_id(outline, map->build_id) ||
		!find_bias(outline, &map->map, &m->bias)) {
		core->absent += map->map.inode != 0;
		m->fd = -1;
		m->outline = (struct outline){.known = 0};
	}
	for (unsigned i = 0; m->fd >= 0 && i < core->module_count; i++) {
		const struct core_module *other = &core->modules[i];
		if (other->fd >= 0 && other->map->map.inode == map->map.inode &&
			other->map->map.device == map->map.device && other->bias == m->bias)
			return; /* another mapping of what is there already */
	}
	core->module_count++;
}

void core_modules_find(struct core *core, core_open_fn open, void *context)
{
	const struct remains *r = core->remains;
	struct outline outlines[SNAPSHOT_MAPS];
	int fds[SNAPSHOT_MAPS];

	for (unsigned i = 0; i < r->map_count; i++)
		fds[i] = r->maps[i].map.inode && r->maps[i].path[0] ? open(context, &r->maps[i]) : -1;
	if (outlines_read(fds, r->map_count, outlines) < 0)
		memset(outlines, 0, sizeof(outlines));
	for (unsigned i = 0; i < r->map_count; i++) {
		unsigned before = core->module_count;

		add_module(core, &r->maps[i], fds[i], &outlines[i]);
		if (fds[i] >= 0 && (core->module_count == before || core->modules[before].fd < 0))
			close(fds[i]);
	}
}

void core_modules_close(struct core *core)
{
	for (unsigned i = 0; i < core->module_count; i++)
		if (core->modules[i].fd >= 0)
			close(core->modules[i].fd);
}

/* The start of a module, where its headers are; the rest of it debuggers read from the file. */
static void add_segment(struct core *core, const struct core_module *m, const struct outline_segment *s)
{
	struct core_piece piece = {
		.start = m->bias + PAGE_DOWN(s->vaddr),
		.memory_size = PAGE_UP(s->vaddr + s->file_size) - PAGE_DOWN(s->vaddr),
		.flags = s->flags & (PF_R | PF_W | PF_X),
	};
	uint8_t *bytes;

	if (s->flags & PF_W || !piece.memory_size || piece.memory_size > 1ull << 40)
		return;
	if (PAGE_DOWN(s->offset) == 0 && (bytes = core_own(core, CORE_PAGE))) {
		ssize_t length = pread(m->fd, bytes, CORE_PAGE, 0);
		piece.bytes = bytes;
		piece.size = length > 0 ? (uint64_t)length : 0;
	}
	core_add(core, &piece);
}

static void set_debug(uint8_t *dynamic, uint64_t size, uint64_t debug)
{
	Elf64_Dyn entry;

	for (uint64_t at = 0; at + sizeof(entry) <= size; at += sizeof(entry)) {
		memcpy(&entry, dynamic + at, sizeof(entry));
		if (entry.d_tag != DT_DEBUG)
			continue;
		entry.d_un.d_ptr = debug;
		memcpy(dynamic + at, &entry, sizeof(entry));
	}
}

static void add_dynamic(struct core *core, const struct core_module *m, uint64_t debug)
{
	const struct outline *o = &m->outline;
	uint8_t *bytes = o->dynamic_size ? core_own(core, o->dynamic_size) : NULL;
	struct core_piece piece = {.start = m->bias + o->dynamic_vaddr, .flags = PF_R | PF_W, .bytes = bytes};

	if (!bytes ||
		pread(m->fd, bytes, o->dynamic_size, (off_t)o->dynamic_offset) != (ssize_t)o->dynamic_size)
		return;
	set_debug(bytes, o->dynamic_size, debug);
	piece.size = piece.memory_size = o->dynamic_size;
	core_add(core, &piece);
}

void core_modules_pieces(struct core *core, uint64_t debug)
{
	for (unsigned i = 0; i < core->module_count; i++) {
		const struct core_module *m = &core->modules[i];

		if (m->fd < 0)
			continue;
		for (unsigned k = 0; k < m->outline.segment_count; k++)
			add_segment(core, m, &m->outline.segments[k]);
		add_dynamic(core, m, debug);
	}
}
