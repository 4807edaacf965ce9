/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that are loaded where they are wanted: a program that has no use for one need not hold it. */
#ifndef LW_BASE_LIBRARY_H
#define LW_BASE_LIBRARY_H

#include <stddef.h>

struct library_function {
	const char *name;
	size_t offset; /* of the pointer to it */
};

/* Loads the first of names, a list that NULL ends, that is there, and fills the pointers of to. Returns its
 * handle, which is never closed, or NULL: none is there, or it lacks one of the functions. */
void *library_load(
	const char *const *names, const struct library_function *functions, size_t count, void *to);

#endif
