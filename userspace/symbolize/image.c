/* SPDX-License-Identifier: Apache-2.0 */
/* Opening ELF files with libelf. */
#include "symbolize/image.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int take(Elf *elf, struct image *ret)
{
	GElf_Ehdr header;
	size_t size = 0;

	if (!elf)
		return -ENOEXEC;
	const char *bytes = elf_rawfile(elf, &size);
	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
		header.e_ident[EI_CLASS] != ELFCLASS64 || !bytes) {
		elf_end(elf);
		return -ENOEXEC;
	}
	*ret = (struct image){.elf = elf, .bytes = (const uint8_t *)bytes, .size = size};
	return 0;
}

int image_open(int fd, struct image *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(Elf64_Ehdr))
		return -ENOEXEC;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	/* Whatever libelf could not map it reads now, so that fd is not needed later. */
	if (elf && elf_cntl(elf, ELF_C_FDREAD) < 0) {
		elf_end(elf);
		return -ENOEXEC;
	}
	return take(elf, ret);
}

int image_copy(int fd, struct image *ret)
{
	uint8_t *bytes = NULL;
	size_t used = 0, size;
	struct stat st;
	ssize_t n = 1;

	if (fstat(fd, &st) < 0)
		return -errno;
	size = (size_t)st.st_size;
	if (size < IMAGE_COPY && size >= sizeof(Elf64_Ehdr))
		bytes = malloc(size);
	if (!bytes)
		return image_open(fd, ret);
	while (used < size && (n = pread(fd, bytes + used, size - used, (off_t)used)) > 0)
		used += (size_t)n;
	if (used == size)
		return image_from_memory(bytes, size, ret);
	free(bytes);
	return -EIO;
}

int image_from_memory(uint8_t *bytes, size_t size, struct image *ret)
{
	elf_version(EV_CURRENT);
	int r = take(elf_memory((char *)bytes, size), ret);

	if (r < 0)
		free(bytes);
	else
		ret->owned = bytes;
	return r;
}

void image_close(struct image *image)
{
	if (image->elf)
		elf_end(image->elf);
	free(image->owned);
	*image = (struct image){.elf = NULL};
}

Elf_Scn *image_section(const struct image *image, const char *name)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (!image->elf || elf_getshdrstrndx(image->elf, &names) < 0)
		return NULL;
	while ((section = elf_nextscn(image->elf, section))) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header))
			continue;
		const char *is = elf_strptr(image->elf, names, header.sh_name);
		if (is && strcmp(is, name) == 0)
			return section;
	}
	return NULL;
}

Elf_Data *image_section_data(const struct image *image, const char *name)
{
	Elf_Scn *section = image_section(image, name);
	GElf_Shdr header;

	if (!section || !gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
		return NULL;
	Elf_Data *data = elf_rawdata(section, NULL);
	return data && data->d_buf && data->d_size ? data : NULL;
}
