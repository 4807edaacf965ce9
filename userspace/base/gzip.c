/* SPDX-License-Identifier: Apache-2.0 */
/* Packing with what there is. */
#include "base/gzip.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/library.h"

#define LEVEL 1 /* the fastest */

struct deflate {
	__typeof__(libdeflate_alloc_compressor) *alloc_compressor;
	__typeof__(libdeflate_free_compressor) *free_compressor;
	__typeof__(libdeflate_gzip_compress_bound) *gzip_compress_bound;
	__typeof__(libdeflate_gzip_compress) *gzip_compress;
};

struct gzip {
	const struct deflate *deflate; /* NULL: zlib */
	struct libdeflate_compressor *compressor;
	char *space; /* for what is packed, as large as it may become */
	size_t size;
};

#define FIND(name)                                                                                           \
	{                                                                                                    \
		"libdeflate_" #name, offsetof(struct deflate, name)                                          \
	}

static const struct deflate *library(void)
{
	static const char *const names[] = {"libdeflate.so.0", NULL};
	static const struct library_function functions[] = {
		FIND(alloc_compressor),
		FIND(free_compressor),
		FIND(gzip_compress_bound),
		FIND(gzip_compress),
	};
	static struct deflate deflate;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &deflate);
	return handle ? &deflate : NULL;
}

int gzip_new(struct gzip **ret)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip)
		return -ENOMEM;
	gzip->deflate = library();
	if (gzip->deflate) {
		gzip->compressor = gzip->deflate->alloc_compressor(LEVEL);
		if (!gzip->compressor) {
			free(gzip);
			return -ENOMEM;
		}
	}
	*ret = gzip;
	return 0;
}

void gzip_free(struct gzip *gzip)
{
	if (!gzip)
		return;
	if (gzip->compressor)
		gzip->deflate->free_compressor(gzip->compressor);
	free(gzip->space);
	free(gzip);
}

static int pack_at_once(struct gzip *gzip, const void *bytes, size_t len, struct buf *packed)
{
	size_t most = gzip->deflate->gzip_compress_bound(gzip->compressor, len), used;

	if (most > gzip->size) {
		free(gzip->space);
		gzip->size = 0;
		gzip->space = malloc(most);
		if (!gzip->space)
			return -ENOMEM;
		gzip->size = most;
	}
	used = gzip->deflate->gzip_compress(gzip->compressor, bytes, len, gzip->space, gzip->size);
	if (!used)
		return -ENOMEM;
	buf_append(packed, gzip->space, used);
	return packed->failed ? -ENOMEM : 0;
}

static int pack_by_zlib(const void *bytes, size_t len, struct buf *packed)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
	char chunk[16384];
	int r;

	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		stream.next_out = (Bytef *)chunk;
		stream.avail_out = sizeof(chunk);
		r = deflate(&stream, Z_FINISH);
		buf_append(packed, chunk, sizeof(chunk) - stream.avail_out);
	} while (r == Z_OK);
	deflateEnd(&stream);
	return r == Z_STREAM_END && !packed->failed ? 0 : -ENOMEM;
}

int gzip_pack(struct gzip *gzip, const void *bytes, size_t len, struct buf *packed)
{
	buf_reset(packed);
	return gzip->compressor ? pack_at_once(gzip, bytes, len, packed) : pack_by_zlib(bytes, len, packed);
}
