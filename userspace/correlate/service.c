/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each service: its versions, and whether it still lives. */
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define SHORT_MANY 3             /* deaths in a row, with so short lives between them */
#define DEAF_ALONE (30 * SECOND) /* who closes to end in peace has done so by then */
#define DEAF_TOTAL (5 * SECOND)
#define DOWN_TOTAL (10 * SECOND) /* a supervisor that starts it again pauses for 5 s at most, as a rule */

/* One that was declared for a time before the last change says nothing of the version there is now. */
static void set_version(struct service *service, const char *version, uint64_t time)
{
	if (!version[0] || strcmp(service->version, version) == 0 || time < service->since)
		return;
	service->before_for = service->since ? time - service->since : 0;
	service->since = time;
	text_copy(service->before, sizeof(service->before), service->version);
	text_copy(service->version, sizeof(service->version), version);
}

/* Who notices a change sees what ran before it, too, though nobody may have told of that. */
static void take_change(struct service *service, const struct marker *m)
{
	set_version(service, m->version, m->time);
	if (!m->before[0] || strcmp(service->version, m->version) != 0 ||
		strcmp(service->before, m->before) == 0)
		return;
	text_copy(service->before, sizeof(service->before), m->before);
	service->before_for = 0;
}

static struct service *service_get(struct state *s, const char *name, uint64_t time)
{
	struct service *service;
	bool new;

	service = WAYS_GET(s->services, key_of(name), time, &new);
	if (new) {
		text_copy(service->name, sizeof(service->name), name);
		service->first = time;
		for (uint64_t n = 0; n < s->marker_count; n++) {
			const struct marker *m = &s->markers[s->marker_order[n]];

			if (m->service == service->way.key && m->time <= time)
				take_change(service, m);
		}
	}
	return service;
}

/* Something of it was started since: it is back. */
static void note_return(struct state *s, struct service *service, const struct fact *f)
{
	bool soon = f->start < service->down_since + DOWN_TOTAL;

	if (!service->down_since || f->start <= service->down_since || (event_is_death(f->kind) && !soon))
		return;
	if (soon)
		service->back_from = service->down_since;
	service->down_since = 0;
	s->impacts_due = 0;
}

/* What has lived longer than those that died as soon as they were started ends that row of deaths. */
static void note_life(struct service *service, const struct fact *f)
{
	if (event_is_death(f->kind) || !f->start || f->time < f->start + SHORT_LIFE)
		return;
	service->short_deaths = 0;
	service->has_alive = false;
}

void service_end(struct state *s, const struct fact *f)
{
	struct service *service = (struct service *)WAYS_FIND(s->services, key_of(fact_service(f)));

	if (!service)
		return;
	note_return(s, service, f);
	note_life(service, f);
}

/* Counts those that follow each other. Who was killed had been well, if it had lived for long; workers that
 * die with another one were started before that did. */
static void note_death(struct service *service, const struct fact *f)
{
	uint64_t start = f->start ? f->start : f->time - f->age;

	if (!f->age || f->age >= SHORT_LIFE)
		service->short_deaths = f->kind != EVENT_KILL;
	else if (start >= service->died)
		service->short_deaths++;
	service->died = f->time;
}

struct service *service_note(struct state *s, const struct fact *f)
{
	struct service *service = service_get(s, fact_service(f), f->time);
	bool death = event_is_death(f->kind);

	set_version(service, f->version, f->time);
	if (f->unit[0] && !f->user[0] && !f->container[0])
		text_copy(service->unit, sizeof(service->unit), f->unit);
	note_return(s, service, f);
	note_life(service, f);
	if (death || f->kind == EVENT_LISTEN || (f->has_listening && f->listening && service->deaf_since))
		s->impacts_due = 0;
	if (f->kind == EVENT_LISTEN)
		service->deaf_since = strcmp(f->listen, "stopped") == 0 ? f->time : 0;
	else if (f->has_listening && f->listening)
		service->deaf_since = 0;
	if (!death)
		return service;
	note_death(service, f);
	if (f->has_alive) {
		service->has_alive = true;
		service->alive = f->alive;
		if (f->alive)
			service->down_since = 0;
		else if (!service->down_since)
			service->down_since = f->time;
	}
	return service;
}

/* A service that nothing was ever heard of takes no room: its changes wait among the others. */
void service_marker(struct state *s, const struct marker *m)
{
	struct service *service = (struct service *)WAYS_FIND(s->services, m->service);

	if (!service)
		return;
	take_change(service, m);
	if (strcmp(m->kind, "restart") != 0 || !service->down_since)
		return;
	if (m->time >= service->down_since && m->time - service->down_since < DOWN_TOTAL)
		service->back_from = service->down_since;
	service->down_since = 0;
	s->impacts_due = 0;
}

uint64_t service_deaf(const struct service *service)
{
	return service->deaf_since ? service->deaf_since + DEAF_ALONE : UINT64_MAX;
}

/* Who brought it back at once the last time does so again, which shows by and by only. */
static bool is_brought_back(const struct service *service)
{
	return service->back_from && service->down_since < service->back_from + HOUR;
}

enum impact service_impact(const struct service *service, uint64_t now, uint64_t *ret_presumed)
{
	*ret_presumed = 0;
	if (service->has_alive && service->alive == 0 && service->short_deaths >= SHORT_MANY)
		return IMPACT_TOTAL;
	if (service->down_since && now >= service->down_since + DOWN_TOTAL && !is_brought_back(service)) {
		*ret_presumed = service->down_since;
		return IMPACT_TOTAL;
	}
	if (service->deaf_since && now >= service->deaf_since + DEAF_TOTAL)
		return IMPACT_TOTAL;
	return IMPACT_PARTIAL;
}

uint64_t service_impact_due(const struct service *service, uint64_t now)
{
	uint64_t down = service->down_since ? service->down_since + DOWN_TOTAL : 0,
		 deaf = service->deaf_since ? service->deaf_since + DEAF_TOTAL : 0, due = UINT64_MAX;

	if (down > now)
		due = down;
	if (deaf > now && deaf < due)
		due = deaf;
	return due;
}
