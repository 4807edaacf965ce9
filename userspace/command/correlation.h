/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of correlation beside the store: fed with each event, its conclusions written back, its memory
 * kept over a restart. */
#ifndef LW_COMMAND_CORRELATION_H
#define LW_COMMAND_CORRELATION_H

#include "base/buf.h"
#include "store/store.h"

struct correlation;

/* Goes on from what the store keeps; events stored since then are taken from there. Returns 0 or -errno. */
int correlation_new(struct correlation **ret, struct store *store);
/* Takes NULL. */
void correlation_free(struct correlation *c);

/* An event that was stored. */
void correlation_event(struct correlation *c, const char *body, size_t len);
/* Once a second or so: writes what changed into the store (its open transaction). Appends to lines a line for
 * each incident that began, ended, or has gone on for another minute; NULL: none are wanted. Returns 0 or
 * -errno. */
int correlation_write(struct correlation *c, uint64_t now, struct buf *lines);
/* What is known of the issue that an event with this fingerprint is part of: its title and the id of its
 * open incident, each NULL when there is none. Borrowed until the next call. */
void correlation_issue(
	struct correlation *c, const char *fingerprint, const char **ret_title, const char **ret_incident);
/* Keeps what the engine knows in the store (its open transaction). Returns 0 or -errno. */
int correlation_save(struct correlation *c);

#endif
