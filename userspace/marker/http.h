/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP endpoint for CI systems: POST /markers with a token. Off unless it is configured. */
#ifndef LW_MARKER_HTTP_H
#define LW_MARKER_HTTP_H

#include <stdbool.h>

#include "base/loop.h"
#include "marker/control.h"
#include "marker/webhook.h"

#define HTTP_TEXT_MAX 256 /* bytes of listen and of token_file, the NUL included */

struct http_config {
	char listen[HTTP_TEXT_MAX];     /* unix:/PATH, ADDRESS:PORT or [ADDRESS]:PORT; empty: off */
	char token_file[HTTP_TEXT_MAX]; /* holds what a client must show */
	bool anywhere;                  /* other addresses than loopback will do */
};

/* Whether http_open would take the address and the token; yes when it is off. Binds nothing. Returns 0, or
 * -errno with the reason in error. */
int http_config_check(const struct http_config *config, struct buf *error);

/* Takes a declaration that has been checked. Returns 0 with the event's id in id, or -errno. */
typedef int (*http_mark_fn)(void *context, const struct webhook *webhook, char id[ID_SIZE]);

struct http;

/* Listens, in the thread of the loop. A unix socket has the mode and group of the control socket. At most 32
 * connections of at most 15 s each. Returns 0, or -errno with the reason in error. Close it before the loop
 * is freed. */
int http_open(struct http **ret, struct loop *loop, const struct http_config *config,
	const struct control_config *file, http_mark_fn fn, void *context, struct buf *error);
/* Takes NULL. */
void http_close(struct http *http);

#endif
