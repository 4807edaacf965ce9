/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, loaded where something is fetched or sent: a daemon that does neither need not hold it. */
#ifndef LW_BASE_CURL_LIBRARY_H
#define LW_BASE_CURL_LIBRARY_H

#include <curl/curl.h>

/* Options are set through a type of its own for each kind of value: curl.h checks them only for direct calls.
 */
struct curl_library {
	typeof(curl_global_init) *global_init;
	typeof(curl_easy_init) *easy_init;
	typeof(curl_easy_reset) *easy_reset;
	typeof(curl_easy_setopt) *easy_setopt;
	typeof(curl_easy_getinfo) *easy_getinfo;
	typeof(curl_easy_perform) *easy_perform;
	typeof(curl_easy_send) *easy_send;
	typeof(curl_easy_recv) *easy_recv;
	typeof(curl_easy_strerror) *easy_strerror;
	typeof(curl_easy_cleanup) *easy_cleanup;
	typeof(curl_slist_append) *slist_append;
	typeof(curl_slist_free_all) *slist_free_all;
	typeof(curl_multi_init) *multi_init;
	typeof(curl_multi_setopt) *multi_setopt;
	typeof(curl_multi_add_handle) *multi_add_handle;
	typeof(curl_multi_remove_handle) *multi_remove_handle;
	typeof(curl_multi_socket_action) *multi_socket_action;
	typeof(curl_multi_info_read) *multi_info_read;
	typeof(curl_multi_cleanup) *multi_cleanup;
};

/* Loads it at the first call. NULL when it is not there. */
const struct curl_library *curl_library(void);

#endif
