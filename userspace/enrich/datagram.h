/* SPDX-License-Identifier: Apache-2.0 */
/* What a program sent to journald or syslog, in the form of lines. */
#ifndef LW_ENRICH_DATAGRAM_H
#define LW_ENRICH_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

/* Behind each datagram in captured text stand these bytes and its length in the machine's byte order, as
 * struct lw_datagram_end of bpf/events.h. */
#define DATAGRAM_MARK      "\0\1LW"
#define DATAGRAM_MARK_SIZE 4
#define DATAGRAM_END_SIZE  8

/* In place: of journald's native format MESSAGE is left, with "<PRIORITY>" before it; of syslog's the text
 * without time and tag; all else stays. Each ends in a newline. Of a datagram whose begin is not there
 * nothing is left; returns whether text began with such a one. */
bool datagram_unwrap(char *text, uint32_t *len);

#endif
