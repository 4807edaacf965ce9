/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that take a noticed change back, to be typed as they are. Names are strangers' texts: with one
 * that a shell would read in another way than as that one word there is no command. Each fills undo, empty
 * where there is none. */
#ifndef LW_MARKER_INFER_UNDO_H
#define LW_MARKER_INFER_UNDO_H

#include <stdbool.h>

#include "marker/infer.h"

/* apt gets the version before; of a package that was not there nothing is known. */
void undo_package(const struct infer_package *package, char undo[EVENT_UNDO]);

/* A limit of a unit, by the file of its control group; the value as infer_limit has it. */
void undo_limit(const char *unit, const char *file, const char *before, char undo[EVENT_UNDO]);

/* The link leads to folder, whose last part is the release, and led to the one before that beside it. */
void undo_release(
	const char *link, const char *folder, const char *release, const char *before, char undo[EVENT_UNDO]);

/* What was in a file is in old. */
void undo_file(const char *path, const char *old, bool unit, char undo[EVENT_UNDO]);

#endif
