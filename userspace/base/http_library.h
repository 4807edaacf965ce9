/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd, loaded when an endpoint is wanted: it brings two megabytes of TLS that a daemon without one
 * need not hold. */
#ifndef LW_BASE_HTTP_LIBRARY_H
#define LW_BASE_HTTP_LIBRARY_H

#include <microhttpd.h>

struct http_library {
	typeof(MHD_start_daemon) *start_daemon;
	typeof(MHD_stop_daemon) *stop_daemon;
	typeof(MHD_run) *run;
	typeof(MHD_get_timeout) *get_timeout;
	typeof(MHD_get_daemon_info) *get_daemon_info;
	typeof(MHD_get_connection_info) *get_connection_info;
	typeof(MHD_lookup_connection_value) *lookup_connection_value;
	typeof(MHD_basic_auth_get_username_password) *basic_auth_get_username_password;
	typeof(MHD_create_response_from_buffer) *create_response_from_buffer;
	typeof(MHD_add_response_header) *add_response_header;
	typeof(MHD_queue_response) *queue_response;
	typeof(MHD_destroy_response) *destroy_response;
	typeof(MHD_free) *free;
};

/* Loads it at the first call. NULL when it is not there. */
const struct http_library *http_library(void);

#endif
