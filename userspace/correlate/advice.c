/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about an incident, and how long that took the last times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

/* The first row that fits; NULL fits anything. */
static const struct {
	const char *cause;
	const char *detail; /* the marker's kind, or the resource */
	const char *action;
	const char *why;
} actions[] = {
	{"marker", "deploy", "rollback", "the version before did not fail"},
	{"marker", "rollback", "investigate", "going back did not help"},
	{"marker", "schema", "revert_schema", "the failure began with the schema change"},
	{"marker", "config", "revert_config", "the failure began with the configuration"},
	{"marker", "flag", "revert_config", "the failure began with the flag"},
	{"marker", "third-party", "isolate_third_party", "the third party changed"},
	{"marker", NULL, "investigate", "the change is suspected, how to undo it is not known"},
	{"third_party", NULL, "isolate_third_party", "what it serves fails, this host does not"},
	{"resource", "ENOSPC", "free_resource", "the file system is full"},
	{"resource", "EDQUOT", "free_resource", "the quota is used up"},
	{"resource", NULL, "raise_limit", "the limit is reached"},
	{"operator", NULL, "find_operator", "somebody did it on purpose"},
	{"hardware", NULL, "investigate", "move the services to another host"},
	{"intrinsic", NULL, "investigate", "the program has a bug that no recent change explains"},
	{"unknown", NULL, "investigate", "nothing that is known explains it well enough"},
};

static bool fits(const char *want, const char *text)
{
	return !want || strcmp(want, text) == 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* Of the same action for this service, else for any. */
static void estimate_restore(const struct state *s, const struct incident *i, struct advice *ret)
{
	const char *done = strcmp(ret->action, "rollback") == 0 ? "rollback" : "restart";
	uint64_t values[STATE_ACTIONS];

	for (int others = 0; others < 2 && !ret->has_restore; others++) {
		unsigned count = 0;

		for (unsigned n = 0; n < STATE_ACTIONS && n < s->action_count; n++)
			if (strcmp(s->actions[n].kind, done) == 0 &&
				(others || incident_service(i, s->actions[n].service)))
				values[count++] = s->actions[n].taken;
		if (!count)
			continue;
		ret->has_restore = true;
		ret->restore = median(values, count);
		ret->restore_from = count;
		ret->of_others = others;
	}
}

static void estimate_fix(const struct state *s, const struct incident *i, struct advice *ret)
{
	uint64_t values[STATE_INCIDENTS];
	unsigned count = 0;

	for (unsigned n = 0; n < STATE_INCIDENTS; n++) {
		const struct incident *x = &s->incidents[n];

		if (x->state == INCIDENT_CLOSED && x->service_count && x->ended > x->started &&
			incident_service(i, x->services[0].key))
			values[count++] = x->ended - x->started;
	}
	if (!count)
		return;
	ret->has_fix = true;
	ret->fix = median(values, count);
	ret->fix_from = count;
}

static void command_for(
	const struct state *s, const struct incident *i, const struct suspect *x, struct advice *ret)
{
	bool back = strcmp(ret->action, "rollback") == 0 && x->marker;
	const struct service *service = back               ? WAYS_FIND(s->services, x->marker->service)
					: i->service_count ? WAYS_FIND(s->services, i->services[0].key)
							   : NULL;

	if (!service)
		return;
	if (back && service->before[0])
		snprintf(ret->command, sizeof(ret->command), "deploy %s %s again", service->name,
			service->before);
	else if (!back && i->services[0].impact == IMPACT_TOTAL && service->unit[0])
		snprintf(ret->command, sizeof(ret->command), "systemctl restart %s", service->unit);
}

void advice_of(const struct state *s, const struct incident *i, const struct verdict *v, struct advice *ret)
{
	static const struct suspect nobody = {.cause = "unknown"};
	const struct suspect *x = v->abstains ? &nobody : &v->suspects[0];
	const char *detail = x->marker ? x->marker->kind : i->resource;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	while (strcmp(actions[n].cause, x->cause) != 0 || !fits(actions[n].detail, detail))
		n++;
	ret->action = actions[n].action;
	text_copy(ret->why, sizeof(ret->why), actions[n].why);
	command_for(s, i, x, ret);
	estimate_restore(s, i, ret);
	estimate_fix(s, i, ret);
}
