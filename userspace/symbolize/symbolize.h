/* SPDX-License-Identifier: Apache-2.0 */
/* Stack snapshots to frames. ELF and DWARF are parsed in a helper process alone: forked early from a small
 * parent, seccomp, no capabilities, no file system, no network, limits of memory and time; files come to it
 * as descriptors. */
#ifndef LW_SYMBOLIZE_SYMBOLIZE_H
#define LW_SYMBOLIZE_SYMBOLIZE_H

#include <sys/types.h>

#include "base/loop.h"
#include "model/snapshot.h"

struct symbolizer;

#define SYMBOLIZER_MEMORY                                                                                    \
	(128u << 20) /* bytes of its own that a helper may use; mapped files are not counted */
#define SYMBOLIZER_DEADLINE                                                                                  \
	2000000000ull          /* ns for one request, after which the helper is killed and started anew */
#define SYMBOLIZER_PENDING 256 /* requests that may wait; beyond it a request is refused at once */

/* Forks a small process that will fork the helper, and the next one when that dies. To be called before rings
 * are mapped, secrets are read and threads are made. Returns 0 or -errno. */
int symbolizer_start(struct symbolizer **ret);
/* The small process that is the parent of all helpers; 0 without a symbolizer. */
pid_t symbolizer_nursery(const struct symbolizer *symbolizer);
/* Starts the helper. Answers come through the loop from then on. Returns 0 or -errno. */
int symbolizer_attach(struct symbolizer *symbolizer, struct loop *loop);
/* Takes NULL. Pending requests are answered with what is known: raw addresses. To be called before loop_free.
 */
void symbolizer_stop(struct symbolizer *symbolizer);

/* Opens the file of a mapping for the helper, read only; called from the loop, while the request is in the
 * helper, for files that the helper does not know or did not look at for a moment. It must not block:
 * O_NONBLOCK, no network file systems. Returns a descriptor that the symbolizer closes, or -errno; what is no
 * regular file is refused. -EINPROGRESS and -EAGAIN: the file is being fetched, or may be had later. debug:
 * NULL for the mapped file itself; SYMBOLIZER_PERF_MAP: the file in which a compiler at run time names what
 * it made (mappings without a file ask for nothing else); else the file with its debug information, whose
 * place symbolizer_debug_path tells. */
#define SYMBOLIZER_PERF_MAP "/perf-map"
#define SYMBOLIZER_DEBUG    "/usr/lib/debug"
typedef int (*symbolizer_open_fn)(void *context, uint32_t device, uint64_t inode, const char *debug);

/* Where the debug information of the file at path mapped is: debug is a path below SYMBOLIZER_DEBUG
 * ("/.build-id/ab/cdef.debug", "/.dwz/…"), or a name that .gnu_debuglink gives: "NAME" beside the mapped
 * file, ".debug/NAME" below its folder, "/.link/NAME" in the same folder below SYMBOLIZER_DEBUG. Returns 0;
 * -ENOENT, also when mapped is needed and NULL. */
int symbolizer_debug_path(const char *mapped, const char *debug, char *ret, size_t size);

/* Valid until done returns, or calls symbolizer_request. */
struct symbolized {
	const struct frames *frames;
	/* Of each map whose file was opened: its build-id (hex, empty when none). Indexed like the snapshot's
	 * maps. */
	const char (*build_ids)[2 * SNAPSHOT_BUILD_ID + 1];
	const char *missing; /* why names or frames are missing: a constant; NULL when nothing is */
};

typedef void (*symbolizer_done_fn)(void *context, const struct symbolized *result);

/* Sends a snapshot (copied). done is called exactly once, from the loop or from symbolizer_stop, or at once
 * when the request is refused: then result has the pc alone. context is handed to open as well. */
void symbolizer_request(struct symbolizer *symbolizer, const struct snapshot *snapshot,
	symbolizer_open_fn open, symbolizer_done_fn done, void *context);

#endif
