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

enum impact incident_impact_now(const struct incident_service *x, const struct service *service, uint64_t now)
{
	uint64_t presumed, usual = x->count > 1 ? (x->last - x->first) / (x->count - 1) : 0;
	enum impact impact = service_impact(service, now, &presumed);

	if (impact == IMPACT_TOTAL)
		return impact;
	return now > x->last + MINUTE && now > x->last + 3 * usual ? IMPACT_NONE : IMPACT_PARTIAL;
}

/* NULL: it has made room for others. */
static const struct service *service_of(const struct state *s, struct incident_service *x)
{
	const struct service *service = &s->services[x->row];

	_Static_assert(STATE_SERVICES <= UINT8_MAX + 1, "a row is one byte");
	if (service->way.key == x->key)
		return service;
	service = WAYS_FIND(s->services, x->key);
	if (service)
		x->row = (uint8_t)(service - s->services);
	return service;
}

/* Returns when more can be worse, without other events. */
static uint64_t refresh_impact(struct state *s, struct incident *i, uint64_t now)
{
	uint64_t due = UINT64_MAX;

	for (unsigned n = 0; n < i->service_count; n++) {
		const struct service *service;

		/* It gets no worse, and is certain. */
		if (i->services[n].impact == IMPACT_TOTAL && !i->services[n].presumed)
			continue;
		service = service_of(s, &i->services[n]);
		if (service) {
			uint64_t next = service_impact_due(service, now);

			incident_impact(&i->services[n], service, now);
			due = next < due ? next : due;
		}
	}
	return due;
}

bool incident_waits(const struct state *s)
{
	return s->going_on != 0;
}

/* A service that lives and does not listen needs no second failure, when that lasts. */
static void open_deaf(struct state *s, struct incident *i, uint64_t now)
{
	for (unsigned n = 0; n < i->service_count; n++) {
		const struct service *service = WAYS_FIND(s->services, i->services[n].key);
		uint64_t certain = service ? service_deaf(service) : UINT64_MAX;

		if (certain > now)
			continue;
		i->state = INCIDENT_OPEN;
		i->detected = certain;
		s->impacts_due = 0;
		return;
	}
}

/* The one that was over first, by this time; NULL: all go on. */
static struct incident *next_over(struct state *s, uint64_t now)
{
	struct incident *found = NULL;

	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *i = &s->incidents[incident_index(left)];

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
	uint64_t left, due = UINT64_MAX;
	bool look;

	for (left = s->going_on; left; left &= left - 1) {
		i = &s->incidents[incident_index(left)];
		if (i->state == INCIDENT_PENDING)
			open_deaf(s, i, now);
	}
	while ((i = next_over(s, now))) {
		refresh_impact(s, i, i->last + incident_quiet(i));
		i->state = INCIDENT_CLOSED;
		s->going_on &= ~(1ull << (i - s->incidents));
		i->ended = i->last;
		history_note(s, i);
	}
	look = now >= s->impacts_due;
	for (left = s->going_on; left; left &= left - 1) {
		i = &s->incidents[incident_index(left)];
		if (i->state == INCIDENT_PENDING && now > i->last + CONFIRM) {
			incident_forget(s, i);
		} else if (i->state == INCIDENT_OPEN && look) {
			uint64_t next = refresh_impact(s, i, now);

			due = next < due ? next : due;
		}
	}
	if (look)
		s->impacts_due = due;
}
