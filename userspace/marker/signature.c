/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of webhooks. */
#include "marker/signature.h"

#include <string.h>

#include "base/hmac.h"

#define PREFIX "sha256="

bool signature_is(const char *secret, const void *body, size_t len, const char *header)
{
	char right[HMAC_TEXT_SIZE];
	volatile unsigned char differs = 0;

	if (strlen(header) != strlen(PREFIX) + HMAC_TEXT_SIZE - 1 ||
		strncmp(header, PREFIX, strlen(PREFIX)) != 0 ||
		hmac_sha256(secret, strlen(secret), NULL, body, len, right) < 0)
		return false;
	header += strlen(PREFIX);
	for (size_t n = 0; right[n]; n++)
		differs |= (unsigned char)(header[n] ^ right[n]);
	return !differs;
}
