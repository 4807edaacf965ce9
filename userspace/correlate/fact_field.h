/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a fact from JSON by tables of keys. */
#ifndef LW_CORRELATE_FACT_FIELD_H
#define LW_CORRELATE_FACT_FIELD_H

#include "base/json_read.h"
#include "correlate/fact.h"

enum field_type { TEXT, NUMBER, SECONDS, TIME, KIND, INSIDE, FIRST, FRAMES, CALLS, CALLERS, CAUSES, UNUSED };

struct field {
	const char *key;
	size_t len; /* of the key */
	enum field_type type;
	size_t offset;
	size_t size;
	const struct field *inside; /* the table of the object, or of the first element of the array */
	size_t known;               /* offset of a bool that is set when it was there; 0: none */
};

struct fact_reading {
	struct json_reader reader;
	struct fact *fact;
	int kind;                   /* -EINVAL: none; -ENOTSUP: unknown */
	uint32_t kinds;             /* a bit for each that is wanted, any other is an error; 0: all are */
	char cause_type[FACT_NAME]; /* of the exception's last cause; empty: it has none */
	char cause[FACT_TEXT];      /* its message */
};

/* Reads the object that comes next; a table ends with a row without a key. */
void fact_read_object(struct fact_reading *g, const struct field *fields);

#endif
