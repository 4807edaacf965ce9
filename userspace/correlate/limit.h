/* SPDX-License-Identifier: Apache-2.0 */
/* What the record of a death tells of the limits that the process had reached. */
#ifndef LW_CORRELATE_LIMIT_H
#define LW_CORRELATE_LIMIT_H

#include <stdbool.h>

#include "correlate/fact.h"

struct limit {
	const char *name; /* as of a resource: "EMFILE", "RLIMIT_CPU"; a constant */
	char words[96];   /* what was reached, the end of a sentence about the process */
};

/* Returns whether one was reached; then fills ret. */
bool limit_of(const struct fact *f, struct limit *ret);

/* Whether the OOM killer chose a process though another one, of another name, held more. */
bool limit_spared(const struct fact *f);

#endif
