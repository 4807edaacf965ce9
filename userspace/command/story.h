/* SPDX-License-Identifier: Apache-2.0 */
/* What the stored events tell of an issue or incident, for people. */
#ifndef LW_COMMAND_STORY_H
#define LW_COMMAND_STORY_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/store.h"

/* Append to the page of an incident, whose JSON body is, what happened from an hour before it to its end: the
 * changes and the first failures of each issue, kind and service; to that of an issue its last events, and
 * what the newest of them tells of the place. Return 0 or -errno. */
int story_of_incident(struct store *store, const char *body, bool colour, struct buf *out);
int story_of_issue(struct store *store, const char *body, bool colour, struct buf *out);

#endif
