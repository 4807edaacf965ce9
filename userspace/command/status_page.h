/* SPDX-License-Identifier: Apache-2.0 */
/* The page of lastwords status: what is broken, what changed, who cannot be reached, in one screen. */
#ifndef LW_COMMAND_STATUS_PAGE_H
#define LW_COMMAND_STATUS_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "command/alive.h"
#include "store/store.h"

#define STATUS_CHANGES_SINCE (24 * 3600 * NS_PER_SEC)
#define STATUS_PEERS_SINCE   (600 * NS_PER_SEC)
#define STATUS_ROWS          1000u /* events that are looked at for each of the two */
#define STATUS_ENDED         3u    /* incidents */

/* Whether a connection that failed was to another host, as far as its JSON tells. */
bool status_is_third_party(const char *body);

/* Appends it as of now (ns). What has no room is told by its number. Returns 0 or -errno. */
int status_page(struct store *store, const struct alive *alive, uint64_t now, bool colour, struct buf *out);

/* The part of it on incidents: those that go on first, each with a page, then lines. */
int status_incidents(
	struct store *store, const struct alive *alive, uint64_t now, bool colour, struct buf *out);

#endif
