/* SPDX-License-Identifier: Apache-2.0 */
/* What pip has installed in the virtual environments of services, and npm in a folder, so that it is known
 * when it changes. */
#ifndef LW_COMMAND_ENVIRONMENTS_H
#define LW_COMMAND_ENVIRONMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define ENVIRONMENTS 32 /* the one that was looked at longest ago makes room */

struct environments {
	struct environment {
		char home[256];   /* empty: unused */
		bool npm;         /* else pip */
		struct buf names; /* as environment_read has them */
		uint64_t used;
	} all[ENVIRONMENTS];
	uint64_t uses;
};

void environments_free(struct environments *e);

/* Looks at one, unless it is known already. */
void environments_note(struct environments *e, const char *home, bool npm);
/* The same of one that pip or npm was started in at that time (ns since the epoch); known or not, what was
 * changed before that time counts as it is. */
void environments_begin(struct environments *e, const char *home, bool npm, uint64_t time);
/* It has ended: puts what is another version than before, or gone, into changes, a line "NAME BEFORE" each,
 * and the new ones are what is known from then on. */
void environments_end(struct environments *e, const char *home, bool npm, struct buf *changes);

#endif
