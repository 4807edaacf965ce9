/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back from a helper, which may be in the hands of whoever wrote the file that it parsed: every
 * field is checked. */
#ifndef LW_SYMBOLIZE_ANSWER_H
#define LW_SYMBOLIZE_ANSWER_H

#include "symbolize/protocol.h"
#include "symbolize/symbolize.h"

/* One, reused for each result: what symbolized points to. */
struct answer {
	struct frames frames;
	char build_ids[SNAPSHOT_MAPS][2 * SNAPSHOT_BUILD_ID + 1];
	struct symbolized symbolized;
	bool behind; /* the helper goes on reading */
};

/* Reads a result for the request id with map_count mappings. Returns 0, or -EBADMSG for what no honest helper
 * sends. */
int answer_read(struct answer *answer, const void *bytes, size_t length, uint32_t id, unsigned map_count);
/* The pc alone. why: an enum why. */
void answer_raw(struct answer *answer, const struct snapshot *snapshot, unsigned why);
/* Whether a helper may ask for such a debug file: below /.build-id/ or /.dwz/, a plain file name,
 * also behind .debug/ or DEBUG_LINK, or SYMBOLIZER_PERF_MAP. */
bool answer_path_is_good(const char path[ASK_PATH]);

#endif
