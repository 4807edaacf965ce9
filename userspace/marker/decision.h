/* SPDX-License-Identifier: Apache-2.0 */
/* What a person decides about an issue, and the event made of it. */
#ifndef LW_MARKER_DECISION_H
#define LW_MARKER_DECISION_H

#include <sys/types.h>

#include "model/event.h"

/* resolve, ignore, merge; NULL-terminated. */
extern const char *const decision_actions[];

/* Checks action and ids. Returns NULL, or a message that says what is wrong (a constant). */
const char *decision_check(const struct event_decision *decision);

/* Makes the event of a decision of this user at time_ns. */
void decision_event(const struct event_decision *decision, uint64_t time_ns, uid_t uid,
	const struct event_host *host, struct event *ret);

#endif
