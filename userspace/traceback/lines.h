/* SPDX-License-Identifier: Apache-2.0 */
/* What a log puts around a program's line. */
#ifndef LW_TRACEBACK_LINES_H
#define LW_TRACEBACK_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "traceback/span.h"

#define WRAP_MAX   2     /* JSON in JSON */
#define VALUE_SIZE 16384 /* bytes of one JSON string; more is cut off */

typedef void (*lines_value_fn)(void *context, const char *text, size_t len);

/* Calls fn with each string of a JSON object, however deep, that by its key is what a program said or the
 * stack it told. Lenient: a cut or broken object gives what was whole before. */
void lines_json(struct span object, lines_value_fn fn, void *context);

#endif
