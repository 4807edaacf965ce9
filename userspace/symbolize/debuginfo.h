/* SPDX-License-Identifier: Apache-2.0 */
/* Debug information that is not on this host: asked from debuginfod servers, kept in a folder, by build-id.
 * Nobody waits for it. */
#ifndef LW_SYMBOLIZE_DEBUGINFO_H
#define LW_SYMBOLIZE_DEBUGINFO_H

#include <stdint.h>

#include "base/loop.h"

#define DEBUGINFO_SIZE   (1ull << 30)     /* bytes of all files together, unless configured */
#define DEBUGINFO_FILE   (512ull << 20)   /* bytes of one file */
#define DEBUGINFO_QUEUE  64u              /* build-ids that wait */
#define DEBUGINFO_FAILED 256u             /* failures in DEBUGINFO_REST; after that nothing more is asked */
#define DEBUGINFO_REST   3600000000000ull /* ns until a build-id that failed is asked for again */

struct debuginfo_options {
	char *urls;    /* owned by whoever made it; NULL or empty: nothing is asked */
	uint64_t size; /* of all files */
};

struct debuginfo;

/* NULL when base is a server's address that may be configured, else what is expected. */
const char *debuginfo_check_url(const char *url);

/* Forks the process that downloads: to be called before anything else is opened. options must outlive it.
 * Returns 0, -ELIBACC without libcurl, or -errno. */
int debuginfo_start(struct debuginfo **ret, const struct debuginfo_options *options);
/* From now on files are kept in the folder "debuginfo" of state, made if need be. Returns 0 or -errno. */
int debuginfo_attach(struct debuginfo *debuginfo, struct loop *loop, const char *state);
/* Takes NULL; ends a download. To be called before loop_free. */
void debuginfo_stop(struct debuginfo *debuginfo);

/* Opens the file for path ("/.build-id/ab/cdef.debug"), or sees that it is asked for. Takes NULL. Returns a
 * descriptor; -EINPROGRESS when it is being fetched, or waits for that; -EAGAIN when it cannot be had for
 * now; -ENOENT when nothing is asked, or path is no such path. */
int debuginfo_open(struct debuginfo *debuginfo, const char *path);

#endif
