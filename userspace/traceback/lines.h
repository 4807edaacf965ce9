/* SPDX-License-Identifier: Apache-2.0 */
/* What a log puts around a program's line. */
#ifndef LW_TRACEBACK_LINES_H
#define LW_TRACEBACK_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "traceback/span.h"

/* Both as they stand in the text, escaped. */
typedef void (*lines_value_fn)(void *context, struct span key, struct span value);

/* Calls fn with each string of a JSON object, however deep, that has a key. Lenient: a cut or broken object
 * gives what was whole before. */
void lines_json(struct span object, lines_value_fn fn, void *context);

/* s begins behind the opening quote; sets *ret to what is inside, moves s behind the closing one. False
 * without one. */
bool lines_take_string(struct span *s, struct span *ret);
/* As JSON has it, to out, not ended by a NUL; returns the bytes. What does not fit is cut off. */
size_t lines_unescape(struct span s, char *out, size_t size);

#endif
