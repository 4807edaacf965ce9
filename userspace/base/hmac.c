/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 by libnettle, loaded where something is signed: libmicrohttpd brings it with its TLS, so that
 * where there is an endpoint it is loaded already. */
#include "base/hmac.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/library.h"

struct nettle_library {
	typeof(nettle_hmac_sha256_set_key) *set_key;
	typeof(nettle_hmac_sha256_update) *update;
	typeof(nettle_hmac_sha256_digest) *digest;
};

/* A library is the process's, so what was found of it is kept once. */
static const struct nettle_library *nettle_library(void)
{
	static const struct library_function functions[] = {
		{"nettle_hmac_sha256_set_key", offsetof(struct nettle_library, set_key)},
		{"nettle_hmac_sha256_update", offsetof(struct nettle_library, update)},
		{"nettle_hmac_sha256_digest", offsetof(struct nettle_library, digest)},
	};
	static const char *const names[] = {"libnettle.so.8", NULL};
	static struct nettle_library library;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &library);
	return handle ? &library : NULL;
}

int hmac_sha256(const char *secret, size_t secret_len, const char *head, const void *body, size_t len,
	char ret[HMAC_TEXT_SIZE])
{
	const struct nettle_library *nettle = nettle_library();
	uint8_t digest[HMAC_SIZE];
	struct hmac_sha256_ctx hmac;

	if (!nettle)
		return -ELIBACC;
	nettle->set_key(&hmac, secret_len, (const uint8_t *)secret);
	if (head)
		nettle->update(&hmac, strlen(head), (const uint8_t *)head);
	nettle->update(&hmac, len, body);
	nettle->digest(&hmac, sizeof(digest), digest);
	explicit_bzero(&hmac, sizeof(hmac));
	for (size_t n = 0; n < sizeof(digest); n++)
		snprintf(ret + 2 * n, 3, "%02x", digest[n]);
	return 0;
}
