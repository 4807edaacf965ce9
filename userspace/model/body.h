/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the JSON of an event, for those it is handed on to. */
#ifndef LW_MODEL_BODY_H
#define LW_MODEL_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The value at a dotted path such as "process.pid"; NULL when it is absent or null, or object is NULL. */
const json_t *body_at(const json_t *object, const char *path);

/* The same as text, "" when it is none. Borrowed from object. */
const char *body_text(const json_t *object, const char *path);

/* The build-id of the executable, by a frame in it; NULL: none is known. */
const json_t *body_build_id(const json_t *object);

/* The last line that it wrote, without space at its end; NULL: it wrote none. Borrowed, not ended by NUL. */
const char *body_last_line(const json_t *object, size_t *ret_len);

/* An end of a connection: "ADDRESS:PORT" or "[V6]:PORT", "unix:PATH". Anything else is an address alone. */
struct body_end {
	const char *address; /* borrowed, not ended by NUL */
	size_t len;
	int port; /* -1: none, or not known */
	bool is_unix;
};

/* Returns whether there is one. */
bool body_end(const json_t *object, const char *path, struct body_end *ret);

/* Whether an event of this kind is the end of a process. */
bool body_is_death(const char *kind);

#endif
