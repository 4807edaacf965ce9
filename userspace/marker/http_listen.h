/* SPDX-License-Identifier: Apache-2.0 */
/* Where the HTTP endpoint listens, and the token that it wants to see. */
#ifndef LW_MARKER_HTTP_LISTEN_H
#define LW_MARKER_HTTP_LISTEN_H

#include "base/buf.h"
#include "marker/http.h"

#define HTTP_TOKEN_MAX 256

/* Binds and listens. Returns the descriptor, or -errno with the reason in error. */
int http_listen(const struct http_config *config, const struct control_config *file, struct buf *error);

/* Reads the token of 16 to 255 printable bytes; a line end behind it is not of it. A file that others may
 * read is refused. Returns 0, or -errno with the reason in error. */
int http_token(const char *path, char token[HTTP_TOKEN_MAX], struct buf *error);

/* Whether both are the same, in a time that tells nothing of where they differ. */
bool http_token_is(const char *token, const char *shown);

#endif
