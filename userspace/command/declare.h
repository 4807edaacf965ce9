/* SPDX-License-Identifier: Apache-2.0 */
/* How changes and decisions come to the daemon: the control socket, the HTTP endpoint, files in a folder. */
#ifndef LW_COMMAND_DECLARE_H
#define LW_COMMAND_DECLARE_H

#include "base/loop.h"
#include "command/config.h"
#include "command/notice.h"
#include "command/pipeline.h"

struct declare;

/* Listens on STATE/control.sock and on what else is configured; what comes is stored through the pipeline;
 * notice knows which services there are.
 * Calls decided after each decision. All that is passed must outlive it, and it is closed before the loop is
 * freed. Returns 0, or -errno after a message. */
int declare_open(struct declare **ret, struct loop *loop, const char *state, const struct config *config,
	struct pipeline *pipeline, const struct notice *notice, void (*decided)(void *context),
	void *context);
/* Once a second; takes NULL. */
void declare_second(struct declare *declare);
/* Takes NULL. */
void declare_close(struct declare *declare);

#endif
