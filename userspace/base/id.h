/* SPDX-License-Identifier: Apache-2.0 */
/* Event ids: 26 characters of Crockford base32 in ULID form (github.com/ulid/spec): 48 bits of milliseconds,
 * then 80 bits. Here the first 16 of those 80 hold the time below the millisecond in steps of 16 ns, so that
 * ids sort by time as text; the other 64 are entropy that the caller derives from the event, so that the same
 * capture gives the same ids. */
#ifndef LW_BASE_ID_H
#define LW_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#define ID_LEN  26
#define ID_SIZE (ID_LEN + 1)

/* time_ns: since the epoch. */
void id_make(uint64_t time_ns, uint64_t entropy, char id[ID_SIZE]);

/* Whether text is an id as id_make writes them (upper case). */
bool id_valid(const char *text);

/* 64-bit hash of bytes (FNV-1a with a final mix), chained through seed. */
uint64_t id_hash(uint64_t seed, const void *bytes, size_t len);

#endif
