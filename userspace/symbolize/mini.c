/* SPDX-License-Identifier: Apache-2.0 */
/* MiniDebugInfo: .gnu_debugdata is an xz stream of an ELF file with a symbol table. */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "symbolize/symbols.h"

#define PLAIN_MAX (32u << 20) /* bytes, decompressed */
#define WORK_MAX  (32u << 20) /* bytes that the decoder may use */

static int decompress(const Elf_Data *data, uint8_t **ret, size_t *ret_size)
{
	for (size_t size = 8 * data->d_size < PLAIN_MAX ? 8 * data->d_size : PLAIN_MAX;; size *= 2) {
		uint64_t limit = WORK_MAX;
		size_t in = 0, out = 0;
		uint8_t *bytes = size <= PLAIN_MAX ? malloc(size) : NULL;
		if (!bytes)
			return -ENOMEM;
		lzma_ret r = lzma_stream_buffer_decode(
			&limit, 0, NULL, data->d_buf, &in, data->d_size, bytes, &out, size);
		if (r == LZMA_OK) {
			*ret = bytes;
			*ret_size = out;
			return 0;
		}
		free(bytes);
		if (r != LZMA_BUF_ERROR)
			return -EBADMSG;
	}
}

int symbols_open_mini(const struct image *image, struct image *ret)
{
	Elf_Data *data = image_section_data(image, ".gnu_debugdata");
	uint8_t *bytes;
	size_t size;

	if (!data)
		return -ENOENT;
	int r = decompress(data, &bytes, &size);
	return r < 0 ? r : image_from_memory(bytes, size, ret);
}
