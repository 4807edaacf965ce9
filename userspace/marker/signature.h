/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a body was signed by one who knows the secret, as GitHub signs its webhooks. */
#ifndef LW_MARKER_SIGNATURE_H
#define LW_MARKER_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether header is "sha256=" and 64 hexadecimal digits, as in X-Hub-Signature-256: the HMAC-SHA256 of the
 * body with this secret. Takes a time that tells nothing of where they differ. */
bool signature_is(const char *secret, const void *body, size_t len, const char *header);

#endif
