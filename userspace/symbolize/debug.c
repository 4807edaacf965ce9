/* SPDX-License-Identifier: Apache-2.0 */
/* The files with a module's debug information: by build-id, by .gnu_debuglink, and what dwz shared between
 * them. */
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "symbolize/module.h"
#include "symbolize/protocol.h"

#define PATH_BYTES     128          /* of a debug file's path */
#define COMPRESSED_MAX (256u << 10) /* bytes of a section that is inflated while a death waits */

static bool has_build_id(const struct image *image, const uint8_t *id, size_t size)
{
	const void *found;
	ssize_t length = dwelf_elf_gnu_build_id(image->elf, &found);

	return length >= 0 && (size_t)length == size && memcmp(found, id, size) == 0;
}

/* What is being fetched is asked for again at the next death, what cannot be had for now after a while. */
static void note_later(struct module *module, int error)
{
	if (error == -EINPROGRESS)
		module->fetching = true;
	else if (error == -EAGAIN)
		module->ask_again = true;
}

static int open_debug(
	struct module *module, const struct space *space, unsigned map, const char *path, struct image *ret)
{
	bool lent = false;
	_cleanup_close_ int fd = space->debug(space->context, map, path, &lent);
	int r = fd < 0 ? fd : lent ? image_copy(fd, ret) : image_open(fd, ret);

	if (r == 0)
		module->lent |= lent && !ret->owned;
	return r;
}

/* Opens "/.build-id/ab/cdef.debug". */
static bool open_by_build_id(struct module *module, const struct space *space, unsigned map,
	const uint8_t *id, size_t size, struct image *ret)
{
	char path[PATH_BYTES] = "/.build-id/";
	size_t length = strlen(path);
	int r;

	if (size < 2 || size > SNAPSHOT_BUILD_ID)
		return false;
	for (size_t i = 0; i < size; i++)
		length += (size_t)snprintf(
			path + length, sizeof(path) - length, i == 1 ? "/%02x" : "%02x", id[i]);
	snprintf(path + length, sizeof(path) - length, ".debug");
	r = open_debug(module, space, map, path, ret);
	note_later(module, r);
	if (r < 0)
		return false;
	if (has_build_id(ret, id, size))
		return true;
	image_close(ret);
	return false;
}

static bool open_link_at(
	struct module *module, const struct space *space, unsigned map, const char *path, GElf_Word expected)
{
	struct image *ret = &module->debug;

	if (open_debug(module, space, map, path, ret) < 0)
		return false;
	if (crc32_z(0, ret->bytes, ret->size) == expected)
		return true;
	image_close(ret);
	return false;
}

/* Opens the file that .gnu_debuglink names, which is proved by its checksum. */
static bool open_by_link(struct module *module, const struct space *space, unsigned map)
{
	static const char *const folders[] = {"", ".debug/", DEBUG_LINK};
	GElf_Word expected;
	const char *name = dwelf_elf_gnu_debuglink(module->image.elf, &expected);
	char path[PATH_BYTES];

	if (!name || !name[0] || strchr(name, '/'))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (snprintf(path, sizeof(path), "%s%s", folders[i], name) < (int)sizeof(path) &&
			open_link_at(module, space, map, path, expected))
			return true;
	return false;
}

void module_find_debug(struct module *module, const struct space *space, unsigned map)
{
	if (module->debug_tried || !space)
		return;
	module->debug_tried = true;
	if (image_section(&module->image, ".debug_info") || image_section(&module->image, ".zdebug_info"))
		return;
	if (open_by_build_id(module, space, map, module->build_id, module->build_id_size, &module->debug))
		return;
	if (open_by_link(module, space, map))
		module->fetching = module->ask_again = false;
}

/* Debian's debug files share what dwz found in several of them in a file below "/.dwz/". */
static void find_alt(struct module *module, const struct space *space, unsigned map)
{
	const char *name;
	const void *id;
	ssize_t size = dwelf_dwarf_gnu_debugaltlink(module->dwarf, &name, &id);

	if (size <= 0 || !space)
		return;
	if (!open_by_build_id(module, space, map, id, (size_t)size, &module->alt)) {
		const char *path = strstr(name, "/.dwz/");
		if (!path || strlen(path) >= PATH_BYTES)
			return;
		if (open_debug(module, space, map, path, &module->alt) < 0)
			return;
		if (!has_build_id(&module->alt, id, (size_t)size))
			return;
	}
	module->alt_dwarf = dwarf_begin_elf(module->alt.elf, DWARF_C_READ, NULL);
	if (module->alt_dwarf)
		dwarf_setalt(module->dwarf, module->alt_dwarf);
}

/* libdw inflates all of a file at once: 45 to 120 ms for the C library. */
static bool is_slow(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &header) && header.sh_flags & SHF_COMPRESSED &&
			header.sh_size > COMPRESSED_MAX)
			return true;
	}
	return false;
}

Dwarf *module_dwarf(struct module *module, const struct space *space, unsigned map)
{
	module_find_debug(module, space, map);
	if (!module->dwarf_tried && (space || !module->dwarf)) {
		Elf *elf = module->debug.elf ? module->debug.elf : module->image.elf;
		module->deferred = space && !module->dwarf && is_slow(elf);
		if (module->deferred)
			return NULL;
		module->dwarf_tried = space != NULL;
		if (!module->dwarf)
			module->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
		if (module->dwarf)
			find_alt(module, space, map);
	}
	return module->dwarf;
}
