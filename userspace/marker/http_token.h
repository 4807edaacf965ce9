/* SPDX-License-Identifier: Apache-2.0 */
/* The token that the endpoint for markers wants to see. */
#ifndef LW_MARKER_HTTP_TOKEN_H
#define LW_MARKER_HTTP_TOKEN_H

#include <stdbool.h>

#include "base/buf.h"

#define HTTP_TOKEN_MAX 256

/* Reads the token of 16 to 255 printable bytes; a line end behind it is not of it. A file that others may
 * read is refused. Returns 0, or -errno with the reason in error. */
int http_token(const char *path, char token[HTTP_TOKEN_MAX], struct buf *error);

/* Whether both are the same, in a time that tells nothing of where they differ. */
bool http_token_is(const char *token, const char *shown);

#endif
