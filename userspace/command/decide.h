/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions about issues. */
#ifndef LW_COMMAND_DECIDE_H
#define LW_COMMAND_DECIDE_H

#include <stdbool.h>

/* resolve, ignore, merge. */
bool decide_is_action(const char *word);

/* words: action, issue, and for merge the one that it goes into; then NULL. Prints what was
 * decided unless quiet. Returns an exit status, and has told what went wrong. */
int decide(const char *state, char **words, bool quiet);

#endif
