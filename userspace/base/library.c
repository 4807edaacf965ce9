/* SPDX-License-Identifier: Apache-2.0 */
/* A library by a table of names. */
#include "base/library.h"

#include <dlfcn.h>

void *library_load(const char *const *names, const struct library_function *functions, size_t count, void *to)
{
	void *handle = NULL;

	for (; *names && !handle; names++)
		handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; handle && i < count; i++) {
		void *found = dlsym(handle, functions[i].name);

		if (!found) {
			dlclose(handle);
			return NULL;
		}
		*(void **)((char *)to + functions[i].offset) = found;
	}
	return handle;
}
