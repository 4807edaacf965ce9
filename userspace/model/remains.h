/* SPDX-License-Identifier: Apache-2.0 */
/* What remains of a dead process: all that its core file is made of. Plain data. A blob of it is stored with
 * the event of the death: a compact form with a version, compressed. */
#ifndef LW_MODEL_REMAINS_H
#define LW_MODEL_REMAINS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/record.h"
#include "model/snapshot.h"

#define REMAINS_VERSION 1
#define REMAINS_MAX     (4u << 20) /* bytes of a blob before it was compressed */

struct remains_thread {
	uint32_t tid;
	char comm[RECORD_COMM];
	uint64_t registers[SNAPSHOT_REGISTERS]; /* struct pt_regs of the architecture */
	uint64_t bases[2];                      /* of thread-local storage; fs and gs of x86 */
	uint64_t stack_start;
	uint32_t stack_size;
	const uint8_t *stack; /* borrowed */
};

struct remains_map {
	struct snapshot_map map;
	const char *path;     /* borrowed; empty: none or not known */
	const char *build_id; /* hex, borrowed; empty: not known */
};

struct remains {
	enum snapshot_arch arch;
	uint32_t pid, ppid, uid, gid;
	uint32_t signal;
	int32_t code;
	uint64_t address;
	char comm[RECORD_COMM];
	char args[RECORD_ARGS]; /* NUL-separated, redacted */
	uint32_t args_len;
	uint64_t auxv[SNAPSHOT_AUXV];
	unsigned thread_count; /* the one that ended the process first */
	struct remains_thread threads[SNAPSHOT_THREADS];
	unsigned map_count;
	struct remains_map maps[SNAPSHOT_MAPS];
};

/* Appends the blob. Returns 0 or -ENOMEM. */
int remains_encode(const struct remains *remains, struct buf *out);

/* Reads a blob, which may be damaged: -EBADMSG; -EPROTO: of a newer version; -ENOMEM. What ret borrows lies
 * in *ret_bytes, to be freed by the caller. */
int remains_decode(const void *blob, size_t size, struct remains *ret, void **ret_bytes);

#endif
