/* SPDX-License-Identifier: Apache-2.0 */
/* From untrusted bytes to a record: each length, offset and range is checked here and nowhere else. Pure. */
#ifndef LW_PROBE_DECODE_H
#define LW_PROBE_DECODE_H

#include <stddef.h>

#include "model/record.h"

/* Decodes one message of exactly size bytes, aligned to eight. Returns 0, or -EBADMSG. */
int decode(const void *message, size_t size, struct record *ret);

/* For the account of what decode refused: the source that the message says to be from, and how many failures
 * it stood for. SOURCES when it does not even say that. */
enum record_source message_source(const void *message, size_t size, uint64_t *ret_units);

#endif
