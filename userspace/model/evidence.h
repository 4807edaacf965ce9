/* SPDX-License-Identifier: Apache-2.0 */
/* What a death left behind: its stack, its last words, the exception in them, and what had failed before. All
 * is borrowed and lives until the event has been handed out; NULL or a count of 0 means none. */
#ifndef LW_MODEL_EVIDENCE_H
#define LW_MODEL_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "model/exception.h"
#include "model/record.h"
#include "model/remains.h"
#include "model/snapshot.h"

/* A file that frames lie in. */
struct evidence_module {
	const char *path; /* NULL: not known, or no file */
	char build_id[2 * SNAPSHOT_BUILD_ID + 1];
};

/* A thread that left with its process. */
struct evidence_thread {
	uint32_t tid;
	uint32_t same; /* further threads with these very frames */
	char name[RECORD_COMM];
	bool truncated;
	unsigned frame_count;
	const struct frame *frames;
};

#define EVIDENCE_CRUMBS 32

/* A failed call or a lost connection of the process. */
struct evidence_crumb {
	uint64_t time; /* ns since the epoch */
	char call[40];
	uint16_t error;
	char subject[RECORD_SUBJECT];
};

struct evidence {
	const struct frames *frames;
	const struct evidence_module *modules; /* indexed by a frame's map */
	unsigned module_count;
	uint64_t callers; /* a hash of who called, where the place of the fault does not tell it; 0: not known
			   */
	const struct evidence_thread *threads;
	unsigned thread_count;
	const struct remains *remains; /* for a core file */
	const struct exception *exception;
	const char *last_words; /* redacted */
	uint32_t last_words_len;
	uint64_t last_words_bytes; /* written in all, as far as it was seen */
	bool last_words_cut;
	const struct evidence_crumb *crumbs; /* oldest first */
	unsigned crumb_count;
};

/* Writes the keys stack, threads, exception, last_words and breadcrumbs, as far as there are any. */
void evidence_json(const struct evidence *evidence, struct json *j);
void exception_json(const struct exception *exception, struct json *j);

#endif
