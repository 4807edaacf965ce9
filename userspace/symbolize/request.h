/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the helper that waits for its turn. */
#ifndef LW_SYMBOLIZE_REQUEST_H
#define LW_SYMBOLIZE_REQUEST_H

#include "symbolize/symbolize.h"

struct request {
	struct request *next;
	uint32_t id;
	symbolizer_open_fn open;
	symbolizer_done_fn done;
	void *context;
	struct snapshot snapshot; /* its maps and stack follow */
	uint64_t bytes[];
};

/* A copy of the snapshot, the rest is the caller's to fill; free() it. NULL: out of memory, or it is too
 * large. */
struct request *request_new(const struct snapshot *snapshot);

#endif
