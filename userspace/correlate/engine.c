/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: puts events in order, passes them through the steps, and hands out what came of it. */
#include "correlate/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/internal.h"
#include "correlate/pending.h"

#define AHEAD 1024 /* declared ones that wait for their time */

struct engine {
	struct state settled;
	struct state view; /* settled, and what is pending on top */
	bool view_old;
	unsigned ahead; /* at least so many of those that wait are declared for a time to come */
	struct pending pending;
};

uint64_t key_of(const char *text)
{
	return key_join(0, text);
}

uint64_t key_join(uint64_t key, const char *text)
{
	uint64_t hash = id_hash(key, text, strlen(text));

	return hash ? hash : 1;
}

int engine_new(struct engine **ret)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->settled.version = STATE_VERSION;
	e->settled.size = sizeof(e->settled);
	pending_init(&e->pending);
	e->view_old = true;
	*ret = e;
	return 0;
}

void engine_free(struct engine *engine)
{
	free(engine);
}

static void state_advance(struct state *s, uint64_t now)
{
	if (now <= s->now)
		return;
	s->now = now;
	incident_advance(s, now);
}

/* Declared, by people or machines, with whatever time they say. */
static bool is_declared(const struct fact *f)
{
	return f->kind == EVENT_MARKER || f->kind == EVENT_DECISION;
}

/* One event, in order. */
static void state_step(void *context, const struct fact *f)
{
	struct state *s = context;
	struct service *service;
	struct failure failure;
	struct series *series;
	struct issue *issue;

	if (is_declared(f) && s->newest && f->time > s->newest + DAY)
		return; /* its time may come */
	/* What somebody says that the time is moves it no further than it is. */
	state_advance(s, is_declared(f) && f->time > s->newest ? s->newest : f->time);
	restart_note(s, f);
	if (f->kind == EVENT_MARKER) {
		const struct marker *m = marker_add(s, f);

		if (m)
			service_marker(s, m);
		return;
	}
	if (f->kind == EVENT_DECISION) {
		decision_take(s, f);
		return;
	}
	failure_of(f, &failure);
	if (restart_ends(s, f, &failure))
		failure.mechanism = 0;
	if (!failure.mechanism && f->kind != EVENT_LISTEN) {
		service_end(s, f);
		return;
	}
	service = service_note(s, f);
	if (!failure.mechanism)
		return;
	series = series_add(s, f, &failure);
	issue = issue_add(s, f, &failure, service);
	if (failure.aside || (issue && issue->state == ISSUE_IGNORED))
		return;
	/* What had been too little before is the second one now. */
	if (!failure.certain && series_is_unusual(s, series, &failure)) {
		failure.again = true;
	} else if (!failure.certain && issue && issue_is_brought(s, issue)) {
		failure.again = true;
		failure.pause = (issue->last - issue->first) / (issue->count - 1);
	}
	if (incident_expects(s, f, &failure, series) ||
		((failure.certain || failure.again) &&
			!restart_explains(s, f, &failure, series_onset(series, f->time))))
		incident_add(s, f, &failure, issue, series, service);
}

static void take_oldest(struct engine *e)
{
	struct fact oldest;

	pending_take(&e->pending, &oldest);
	state_step(&e->settled, &oldest);
}

/* Before this time nothing is late any more. */
static uint64_t settled_until(const struct engine *e)
{
	return e->settled.newest > ENGINE_LATE ? e->settled.newest - ENGINE_LATE : 0;
}

/* Takes what is so old that nothing older will come. */
static void settle(struct engine *e)
{
	uint64_t until = settled_until(e);

	while (pending_oldest(&e->pending) < until)
		take_oldest(e);
}

/* An event that is neither a failure nor a death only tells that it is later now, and since when there are
 * events. */
static bool is_mere_time(const struct fact *f)
{
	return !is_declared(f) && !event_is_death(f->kind) && f->kind != EVENT_LISTEN &&
	       f->kind != EVENT_EXCEPTION && !failure_is(f);
}

static void count_ahead(void *context, const struct fact *f)
{
	struct engine *e = context;

	e->ahead += is_declared(f) && f->time > e->settled.newest;
}

/* Whether there is room for one more that is declared for a time to come. They are counted anew only when
 * there may be too many. */
static bool may_wait(struct engine *e)
{
	if (e->ahead == AHEAD) {
		e->ahead = 0;
		pending_each(&e->pending, count_ahead, e);
	}
	return e->ahead < AHEAD && ++e->ahead;
}

int engine_event(struct engine *e, const char *json, size_t len)
{
	struct fact f;
	/* Most events are, by what is at their top: the rest of them need not be read. */
	bool mere_time = fact_read_top(json, len, &f) && is_mere_time(&f);

	if (!mere_time) {
		int r = fact_read(json, len, &f);

		if (r < 0)
			return r;
		mere_time = is_mere_time(&f);
	}
	e->view_old = true;
	/* A declared time may be any: it does not move the others'. */
	if (!is_declared(&f)) {
		if (f.time > e->settled.newest)
			e->settled.newest = f.time;
		if (!e->settled.first || f.time < e->settled.first)
			e->settled.first = f.time;
	} else if (e->settled.newest && f.time > e->settled.newest && !may_wait(e)) {
		return 0;
	}
	if (!mere_time)
		while (pending_add(&e->pending, &f) < 0)
			take_oldest(e);
	settle(e);
	return 0;
}

void engine_advance(struct engine *e, uint64_t time)
{
	if (time > e->settled.newest)
		e->settled.newest = time;
	/* A host without any event was watched, too. */
	if (!e->settled.first)
		e->settled.first = time;
	settle(e);
	e->view_old = true;
}

void engine_finish(struct engine *e)
{
	while (e->pending.count > 0)
		take_oldest(e);
	state_advance(&e->settled, e->settled.newest);
	e->view_old = true;
}

/* What is to be told now: with the events that still wait for late ones. */
static const struct state *view(struct engine *e)
{
	/* With nothing that waits time alone only begins and ends incidents: no need for memory that is
	 * seldom used. */
	if (e->pending.count == 0 && !incident_waits(&e->settled))
		return &e->settled;
	if (!e->view_old)
		return &e->view;
	memcpy(&e->view, &e->settled, sizeof(e->view));
	pending_each(&e->pending, state_step, &e->view);
	state_advance(&e->view, e->settled.newest);
	e->view_old = false;
	return &e->view;
}

/* When it was known that it had ended. */
static uint64_t over_at(const struct incident *i)
{
	return i->into[0] ? i->ended : i->last + incident_quiet(i);
}

static int by_start(const void *a, const void *b)
{
	const struct incident *x = *(const struct incident *const *)a,
			      *y = *(const struct incident *const *)b;

	return x->started != y->started ? (x->started < y->started ? -1 : 1) : strcmp(x->id, y->id);
}

static int by_first(const void *a, const void *b)
{
	const struct issue *x = *(const struct issue *const *)a, *y = *(const struct issue *const *)b;

	return x->first != y->first ? (x->first < y->first ? -1 : 1) : strcmp(x->id, y->id);
}

static int hand_incident(const struct state *s, const struct incident *i, engine_result_fn fn, void *context)
{
	_cleanup_buf_ struct buf body = {0};
	struct engine_result result = {.kind = "incident",
		.id = i->id,
		.state = i->state == INCIDENT_OPEN ? "open" : "closed",
		.service = i->service_count ? i->services[0].name : "",
		.time = i->ended ? i->ended : i->last};
	struct json j;

	json_begin(&j, &body);
	incident_json(s, i, &j);
	result.body = buf_text(&body);
	return body.failed ? -ENOMEM : fn(context, &result);
}

static int hand_issue(const struct state *s, const struct issue *issue, engine_result_fn fn, void *context)
{
	_cleanup_buf_ struct buf body = {0};
	struct engine_result result = {.kind = "issue",
		.id = issue->id,
		.state = issue_state_name(issue),
		.service = issue->service,
		.time = issue->last};
	struct json j;

	json_begin(&j, &body);
	issue_json(s, issue, &j);
	result.body = buf_text(&body);
	return body.failed ? -ENOMEM : fn(context, &result);
}

int engine_results(struct engine *e, uint64_t since, engine_result_fn fn, void *context)
{
	const struct state *s = view(e);
	const struct incident *incidents[STATE_INCIDENTS];
	const struct issue *issues[STATE_ISSUES];
	unsigned incident_count = 0, issue_count = 0;
	int r = 0;

	for (unsigned n = 0; n < STATE_INCIDENTS; n++)
		if (s->incidents[n].state == INCIDENT_OPEN ||
			(s->incidents[n].state == INCIDENT_CLOSED && over_at(&s->incidents[n]) >= since))
			incidents[incident_count++] = &s->incidents[n];
	for (unsigned n = 0; n < STATE_ISSUES; n++)
		if (s->issues[n].way.key && (s->issues[n].last >= since || s->issues[n].decided >= since))
			issues[issue_count++] = &s->issues[n];
	qsort(incidents, incident_count, sizeof(struct incident *), by_start);
	qsort(issues, issue_count, sizeof(struct issue *), by_first);
	for (unsigned n = 0; n < incident_count && r == 0; n++)
		r = hand_incident(s, incidents[n], fn, context);
	for (unsigned n = 0; n < issue_count && r == 0; n++)
		r = hand_issue(s, issues[n], fn, context);
	return r;
}

int engine_aliases(struct engine *e, uint64_t since, engine_alias_fn fn, void *context)
{
	const struct state *s = view(e);
	int r = 0;

	for (unsigned n = 0; n < STATE_ALIASES && r == 0; n++) {
		const struct alias *alias = &s->aliases[n];
		const struct issue *issue =
			alias->way.key && alias->way.used >= since ? issue_find(s, alias->fingerprint) : NULL;

		if (issue)
			r = fn(context, alias->fingerprint, issue->id, alias->way.used);
	}
	return r;
}

static bool has_issue(const struct incident *i, uint64_t key)
{
	for (unsigned n = 0; n < i->issue_count; n++)
		if (i->issues[n] == key)
			return true;
	return false;
}

void engine_issue(
	struct engine *e, const char *fingerprint, const char **ret_title, const char **ret_incident)
{
	const struct state *s = view(e);
	const struct issue *issue = issue_find(s, fingerprint);

	*ret_title = issue ? issue->title : NULL;
	*ret_incident = NULL;
	for (unsigned n = 0; issue && n < STATE_INCIDENTS; n++)
		if (s->incidents[n].state == INCIDENT_OPEN && has_issue(&s->incidents[n], issue->way.key))
			*ret_incident = s->incidents[n].id;
}

const void *engine_save(struct engine *e, size_t *ret_size, uint64_t *ret_time)
{
	state_advance(&e->settled, settled_until(e));
	*ret_size = sizeof(e->settled);
	*ret_time = e->settled.now;
	return &e->settled;
}

int engine_load(struct engine *e, const void *bytes, size_t size)
{
	const struct state *s = bytes;

	if (size != sizeof(*s) || s->version != STATE_VERSION || s->size != size)
		return -EINVAL;
	memcpy(&e->settled, s, size);
	e->settled.newest = s->now;
	e->view_old = true;
	return 0;
}
