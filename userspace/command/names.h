/* SPDX-License-Identifier: Apache-2.0 */
/* How the stacks of a live host get their names: the helper process, and the files that it is given. */
#ifndef LW_COMMAND_NAMES_H
#define LW_COMMAND_NAMES_H

#include "base/loop.h"
#include "command/pipeline.h"
#include "symbolize/debuginfo.h"

/* The C library that this process uses itself. */
struct library {
	char path[SNAPSHOT_PATH];
	struct snapshot_map map;
};

struct names {
	struct symbolizer *symbolizer; /* NULL: deaths come with raw addresses */
	struct debuginfo *debuginfo;   /* NULL: none is fetched */
	struct files *files;
	struct enrich *enrich;
	struct library library;
};

/* Forks the helpers: to be called before anything else is opened. debuginfo outlives names; NULL: nothing is
 * fetched. What fails has been told. */
void names_start(struct names *names, const struct debuginfo_options *debuginfo);
/* From now on files of what runs are kept, at most limit; to be called before the probes are opened. */
void names_watch(struct names *names, struct pipeline *pipeline, unsigned limit);
/* Hands all to the loop. state: the folder for what is fetched. */
void names_attach(struct names *names, struct loop *loop, const char *state);
/* Takes what was never started, too. To be called before loop_free. */
void names_stop(struct names *names);

#endif
