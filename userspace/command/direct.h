/* SPDX-License-Identifier: Apache-2.0 */
/* Events of commands that find no daemon: into its database, past it. */
#ifndef LW_COMMAND_DIRECT_H
#define LW_COMMAND_DIRECT_H

#include "model/event.h"
#include "store/store.h"

/* This host, as the daemon's events tell it. */
void direct_host(struct event_host *ret);

/* Stores an event and makes it durable. Returns 0 or -errno. */
int direct_add(struct store *store, const struct event *event);

/* Tells the user that nobody else has taken it. */
void direct_say(const char *state);

#endif
