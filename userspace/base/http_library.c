/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd by its names. A library is the process's, so what was found of it is kept once. */
#include "base/http_library.h"

#include "base/library.h"

#define FIND(name)                                                                                           \
	{                                                                                                    \
		"MHD_" #name, offsetof(struct http_library, name)                                            \
	}

static const struct library_function functions[] = {
	FIND(start_daemon),
	FIND(stop_daemon),
	FIND(run),
	FIND(get_timeout),
	FIND(get_daemon_info),
	FIND(get_connection_info),
	FIND(lookup_connection_value),
	FIND(basic_auth_get_username_password),
	FIND(create_response_from_buffer),
	FIND(add_response_header),
	FIND(queue_response),
	FIND(destroy_response),
	FIND(free),
};

const struct http_library *http_library(void)
{
	static const char *const names[] = {"libmicrohttpd.so.12", NULL};
	static struct http_library library;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &library);
	return handle ? &library : NULL;
}
