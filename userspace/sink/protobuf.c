/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol Buffers: tags, varints, lengths. */
#include "sink/protobuf.h"

#include <string.h>

#define VARINT_MAX  10u
#define LENGTH_SIZE 4u /* 28 bits, more than any batch */
#define FIELD_MAX   ((1u << 29) - 1)

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static size_t put_varint(unsigned char *to, uint64_t value)
{
	size_t n = 0;

	for (; value > 0x7F; value >>= 7)
		to[n++] = (unsigned char)(value | 0x80);
	to[n++] = (unsigned char)value;
	return n;
}

static size_t put_tag(unsigned char *to, unsigned field, enum wire wire)
{
	return put_varint(to, (uint64_t)field << 3 | wire);
}

void protobuf_varint(struct buf *out, unsigned field, uint64_t value)
{
	unsigned char bytes[2 * VARINT_MAX];
	size_t n = put_tag(bytes, field, WIRE_VARINT);

	n += put_varint(bytes + n, value);
	buf_append(out, bytes, n);
}

void protobuf_fixed64(struct buf *out, unsigned field, uint64_t value)
{
	unsigned char bytes[VARINT_MAX + 8];
	size_t n = put_tag(bytes, field, WIRE_FIXED64);

	for (unsigned i = 0; i < 8; i++)
		bytes[n++] = (unsigned char)(value >> (8 * i));
	buf_append(out, bytes, n);
}

void protobuf_double(struct buf *out, unsigned field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	protobuf_fixed64(out, field, bits);
}

size_t protobuf_put_head(unsigned char to[PROTOBUF_HEAD], unsigned field, size_t size)
{
	size_t n = put_tag(to, field, WIRE_BYTES);

	return n + put_varint(to + n, size);
}

void protobuf_head(struct buf *out, unsigned field, size_t size)
{
	unsigned char bytes[PROTOBUF_HEAD];

	buf_append(out, bytes, protobuf_put_head(bytes, field, size));
}

void protobuf_bytes(struct buf *out, unsigned field, const void *bytes, size_t len)
{
	protobuf_head(out, field, len);
	buf_append(out, bytes, len);
}

size_t protobuf_varint_size(uint64_t value)
{
	size_t n = 1;

	for (; value > 0x7F; value >>= 7)
		n++;
	return n;
}

size_t protobuf_bytes_size(unsigned field, size_t len)
{
	return protobuf_varint_size((uint64_t)field << 3) + protobuf_varint_size(len) + len;
}

size_t protobuf_begin(struct buf *out, unsigned field)
{
	unsigned char bytes[VARINT_MAX + LENGTH_SIZE] = {0};

	buf_append(out, bytes, put_tag(bytes, field, WIRE_BYTES) + LENGTH_SIZE);
	return out->len;
}

void protobuf_end(struct buf *out, size_t begin)
{
	size_t len = out->len - begin;

	if (out->failed)
		return;
	if (len >> (7 * LENGTH_SIZE)) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < LENGTH_SIZE; i++, len >>= 7)
		out->data[begin - LENGTH_SIZE + i] = (char)((len & 0x7F) | (i + 1 < LENGTH_SIZE ? 0x80 : 0));
}

void protobuf_read(struct protobuf_reader *r, const void *bytes, size_t len)
{
	*r = (struct protobuf_reader){.at = bytes, .end = (const unsigned char *)bytes + len};
}

static uint64_t take_varint(struct protobuf_reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 7 * VARINT_MAX && r->at < r->end; shift += 7) {
		unsigned char byte = *r->at++;

		value |= (uint64_t)(byte & 0x7F) << shift;
		if (!(byte & 0x80))
			return value;
	}
	r->bad = true;
	return 0;
}

static const unsigned char *take_bytes(struct protobuf_reader *r, uint64_t len)
{
	const unsigned char *bytes = r->at;

	if (r->bad || len > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	return bytes;
}

static uint64_t take_fixed(struct protobuf_reader *r, unsigned size)
{
	const unsigned char *bytes = take_bytes(r, size);
	uint64_t value = 0;

	for (unsigned i = 0; bytes && i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

bool protobuf_next(struct protobuf_reader *r, struct protobuf_field *ret)
{
	uint64_t tag;

	if (r->bad || r->at == r->end)
		return false;
	tag = take_varint(r);
	*ret = (struct protobuf_field){.number = (unsigned)(tag >> 3 & FIELD_MAX)};
	r->bad |= !ret->number || tag >> 3 > FIELD_MAX;
	switch (tag & 7) {
	case WIRE_VARINT: ret->value = take_varint(r); break;
	case WIRE_FIXED64: ret->value = take_fixed(r, 8); break;
	case WIRE_FIXED32: ret->value = take_fixed(r, 4); break;
	case WIRE_BYTES:
		ret->len = take_varint(r);
		ret->bytes = take_bytes(r, ret->len);
		break;
	default: r->bad = true; /* groups have not been written since 2008 */
	}
	return !r->bad;
}
