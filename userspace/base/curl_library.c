/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl by its names. A library is the process's, so what was found of it is kept once. */
#include "base/curl_library.h"

#include "base/library.h"

#define FIND(name)                                                                                           \
	{                                                                                                    \
		"curl_" #name, offsetof(struct curl_library, name)                                           \
	}

static const struct library_function functions[] = {
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

const struct curl_library *curl_library(void)
{
	static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
	static struct curl_library library;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &library);
	return handle ? &library : NULL;
}
