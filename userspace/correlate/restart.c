/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are stopped and started on purpose: who finds them closed meanwhile has to ask again. */
#include <string.h>

#include "correlate/internal.h"

#define RESTART (10 * SECOND) /* that a service takes to be there again */

static bool is_on_purpose(const struct fact *f)
{
	static const char *const kinds[] = {"deploy", "rollback", "restart"};

	if (f->kind == EVENT_KILL)
		return strcmp(f->killer_class, "supervisor") == 0;
	for (size_t n = 0; f->kind == EVENT_MARKER && n < sizeof(kinds) / sizeof(*kinds); n++)
		if (strcmp(f->marker_kind, kinds[n]) == 0)
			return true;
	return false;
}

static struct stir *find(struct state *s, uint64_t service)
{
	struct stir *place = &s->stirs[0];

	for (unsigned n = 0; n < STATE_STIRS; n++)
		if (s->stirs[n].service == service)
			return &s->stirs[n];
		else if (s->stirs[n].time < place->time)
			place = &s->stirs[n];
	memset(place, 0, sizeof(*place));
	place->service = service;
	return place;
}

/* A worker of it ended with a status, and then it was started again: it was being stopped, in a way that
 * nobody saw. */
static void forget_end(struct state *s, const struct fact *f)
{
	uint64_t service = key_of(fact_service(f));

	if (f->kind != EVENT_MARKER || strcmp(f->marker_kind, "restart") != 0 ||
		strcmp(f->marker_source, "inferred") != 0)
		return;
	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *i = &s->incidents[incident_index(left)];

		if (i->state == INCIDENT_PENDING && i->workers && i->mechanisms == MECHANISM_EXIT &&
			i->service_count == 1 && i->services[0].key == service &&
			f->time < i->last + RESTART) {
			incident_forget(s, i);
		}
	}
}

void restart_note(struct state *s, const struct fact *f)
{
	struct stir *stir;

	/* What is declared for later stirs nothing now. */
	if (!is_on_purpose(f) || f->time > s->newest)
		return;
	forget_end(s, f);
	stir = find(s, key_of(fact_service(f)));
	if (f->time > stir->time)
		stir->time = f->time;
	if (f->kind == EVENT_KILL && f->time > stir->stopped)
		stir->stopped = f->time;
}

bool restart_ends(const struct state *s, const struct fact *f, const struct failure *failure)
{
	uint64_t service;

	if (failure->mechanism != MECHANISM_KILL && failure->mechanism != MECHANISM_EXIT)
		return false;
	service = key_of(fact_service(f));
	for (unsigned n = 0; n < STATE_STIRS; n++)
		if (s->stirs[n].stopped && s->stirs[n].service == service && f->start &&
			f->start < s->stirs[n].stopped && f->time >= s->stirs[n].stopped &&
			f->time < s->stirs[n].stopped + RESTART)
			return !failure->certain || failure->mechanism == MECHANISM_EXIT;
	return false;
}

/* Where it is known with whom it has connections, those alone. */
static bool may_call(const struct fact *f, uint64_t service)
{
	for (unsigned n = 0; n < FACT_CALLS && f->callees[n]; n++)
		if (f->callees[n] == service)
			return true;
	return !f->callees[0];
}

bool restart_explains(
	const struct state *s, const struct fact *f, const struct failure *failure, uint64_t onset)
{
	uint64_t service;

	if (!failure->lost || (f->remote[0] && !peer_is_local(f->remote)) || f->time >= onset + RESTART)
		return false;
	service = key_of(fact_service(f));
	for (unsigned n = 0; n < STATE_STIRS; n++)
		if (s->stirs[n].time && s->stirs[n].service != service && may_call(f, s->stirs[n].service) &&
			s->stirs[n].time <= onset + CLOCK_SLACK && onset < s->stirs[n].time + RESTART)
			return true;
	return false;
}
