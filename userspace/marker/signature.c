/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 by libnettle, which libmicrohttpd brings with its TLS: where there is an endpoint it is loaded
 * already, and a daemon without one does not hold it. */
#include "marker/signature.h"

#include <dlfcn.h>
#include <errno.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "sha256="

/* A library is the process's, so what was found of it is kept once. */
static const struct library {
	typeof(nettle_hmac_sha256_set_key) *set_key;
	typeof(nettle_hmac_sha256_update) *update;
	typeof(nettle_hmac_sha256_digest) *digest;
} * library(void)
{
	static struct library found;
	static void *handle;

	if (handle)
		return &found;
	handle = dlopen("libnettle.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return NULL;
	*(void **)&found.set_key = dlsym(handle, "nettle_hmac_sha256_set_key");
	*(void **)&found.update = dlsym(handle, "nettle_hmac_sha256_update");
	*(void **)&found.digest = dlsym(handle, "nettle_hmac_sha256_digest");
	if (found.set_key && found.update && found.digest)
		return &found;
	dlclose(handle);
	handle = NULL;
	return NULL;
}

int signature_make(
	const void *secret, size_t secret_len, const void *body, size_t len, uint8_t ret[SIGNATURE_SIZE])
{
	const struct library *nettle = library();
	struct hmac_sha256_ctx hmac;

	if (!nettle)
		return -ELIBACC;
	nettle->set_key(&hmac, secret_len, secret);
	nettle->update(&hmac, len, body);
	nettle->digest(&hmac, SIGNATURE_SIZE, ret);
	explicit_bzero(&hmac, sizeof(hmac));
	return 0;
}

bool signature_is(const char *secret, const void *body, size_t len, const char *header)
{
	uint8_t made[SIGNATURE_SIZE];
	char text[sizeof(PREFIX) + 2 * SIGNATURE_SIZE] = PREFIX;
	volatile unsigned char differs = 0;

	if (strlen(header) != sizeof(text) - 1 || signature_make(secret, strlen(secret), body, len, made) < 0)
		return false;
	for (size_t n = 0; n < SIGNATURE_SIZE; n++)
		snprintf(text + strlen(PREFIX) + 2 * n, 3, "%02x", made[n]);
	for (size_t n = 0; header[n]; n++)
		differs |= (unsigned char)(header[n] ^ text[n]);
	return !differs;
}
