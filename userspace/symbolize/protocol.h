/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between the daemon and its helper: one packet each on a SOCK_SEQPACKET socket. The daemon sends a
 * request; the helper asks for files, each of which is answered, and ends with a result. A result with behind
 * set is followed by MESSAGE_READY, four bytes, once the helper has read what it left out for speed. The
 * daemon believes nothing of what comes back. */
#ifndef LW_SYMBOLIZE_PROTOCOL_H
#define LW_SYMBOLIZE_PROTOCOL_H

#include <stdint.h>

#include "model/snapshot.h"

enum { MESSAGE_REQUEST = 1, MESSAGE_ASK, MESSAGE_FILE, MESSAGE_RESULT, MESSAGE_READY };

#define DEBUG_LINK "/.link/" /* see symbolizer_open_fn */

#define ASK_PATH 128 /* bytes of a debug file's path, the NUL included */

struct message_request {
	uint32_t type;
	uint32_t id;
	uint32_t arch;
	uint32_t map_count;  /* struct snapshot_map that follow */
	uint32_t stack_size; /* bytes that follow those */
	uint32_t pad;
	uint64_t known, pc, sp, stack_start;
	uint64_t registers[SNAPSHOT_REGISTERS];
};

struct message_ask {
	uint32_t type;
	uint32_t map;         /* index of the mapping */
	char debug[ASK_PATH]; /* see symbolizer_open_fn; empty: the mapped file itself */
};

/* With a descriptor when error is 0. */
struct message_file {
	uint32_t type;
	int32_t error;
	uint32_t lent; /* the file must not be held longer than the request: it pins a file system */
};

struct message_result {
	uint32_t type;
	uint32_t id;
	uint32_t count;          /* struct message_frame that follow */
	uint32_t build_id_count; /* struct message_build_id that follow those */
	uint32_t why, missing;   /* enum why */
	uint32_t truncated;
	uint32_t behind;
};

struct message_frame {
	uint64_t address, offset, symbol_offset;
	int32_t map;
	uint32_t line;
	uint8_t trust, inlined, signal, pad[5];
	char function[FRAME_FUNCTION];
	char file[FRAME_FILE];
};

struct message_build_id {
	uint32_t map;
	uint8_t size;
	uint8_t bytes[SNAPSHOT_BUILD_ID];
	uint8_t pad[3];
};

#define REQUEST_MAX                                                                                          \
	(sizeof(struct message_request) + SNAPSHOT_MAPS * sizeof(struct snapshot_map) + SNAPSHOT_STACK)
#define RESULT_MAX                                                                                           \
	(sizeof(struct message_result) + FRAMES_MAX * sizeof(struct message_frame) +                         \
		SNAPSHOT_MAPS * sizeof(struct message_build_id))

#endif
