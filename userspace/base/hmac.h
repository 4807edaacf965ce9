/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256, for webhooks that come in and those that go out. */
#ifndef LW_BASE_HMAC_H
#define LW_BASE_HMAC_H

#include <stddef.h>
#include <stdint.h>

#define HMAC_SIZE      32
#define HMAC_TEXT_SIZE (2 * HMAC_SIZE + 1)

/* Of head, which may be NULL, and body behind it. ret: lower-case hexadecimal. Returns 0, or -ELIBACC when
 * libnettle is not there. */
int hmac_sha256(const char *secret, size_t secret_len, const char *head, const void *body, size_t len,
	char ret[HMAC_TEXT_SIZE]);

#endif
