/* SPDX-License-Identifier: Apache-2.0 */
/* The table of processes against /proc, after the rings lost starts or ends of some. What is put right comes
 * as messages of the stream, in pieces of a second. */
#ifndef LW_COMMAND_RECHECK_H
#define LW_COMMAND_RECHECK_H

#include "command/pipeline.h"

struct recheck;

/* pipeline is borrowed: its table is asked, and gets the messages. Returns 0 or -ENOMEM. */
int recheck_new(struct recheck **ret, struct pipeline *pipeline);
/* Takes NULL. */
void recheck_free(struct recheck *recheck);

/* Once a second, when all that the rings had has been taken. */
void recheck_second(struct recheck *recheck);

#endif
