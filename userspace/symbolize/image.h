/* SPDX-License-Identifier: Apache-2.0 */
/* One ELF file in memory. */
#ifndef LW_SYMBOLIZE_IMAGE_H
#define LW_SYMBOLIZE_IMAGE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/arch.h"

struct image {
	Elf *elf; /* NULL: none */
	const uint8_t *bytes;
	size_t size;
	uint8_t *owned; /* bytes that free() takes, or NULL */
};

/* Opens the ELF file behind fd, whatever its machine; fd may be closed then. Returns 0 or -errno; -ENOEXEC
 * for what is no ELF file of 64 bits. */
int image_open(int fd, struct image *ret);
/* The same without a mapping of the file, unless it is bigger than IMAGE_COPY. */
#define IMAGE_COPY (16u << 20)
int image_copy(int fd, struct image *ret);
/* Takes over bytes from malloc, also when it fails. */
int image_from_memory(uint8_t *bytes, size_t size, struct image *ret);
void image_close(struct image *image);

/* A section by name, or NULL. */
Elf_Scn *image_section(const struct image *image, const char *name);
/* The bytes of a section, NULL when it has none. */
Elf_Data *image_section_data(const struct image *image, const char *name);

#endif
