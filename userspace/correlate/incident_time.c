/* SPDX-License-Identifier: Apache-2.0 */
/* What time does to incidents: it ends them, and shows that a service is down. */
#include "correlate/internal.h"

#define CONFIRM     (30 * MINUTE) /* a single failure is forgotten then */
#define QUIET_LEAST (5 * MINUTE)  /* what is started again and again pauses for so long at most */
#define QUIET_MOST  (15 * MINUTE)
#define PAUSE_MOST  (2 * HOUR) /* of what fails seldom */

uint64_t incident_quiet(const struct incident *i)
{
	uint64_t half = (i->last - i->started) / 2;

	/* Of what was heard of once nobody knows the rhythm. */
	if (i->last == i->started || half > QUIET_MOST)
		half = QUIET_MOST;
	if (half < 3 * i->pause)
		half = 3 * i->pause < PAUSE_MOST ? 3 * i->pause : PAUSE_MOST;
	return half < QUIET_LEAST ? QUIET_LEAST : half;
}

void incident_impact(struct incident_service *x, const struct service *service, uint64_t now)
{
	uint64_t presumed;
	enum impact impact = service_impact(service, now, &presumed);

	if (x->presumed && x->presumed == service->back_from) {
		x->impact = IMPACT_PARTIAL;
		x->presumed = 0;
	}
	if (impact <= x->impact)
		return;
	x->impact = (uint8_t)impact;
	x->presumed = presumed;
}

static void refresh_impact(struct state *s, struct incident *i, uint64_t now)
{
	for (unsigned n = 0; n < i->service_count; n++) {
		const struct service *service = WAYS_FIND(s->services, i->services[n].key);

		if (service)
			incident_impact(&i->services[n], service, now);
	}
}

bool incident_waits(const struct state *s)
{
	for (unsigned n = 0; n < STATE_INCIDENTS; n++)
		if (s->incidents[n].state == INCIDENT_OPEN || s->incidents[n].state == INCIDENT_PENDING)
			return true;
	return false;
}

/* A service that lives and does not listen needs no second failure, when that lasts. */
static void open_deaf(const struct state *s, struct incident *i, uint64_t now)
{
	for (unsigned n = 0; n < i->service_count; n++) {
		const struct service *service = WAYS_FIND(s->services, i->services[n].key);
		uint64_t certain = service ? service_deaf(service) : UINT64_MAX;

		if (certain > now)
			continue;
		i->state = INCIDENT_OPEN;
		i->detected = certain;
		return;
	}
}

/* The one that was over first, by this time; NULL: all go on. */
static struct incident *next_over(struct state *s, uint64_t now)
{
	struct incident *found = NULL;

	for (unsigned n = 0; n < STATE_INCIDENTS; n++) {
		struct incident *i = &s->incidents[n];

		if (i->state == INCIDENT_OPEN && i->last + incident_quiet(i) <= now &&
			(!found || i->last + incident_quiet(i) < found->last + incident_quiet(found)))
			found = i;
	}
	return found;
}

/* In the order of their ends, whatever the steps in which time moves: the later ones learn from the others.
 */
void incident_advance(struct state *s, uint64_t now)
{
	struct incident *i;

	for (unsigned n = 0; n < STATE_INCIDENTS; n++)
		if (s->incidents[n].state == INCIDENT_PENDING)
			open_deaf(s, &s->incidents[n], now);
	while ((i = next_over(s, now))) {
		refresh_impact(s, i, i->last + incident_quiet(i));
		i->state = INCIDENT_CLOSED;
		i->ended = i->last;
		history_note(s, i);
	}
	for (unsigned n = 0; n < STATE_INCIDENTS; n++) {
		i = &s->incidents[n];
		if (i->state == INCIDENT_PENDING && now > i->last + CONFIRM)
			memset(i, 0, sizeof(*i));
		else if (i->state == INCIDENT_OPEN)
			refresh_impact(s, i, now);
	}
}
