/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol Buffers' wire format, written into a buf and read from bytes. By hand, since the fields that are
 * needed are few: protobuf-c, the library for C, wants code generated from the .proto files and a tree of
 * structures to pack, and each string copied twice. */
#ifndef LW_SINK_PROTOBUF_H
#define LW_SINK_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Fields with their tag. Zero and empty are written, too: whether they may be left out is for the caller. */
void protobuf_varint(
	struct buf *out, unsigned field, uint64_t value); /* of an int64: cast, 10 bytes if negative */
void protobuf_fixed64(struct buf *out, unsigned field, uint64_t value);
void protobuf_double(struct buf *out, unsigned field, double value);
void protobuf_bytes(struct buf *out, unsigned field, const void *bytes, size_t len);

/* Bytes of a varint, and of a field with len bytes. */
size_t protobuf_varint_size(uint64_t value);
size_t protobuf_bytes_size(unsigned field, size_t len);

/* The head of a message whose size is known: tag and length. */
void protobuf_head(struct buf *out, unsigned field, size_t size);
/* The same into memory; returns its bytes. */
#define PROTOBUF_HEAD 20
size_t protobuf_put_head(unsigned char to[PROTOBUF_HEAD], unsigned field, size_t size);

/* A message whose size shows only at its end: its length takes four bytes, whatever it is, so that nothing
 * is moved. Returns where it begins, for protobuf_end, which may be called again when more was appended. */
size_t protobuf_begin(struct buf *out, unsigned field);
void protobuf_end(struct buf *out, size_t begin);

struct protobuf_reader {
	const unsigned char *at;
	const unsigned char *end;
	bool bad; /* it is not protobuf */
};

struct protobuf_field {
	unsigned number;
	uint64_t value;             /* of a number */
	const unsigned char *bytes; /* of a string or message; NULL: a number */
	size_t len;
};

/* Begins to read bytes, which must outlive the reader and all fields. */
void protobuf_read(struct protobuf_reader *r, const void *bytes, size_t len);
/* The next field; false at the end, and when it is bad. */
bool protobuf_next(struct protobuf_reader *r, struct protobuf_field *ret);

#endif
