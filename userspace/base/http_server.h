/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server of libmicrohttpd in the thread of the loop: at most 32 connections of at most 15 s each, and
 * headers of at most 16 KiB. */
#ifndef LW_BASE_HTTP_SERVER_H
#define LW_BASE_HTTP_SERVER_H

#include "base/http_library.h"
#include "base/http_listen.h"
#include "base/loop.h"

struct http_server;

struct http_handler {
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback completed; /* NULL: nothing is to be done then */
	void *context;                          /* of both */
};

/* Listens. Returns 0, or -errno with the reason in error; -ELIBACC without libmicrohttpd. Free it before the
 * loop. */
int http_server_new(struct http_server **ret, struct loop *loop, const struct http_place *place,
	const struct http_handler *handler, struct buf *error);
/* Takes NULL. Removes the socket of a unix: place. */
void http_server_free(struct http_server *server);

/* Answers with text, from malloc and taken over, NULL for no memory. headers are pairs of name and value,
 * ended by NULL; may be NULL. */
enum MHD_Result http_server_answer(
	struct MHD_Connection *c, unsigned status, char *text, const char *const *headers);

#endif
