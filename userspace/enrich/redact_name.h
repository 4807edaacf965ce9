/* SPDX-License-Identifier: Apache-2.0 */
/* Which names speak of a secret, and which of their values are none; private to redact.c. */
#ifndef LW_ENRICH_REDACT_NAME_H
#define LW_ENRICH_REDACT_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
	NAME_SECRET = 1,
	NAME_PATH = 2,  /* a value that is a path is no secret */
	NAME_COUNT = 4, /* nor is a number */
};

/* Returns 0, or NAME_SECRET with what else is known. Dashes, dots, underscores and case do not matter. */
unsigned redact_name(const char *name, size_t len);

/* Whether a value of such a name hides nothing: a switch, a reference to a variable, nothing at all. */
bool redact_value_plain(unsigned name, const char *value, size_t len);
/* Whether it does since it is a path, and the name's value may be one. Its end need not be known: three bytes
 * are looked at. */
bool redact_value_is_path(unsigned name, const char *value, size_t len);

#endif
