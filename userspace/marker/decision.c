/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions about issues. */
#include "marker/decision.h"

#include <stdio.h>
#include <string.h>

const char *const decision_actions[] = {"resolve", "ignore", "merge", NULL};

const char *decision_check(const struct event_decision *decision)
{
	const char *const *action = decision_actions;

	while (*action && strcmp(*action, decision->action) != 0)
		action++;
	if (!*action)
		return "action must be one of resolve, ignore, merge";
	if (!id_valid(decision->issue))
		return "issue must be the id of an issue";
	if (strcmp(*action, "merge") != 0)
		return decision->into[0] ? "into goes with merge alone" : NULL;
	if (!id_valid(decision->into))
		return "into must be the id of an issue";
	return strcmp(decision->into, decision->issue) == 0 ? "an issue cannot be merged into itself" : NULL;
}

void decision_event(const struct event_decision *decision, uint64_t time_ns, uid_t uid,
	const struct event_host *host, struct event *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = EVENT_DECISION;
	ret->time = time_ns;
	ret->host = *host;
	ret->decision = *decision;
	snprintf(ret->decision.by, sizeof(ret->decision.by), "uid %u", uid);
	id_make(time_ns, id_hash(time_ns, &ret->decision, sizeof(ret->decision)), ret->id);
}
