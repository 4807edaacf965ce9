/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents that the store still calls open, and that the engine knows no more: it was begun anew by another
 * version, or had no room. */
#ifndef LW_COMMAND_LEFTOVER_H
#define LW_COMMAND_LEFTOVER_H

#include "correlate/engine.h"
#include "store/store.h"

/* Closes them when they were seen last (the store's open transaction). Returns 0 or -errno. */
int leftover_close(struct store *store, struct engine *engine);

#endif
