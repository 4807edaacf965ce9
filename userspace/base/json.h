/* SPDX-License-Identifier: Apache-2.0 */
/* A streaming JSON writer into a buf. Commas, nesting and escaping are its business; key may be NULL
 * inside an array. Strings may hold any bytes: invalid UTF-8 becomes U+FFFD, control characters are
 * escaped (RFC 8259), so the output is always one valid line. Integers are exact over 64 bits. */
#ifndef LW_BASE_JSON_H
#define LW_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX 16

struct json {
	struct buf *out;
	unsigned depth;
	bool comma[JSON_DEPTH_MAX];
};

/* Begins to write, without a value yet, into out, which the caller owns and checks for failure at the end. */
void json_begin(struct json *j, struct buf *out);
void json_object_begin(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);

/* Values. */
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_hex(struct json *j, const char *key, uint64_t value);  /* "0x…" as a string */
void json_seconds(struct json *j, const char *key, uint64_t ns); /* a number of seconds, 9 decimals at most */
void json_bool(struct json *j, const char *key, bool value);
void json_none(struct json *j, const char *key);
/* NULL writes null. */
void json_str(struct json *j, const char *key, const char *value);
void json_strn(struct json *j, const char *key, const char *bytes, size_t len);
/* As json_str, but an empty or NULL value writes nothing at all: absent means not known. */
void json_str_known(struct json *j, const char *key, const char *value);
/* Already valid JSON, copied as it is. */
void json_raw(struct json *j, const char *key, const char *json_text);

#endif
