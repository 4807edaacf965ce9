/* SPDX-License-Identifier: Apache-2.0 */
/* Declared changes: what a marker may hold, and the event made of it. */
#ifndef LW_MARKER_MARKER_H
#define LW_MARKER_MARKER_H

#include <sys/types.h>

#include "model/event.h"

#define MARKER_FUTURE_MAX                                                                                    \
	(5ull * 60 * 1000000000ull) /* ns that a declared time may lie ahead of the clock                    \
				     */

/* The kinds of a marker, NULL-terminated: deploy, rollback, infra, schema, config, flag, restart,
 * third-party. */
extern const char *const marker_kinds[];

/* The texts that a declaration may give: kind, service, version, note, link; NULL-terminated. */
extern const char *const marker_fields[];

/* Sets the text of that name; NULL leaves it empty. Returns NULL, or a message (a constant) when it does not
 * fit. */
const char *marker_set(struct event_marker *marker, const char *field, const char *value);

/* Whether there is a text of that name. */
bool marker_has_field(const char *field);

/* Checks kind, service (needed, 1..255 bytes), lengths, UTF-8, and that no text holds control characters.
 * Returns NULL, or a message that says what is wrong and what is expected (a constant). */
const char *marker_check(const struct event_marker *marker);

/* Refuses a time more than MARKER_FUTURE_MAX after now; the past is as long as one likes. Returns NULL or a
 * constant. */
const char *marker_check_time(uint64_t time_ns, uint64_t now);

/* Fills source and evidence of a marker that this user and process declared. */
void marker_declare(struct event_marker *marker, uid_t uid, pid_t pid);

/* The same for one that came another way, told in a few words without control characters. */
void marker_declare_by(struct event_marker *marker, const char *how);

/* Makes the event of a marker at time_ns; entropy makes its id unique. */
void marker_event(const struct event_marker *marker, uint64_t time_ns, uint64_t entropy,
	const struct event_host *host, struct event *ret);

#endif
