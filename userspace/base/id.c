/* SPDX-License-Identifier: Apache-2.0 */
/* Event ids and the hash behind them. */
#include "base/id.h"

#include <string.h>

#include "base/clock.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford: no I, L, O, U */

void id_make(uint64_t time_ns, uint64_t entropy, char id[ID_SIZE])
{
	uint64_t high = time_ns / NS_PER_MS << 16 | time_ns % NS_PER_MS / 16;
	uint64_t low = entropy;

	for (size_t i = ID_LEN; i-- > 0;) {
		id[i] = alphabet[low & 31];
		low = low >> 5 | high << 59;
		high >>= 5;
	}
	id[ID_LEN] = '\0';
}

bool id_valid(const char *text)
{
	return strlen(text) == ID_LEN && strspn(text, alphabet) == ID_LEN && text[0] <= '7';
}

uint64_t id_hash(uint64_t seed, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t hash = 0xcbf29ce484222325 ^ seed;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3;
	/* The finalizer of MurmurHash3: FNV-1a alone leaves the high bits of short keys poor. */
	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
	return hash ^ hash >> 33;
}
