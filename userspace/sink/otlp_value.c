/* SPDX-License-Identifier: Apache-2.0 */
/* Fields and AnyValues of OTLP in protobuf and in its JSON (proto3's mapping: 64-bit numbers are strings). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "sink/otlp.h"
#include "sink/protobuf.h"

enum key_value { KEY = 1, VALUE = 2 };
enum any_value { STRING = 1, BOOL = 2, INT = 3, DOUBLE = 4, ARRAY = 5, KVLIST = 6 };
#define VALUES  1   /* of ArrayValue and KeyValueList */
#define KEY_MAX 128 /* bytes of keys that are written at once with what is around them */

static void put_string(struct buf *buf, const char *text, size_t len)
{
	struct json j;

	json_begin(&j, buf);
	json_strn(&j, NULL, text, len);
}

/* A comma, unless it is the first here, and the name. A string cannot end in a bracket: its last byte is a
 * quotation mark. */
static void put_name(struct otlp_out *out, const char *name)
{
	const struct buf *buf = out->buf;

	if (buf->len && !strchr("[{:", buf->data[buf->len - 1]))
		buf_char(out->buf, ',');
	if (name) {
		buf_char(out->buf, '"');
		buf_str(out->buf, name);
		buf_str(out->buf, "\":");
	}
}

size_t otlp_begin(struct otlp_out *out, unsigned number, const char *name)
{
	if (!out->json)
		return protobuf_begin(out->buf, number);
	put_name(out, name);
	buf_char(out->buf, '{');
	return 0;
}

void otlp_end(struct otlp_out *out, size_t begin)
{
	if (out->json)
		buf_char(out->buf, '}');
	else
		protobuf_end(out->buf, begin);
}

void otlp_list_begin(struct otlp_out *out, const char *name)
{
	if (!out->json)
		return;
	put_name(out, name);
	buf_char(out->buf, '[');
}

void otlp_list_end(struct otlp_out *out)
{
	if (out->json)
		buf_char(out->buf, ']');
}

void otlp_text(struct otlp_out *out, unsigned number, const char *name, const char *text, size_t len)
{
	if (out->json) {
		put_name(out, name);
		put_string(out->buf, text, len);
	} else {
		protobuf_bytes(out->buf, number, text, len);
	}
}

void otlp_fixed64(struct otlp_out *out, unsigned number, const char *name, uint64_t value)
{
	if (out->json) {
		put_name(out, name);
		buf_printf(out->buf, "\"%" PRIu64 "\"", value);
	} else {
		protobuf_fixed64(out->buf, number, value);
	}
}

void otlp_enum(struct otlp_out *out, unsigned number, const char *name, unsigned value)
{
	if (out->json) {
		put_name(out, name);
		buf_printf(out->buf, "%u", value);
	} else {
		protobuf_varint(out->buf, number, value);
	}
}

static void put_int(struct otlp_out *out, int64_t value)
{
	if (out->json) {
		put_name(out, "intValue");
		buf_printf(out->buf, "\"%" PRId64 "\"", value);
	} else {
		protobuf_varint(out->buf, INT, (uint64_t)value);
	}
}

static void put_double(struct otlp_out *out, double value)
{
	if (out->json) {
		put_name(out, "doubleValue");
		buf_printf(out->buf, "%.17g", value);
	} else {
		protobuf_double(out->buf, DOUBLE, value);
	}
}

static void put_bool(struct otlp_out *out, bool value)
{
	if (out->json) {
		put_name(out, "boolValue");
		buf_str(out->buf, value ? "true" : "false");
	} else {
		protobuf_varint(out->buf, BOOL, value);
	}
}

static void put_any(struct otlp_out *out, const json_t *value);

static void put_array(struct otlp_out *out, const json_t *value)
{
	size_t array = otlp_begin(out, ARRAY, "arrayValue");

	otlp_list_begin(out, "values");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *element = json_array_get(value, i);

		if (!out->json && json_is_string(element)) {
			size_t len = json_string_length(element);

			protobuf_head(out->buf, VALUES, protobuf_bytes_size(STRING, len));
			protobuf_bytes(out->buf, STRING, json_string_value(element), len);
		} else {
			size_t any = otlp_begin(out, VALUES, NULL);

			put_any(out, element);
			otlp_end(out, any);
		}
	}
	otlp_list_end(out);
	otlp_end(out, array);
}

static void put_kvlist(struct otlp_out *out, const json_t *value)
{
	size_t list = otlp_begin(out, KVLIST, "kvlistValue");
	json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */

	otlp_list_begin(out, "values");
	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i))
		otlp_attribute(out, VALUES, json_object_iter_key(i), json_object_iter_value(i));
	otlp_list_end(out);
	otlp_end(out, list);
}

/* null is the AnyValue in which nothing is set. The depth is bounded by the parser's. */
static void put_any(struct otlp_out *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		otlp_text(out, STRING, "stringValue", json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER: put_int(out, json_integer_value(value)); break;
	case JSON_REAL: put_double(out, json_real_value(value)); break;
	case JSON_TRUE:
	case JSON_FALSE: put_bool(out, json_is_true(value)); break;
	case JSON_ARRAY: put_array(out, value); break;
	case JSON_OBJECT: put_kvlist(out, value); break;
	case JSON_NULL: break;
	}
}

/* Most attributes are small and of known size: their lengths are written at once, and the
 * key with them. */
static void begin_known(struct otlp_out *out, unsigned number, const char *key, size_t any)
{
	unsigned char head[3 * PROTOBUF_HEAD + KEY_MAX];
	size_t len = strlen(key);
	size_t n = protobuf_put_head(
		head, number, protobuf_bytes_size(KEY, len) + protobuf_bytes_size(VALUE, any));

	n += protobuf_put_head(head + n, KEY, len);
	if (len > KEY_MAX) {
		buf_append(out->buf, head, n);
		buf_append(out->buf, key, len);
		n = 0;
	} else {
		memcpy(head + n, key, len + 1); /* what follows takes the place of the NUL */
		n += len;
	}
	n += protobuf_put_head(head + n, VALUE, any);
	buf_append(out->buf, head, n);
}

static size_t begin_attribute(struct otlp_out *out, unsigned number, const char *key, size_t *ret_value)
{
	size_t begin = otlp_begin(out, number, NULL);

	otlp_text(out, KEY, "key", key, strlen(key));
	*ret_value = otlp_begin(out, VALUE, "value");
	return begin;
}

void otlp_attribute(struct otlp_out *out, unsigned number, const char *key, const json_t *value)
{
	size_t begin, any;

	if (json_is_string(value)) {
		otlp_attribute_text(out, number, key, json_string_value(value), json_string_length(value));
		return;
	}
	if (json_is_integer(value)) {
		otlp_attribute_int(out, number, key, json_integer_value(value));
		return;
	}
	begin = begin_attribute(out, number, key, &any);
	put_any(out, value);
	otlp_end(out, any);
	otlp_end(out, begin);
}

void otlp_attribute_text(struct otlp_out *out, unsigned number, const char *key, const char *text, size_t len)
{
	size_t begin, any;

	if (!out->json) {
		begin_known(out, number, key, protobuf_bytes_size(STRING, len));
		protobuf_bytes(out->buf, STRING, text, len);
		return;
	}
	begin = begin_attribute(out, number, key, &any);
	otlp_text(out, STRING, "stringValue", text, len);
	otlp_end(out, any);
	otlp_end(out, begin);
}

void otlp_attribute_int(struct otlp_out *out, unsigned number, const char *key, int64_t value)
{
	size_t begin, any;

	if (!out->json) {
		begin_known(out, number, key, 1 + protobuf_varint_size((uint64_t)value));
		put_int(out, value);
		return;
	}
	begin = begin_attribute(out, number, key, &any);
	put_int(out, value);
	otlp_end(out, any);
	otlp_end(out, begin);
}
