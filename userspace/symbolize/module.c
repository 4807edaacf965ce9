/* SPDX-License-Identifier: Apache-2.0 */
/* A mapped ELF file: segments, build-id, unwind information. */
#include "symbolize/module.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096ull /* mappings begin and end at multiples of it, whatever the machine's pages */

static void read_segments(struct module *module)
{
	size_t count;
	GElf_Phdr header;

	if (elf_getphdrnum(module->image.elf, &count) < 0)
		return;
	for (size_t i = 0; i < count && module->segment_count < MODULE_SEGMENTS; i++) {
		if (!gelf_getphdr(module->image.elf, (int)i, &header))
			break;
		uint64_t before = header.p_offset % PAGE;
		if (header.p_type != PT_LOAD || header.p_vaddr % PAGE != before ||
			header.p_filesz > module->image.size)
			continue;
		module->segments[module->segment_count++] = (struct segment){
			.offset = header.p_offset - before,
			.vaddr = header.p_vaddr - before,
			.size = (before + header.p_filesz + PAGE - 1) & ~(PAGE - 1),
			.executable = header.p_flags & PF_X,
		};
	}
}

static void read_build_id(struct module *module)
{
	const void *id;
	ssize_t size = dwelf_elf_gnu_build_id(module->image.elf, &id);

	if (size <= 0)
		return;
	module->build_id_size = size < SNAPSHOT_BUILD_ID ? (uint8_t)size : SNAPSHOT_BUILD_ID;
	memcpy(module->build_id, id, module->build_id_size);
}

int module_open(int fd, bool lent, const struct arch *arch, struct module **ret)
{
	struct module *module = calloc(1, sizeof(*module));
	GElf_Ehdr header;

	if (!module)
		return -ENOMEM;
	int r = lent ? image_copy(fd, &module->image) : image_open(fd, &module->image);
	if (r == 0 && (!gelf_getehdr(module->image.elf, &header) || header.e_machine != arch->machine))
		r = -ENOEXEC;
	if (r < 0) {
		module_free(module);
		return r;
	}
	module->lent = lent && !module->image.owned;
	read_segments(module);
	read_build_id(module);
	*ret = module;
	return 0;
}

void module_free(struct module *module)
{
	if (!module)
		return;
	for (unsigned i = 0; i < MODULE_NAMES; i++)
		free(module->names[i]);
	lines_free(&module->lines);
	symbols_free(&module->symbols);
	if (module->cfi[0])
		dwarf_cfi_end(module->cfi[0]);
	if (module->dwarf)
		dwarf_end(module->dwarf);
	if (module->alt_dwarf)
		dwarf_end(module->alt_dwarf);
	image_close(&module->alt);
	image_close(&module->mini);
	image_close(&module->debug);
	image_close(&module->image);
	free(module);
}

int module_vaddr(const struct module *module, uint64_t offset, uint64_t *ret)
{
	const struct segment *found = NULL;

	for (unsigned i = 0; i < module->segment_count; i++) {
		const struct segment *segment = &module->segments[i];
		if (offset - segment->offset < segment->size && (!found || segment->executable))
			found = segment;
	}
	if (!found)
		return -ENOENT;
	*ret = offset - found->offset + found->vaddr;
	return 0;
}

const uint8_t *module_bytes(const struct module *module, uint64_t offset, size_t size)
{
	const struct image *image = &module->image;

	return offset < image->size && size <= image->size - offset ? image->bytes + offset : NULL;
}

const struct gotable *module_go(struct module *module)
{
	if (!module->go_tried)
		gotable_open(&module->go, &module->image);
	module->go_tried = true;
	return &module->go;
}

Dwarf_CFI *module_cfi(struct module *module, unsigned i)
{
	if (!module->cfi_tried[i]) {
		module->cfi_tried[i] = true;
		if (i == 0)
			module->cfi[i] = dwarf_getcfi_elf(module->image.elf);
		else if (module_go(module)->bytes)
			return NULL; /* its own table knows as much */
		else if (image_section(&module->image, ".debug_frame") ||
			 image_section(&module->image, ".zdebug_frame"))
			module->cfi[i] = dwarf_getcfi(module_dwarf(module, NULL, 0));
	}
	return module->cfi[i];
}
