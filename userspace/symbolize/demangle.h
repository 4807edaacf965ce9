/* SPDX-License-Identifier: Apache-2.0 */
/* Readable names of C++ and Rust symbols. */
#ifndef LW_SYMBOLIZE_DEMANGLE_H
#define LW_SYMBOLIZE_DEMANGLE_H

#include <stddef.h>

/* Writes the readable form of a symbol to text, cut to size: without parameters, version ("@…") and hash, and
 * where it is too long without template arguments; a name that is not mangled as it is. */
void demangle(const char *symbol, char *text, size_t size);

#endif
