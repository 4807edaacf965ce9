/* SPDX-License-Identifier: Apache-2.0 */
/* What the stored events tell of an issue or incident, for people. */
#ifndef LW_COMMAND_STORY_H
#define LW_COMMAND_STORY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "store/store.h"

#define STORY_ISSUES 16u /* of an incident */

/* The issues of an incident that are stored, largest first. Returns how many; json_decref each. */
unsigned story_issues(struct store *store, const json_t *incident, json_t *ret[STORY_ISSUES]);

/* Append to the page of an incident, whose JSON body is, what happened from an hour before it to its end: the
 * changes and the first failures of each issue, kind and service, and the last ones; to that of an issue its
 * last events, and what the newest of them tells of the place. Return 0 or -errno. */
int story_of_incident(struct store *store, const char *body, bool colour, struct buf *out);
int story_of_issue(struct store *store, const char *body, bool colour, struct buf *out);

#endif
