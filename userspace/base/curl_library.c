/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl by its names. A library is the process's, so what was found of it is kept once. */
#include "base/curl_library.h"

#include <dlfcn.h>
#include <stddef.h>

#define FIND(name)                                                                                           \
	{                                                                                                    \
		"curl_" #name, offsetof(struct curl_library, name)                                           \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FIND(global_init),
	FIND(easy_init),
	FIND(easy_reset),
	FIND(easy_setopt),
	FIND(easy_getinfo),
	FIND(easy_perform),
	FIND(easy_send),
	FIND(easy_recv),
	FIND(easy_strerror),
	FIND(easy_cleanup),
	FIND(slist_append),
	FIND(slist_free_all),
	FIND(multi_init),
	FIND(multi_setopt),
	FIND(multi_add_handle),
	FIND(multi_remove_handle),
	FIND(multi_socket_action),
	FIND(multi_info_read),
	FIND(multi_cleanup),
};

static void *find(struct curl_library *library)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
	void *handle = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !handle; i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; handle && i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *found = dlsym(handle, functions[i].name);

		if (!found) {
			dlclose(handle);
			return NULL;
		}
		*(void **)((char *)library + functions[i].offset) = found;
	}
	return handle;
}

const struct curl_library *curl_library(void)
{
	static struct curl_library library;
	static void *handle;

	if (!handle)
		handle = find(&library);
	return handle ? &library : NULL;
}
