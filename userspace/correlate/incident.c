/* SPDX-License-Identifier: Apache-2.0 */
/* Failures that belong together, from the first one until all has been quiet for a while. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"
#include "correlate/limit.h"

#define BITES MINUTE        /* after a change that bites at once */
#define JOB   (10 * SECOND) /* that a job lives, at most */

const struct incident_service *incident_service(const struct incident *i, uint64_t key)
{
	for (unsigned n = 0; n < i->service_count; n++)
		if (i->services[n].key == key)
			return &i->services[n];
	return NULL;
}

bool incident_is_victim(const struct incident *i, unsigned n)
{
	for (unsigned left = i->services[n].calls; left; left &= left - 1)
		if (!(i->services[__builtin_ctz(left)].calls & 1u << n))
			return true;
	return false;
}

uint64_t incident_failures(const struct state *s, const struct incident *i, uint64_t from, uint64_t until)
{
	uint64_t sum = 0;

	for (unsigned n = 0; n < i->series_count; n++) {
		const struct series *series = WAYS_FIND(s->series, i->series[n]);

		if (series)
			sum += series_count(series, from, until);
	}
	return sum;
}

/* Whether both began within seconds of each other and of one change. */
static bool same_change(const struct state *s, const struct incident *i, uint64_t onset)
{
	uint64_t first = onset < i->started ? onset : i->started, last = onset + i->started - first;
	const struct marker *m;

	if (last - first > TOGETHER)
		return false;
	for (unsigned n = 0; (m = marker_newest(s, n)); n++)
		if (m->time <= first && last - m->time < BITES)
			return true;
	return false;
}

/* Who loses a connection within seconds of a death on this host was talking to the dead, as a rule. */
static bool lost_the_dead(const struct incident *i, const struct fact *f, const struct failure *failure)
{
	return (failure->lost || failure->lookup) && i->died && f->time >= i->died &&
	       f->time - i->died < TOGETHER && (!f->remote[0] || peer_is_local(f->remote));
}

bool incident_expects(const struct state *s, const struct fact *f, const struct failure *failure,
	const struct series *series)
{
	for (uint64_t left = s->going_on; left; left &= left - 1) {
		const struct incident *i = &s->incidents[incident_index(left)];

		if (lost_the_dead(i, f, failure))
			return true;
		if (failure->mechanism == MECHANISM_PEER && f->remote[0] && i->state == INCIDENT_OPEN &&
			incident_has_peer(i, f))
			return true;
		if (incident_answers(s, i, f, failure, series))
			return true;
		for (unsigned k = 0; k < i->series_count && i->state == INCIDENT_OPEN; k++)
			if (i->series[k] == series->way.key && series->first >= i->started)
				return true;
	}
	return false;
}

bool incident_has_series(const struct incident *i, uint64_t key)
{
	for (unsigned n = 0; n < i->series_count; n++)
		if (i->series[n] == key)
			return true;
	return false;
}

/* Whether it is part of what is known of that incident: whom it misses, calls or is called by, and lacks. */
static bool is_linked(const struct incident *i, const struct fact *f, const struct failure *failure,
	const struct series *series, uint64_t onset)
{
	/* Two services whose connections time out from one moment on miss the same peer, seen or not. */
	if (failure->mechanism == MECHANISM_PEER && incident_has_peer(i, f) &&
		(!failure->echo || f->time < i->last + TOGETHER))
		return true;
	if (failure->mechanism == MECHANISM_PEER && incident_may_miss(i, f) &&
		(onset > i->started ? onset - i->started : i->started - onset) < TOGETHER)
		return true;
	if (lost_the_dead(i, f, failure) || incident_is_related(i, f, series->service))
		return true;
	return failure->resource && strcmp(i->resource, failure->resource) == 0 &&
	       f->time < i->last + SAME_CAUSE;
}

/* Whether i is the older of the two, or there is no other. */
static bool is_older(const struct incident *i, const struct incident *other)
{
	if (!other || i->started != other->started)
		return !other || i->started < other->started;
	return strcmp(i->id, other->id) < 0;
}

/* The oldest one that failures of this kind have been part of. */
static struct incident *find_own(struct state *s, const struct series *series)
{
	struct incident *found = NULL;

	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *i = &s->incidents[incident_index(left)];

		if (is_older(i, found) && incident_has_series(i, series->way.key))
			found = i;
	}
	return found;
}

/* How the service itself was changed just before; NULL: it was not. */
static const char *own_change(const struct state *s, uint64_t service, uint64_t onset)
{
	const struct marker *m;

	for (unsigned n = 0; (m = marker_newest(s, n)); n++)
		if (m->service == service && m->time <= onset && onset - m->time < BITES &&
			strcmp(m->kind, "restart") != 0)
			return m->kind;
	return NULL;
}

/* Nothing but the time joins them: that counts where nothing else does, unless each was changed itself in
 * another way. */
static struct incident *find_same_change(struct state *s, uint64_t service, uint64_t onset)
{
	const char *own = own_change(s, service, onset), *other;
	struct incident *found = NULL;

	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *i = &s->incidents[incident_index(left)];

		if (!is_older(i, found) || !same_change(s, i, onset))
			continue;
		other = own ? own_change(s, i->services[0].key, i->started) : NULL;
		if (!other || strcmp(own, other) == 0)
			found = i;
	}
	return found;
}

/* The oldest one that it belongs to. What is part of one already goes to an older one only where the two are
 * the same. */
static struct incident *incident_find(struct state *s, const struct fact *f, const struct failure *failure,
	const struct series *series, uint64_t onset)
{
	struct incident *own = find_own(s, series), *found = own;

	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *i = &s->incidents[incident_index(left)];
		bool linked;

		if (!is_older(i, found))
			continue;
		linked =
			is_linked(i, f, failure, series, onset) || incident_answers(s, i, f, failure, series);
		/* Of what has no name nobody knows that it is one service. */
		if (own ? linked && incident_may_absorb(i, own, f)
			: linked || (*fact_service(f) && incident_service(i, series->service)))
			found = i;
	}
	return found ? found : find_same_change(s, series->service, onset);
}

/* A free place, or that of the incident that was over, or pending, longest ago. */
static struct incident *incident_place(struct state *s)
{
	struct incident *best = &s->incidents[0];

	for (unsigned n = 1; n < STATE_INCIDENTS; n++) {
		struct incident *i = &s->incidents[n];
		bool busy = i->state == INCIDENT_OPEN, best_busy = best->state == INCIDENT_OPEN;

		if (busy != best_busy ? best_busy : i->last < best->last)
			best = i;
	}
	return best;
}

static struct incident *incident_begin(struct state *s, const struct fact *f, uint64_t onset)
{
	struct incident *i = incident_place(s);

	memset(i, 0, sizeof(*i));
	i->state = INCIDENT_PENDING;
	s->going_on |= 1ull << (i - s->incidents);
	i->started = onset;
	i->last = f->time;
	/* Whoever hears of it first makes the same id of it, also after a restart. */
	id_make(f->time, id_hash(1, f->id, strlen(f->id)), i->id);
	return i;
}

void incident_forget(struct state *s, struct incident *i)
{
	s->going_on &= ~(1ull << (i - s->incidents));
	memset(i, 0, sizeof(*i));
}

static unsigned add_service(
	struct state *s, struct incident *i, const struct fact *f, const struct service *service)
{
	struct incident_service *x;
	uint64_t key = key_of(fact_service(f));
	unsigned n;

	for (n = 0; n < i->service_count && i->services[n].key != key; n++)
		;
	if (n == INCIDENT_SERVICES) {
		i->services_cut = true;
		return n - 1;
	}
	x = &i->services[n];
	if (n == i->service_count) {
		i->service_count++;
		s->impacts_due = 0;
		x->key = key;
		text_copy(x->name, sizeof(x->name), fact_service(f));
	}
	x->count += f->count;
	if (!x->first)
		x->first = f->time;
	x->last = f->time > x->last ? f->time : x->last;
	_Static_assert(INCIDENT_SERVICES <= 8, "a set of services is one byte");
	for (unsigned m = 0; m < i->service_count; m++)
		for (unsigned k = 0; m != n && k < FACT_CALLS && f->callees[k]; k++)
			x->calls |= (uint8_t)((f->callees[k] == i->services[m].key) << m);
	incident_impact(x, service, f->time);
	return n;
}

void incident_add_issue(struct incident *i, uint64_t key)
{
	for (unsigned n = 0; n < i->issue_count; n++)
		if (i->issues[n] == key)
			return;
	if (i->issue_count < INCIDENT_ISSUES)
		i->issues[i->issue_count++] = key;
	else
		i->issues_cut = true;
}

void incident_add_series(struct incident *i, uint64_t key)
{
	if (!incident_has_series(i, key) && i->series_count < INCIDENT_SERIES)
		i->series[i->series_count++] = key;
}

void incident_add_process(struct incident *i, const struct incident_process *x)
{
	if (!x->start || i->process_count == INCIDENT_PROCESSES)
		return;
	for (unsigned n = 0; n < i->process_count; n++)
		if (i->processes[n].service == x->service && i->processes[n].start == x->start)
			return;
	i->processes[i->process_count++] = *x;
}

/* What the dead had used up. */
static void add_limits(struct incident *i, const struct fact *f)
{
	struct limit limit;

	if (!i->limit[0] && limit_of(f, &limit)) {
		text_copy(i->limit, sizeof(i->limit), limit.name);
		text_copy(i->limit_words, sizeof(i->limit_words), limit.words);
	}
	if (limit_spared(f) && f->largest_rss > i->eater_bytes) {
		text_copy(i->eater, sizeof(i->eater), f->largest_comm);
		i->eater_bytes = f->largest_rss;
	}
	i->overflows += strcmp(f->fault, "stack overflow") == 0;
}

/* The file or so that lacked it; of memory the control group that has no more of it. */
static void name_resource(struct incident *i, const struct fact *f)
{
	const char *group = strrchr(f->oom_cgroup, '/');

	text_copy(i->resource_subject, sizeof(i->resource_subject), f->subject);
	if (strcmp(f->oom_scope, "cgroup") == 0 && group && group[1] && f->oom_limit)
		snprintf(i->resource_subject, sizeof(i->resource_subject), "of %.60s (limit %llu MiB)",
			group + 1, (unsigned long long)(f->oom_limit >> 20));
}

/* Nobody had a connection with a job that failed at once. */
static bool may_have_served(const struct fact *f)
{
	return f->kind != EVENT_EXIT_FAILURE || f->has_listening || !f->age || f->age > JOB;
}

static void add_facts(struct incident *i, const struct fact *f, const struct failure *failure, uint64_t onset)
{
	bool first = !i->count;

	i->workers = (first || i->workers) && strcmp(f->role, "worker") == 0;
	i->count += f->count;
	i->mechanisms |= failure->mechanism;
	if (f->time > i->last + i->pause)
		i->pause = f->time - i->last;
	if (f->time > i->last)
		i->last = f->time;
	if (failure->pause > i->pause)
		i->pause = failure->pause;
	i->address_taken |= told_address_taken(f);
	if (f->kind == EVENT_LISTEN || (event_is_death(f->kind) && may_have_served(f)))
		i->died = f->time;
	if (failure->resource && failure->mechanism != MECHANISM_OOM)
		i->mechanisms |= MECHANISM_RESOURCE;
	if (failure->resource && !i->resource[0]) {
		i->resource_since = onset;
		text_copy(i->resource, sizeof(i->resource), failure->resource);
		name_resource(i, f);
	}
	add_limits(i, f);
	if (failure->mechanism & (MECHANISM_KILL | MECHANISM_HARDWARE))
		text_copy(i->killer_reason, sizeof(i->killer_reason), f->killer_reason);
	if (failure->mechanism == MECHANISM_KILL) {
		text_copy(i->killer, sizeof(i->killer), f->killer_comm);
		text_copy(i->killer_class, sizeof(i->killer_class), f->killer_class);
		i->operator|= strcmp(f->killer_class, "operator") == 0;
		i->operator_first |= i->operator&&(first || f->time == i->started);
	}
}

void incident_add(struct state *s, const struct fact *f, const struct failure *failure,
	const struct issue *issue, const struct series *series, const struct service *service)
{
	uint64_t onset = series_onset(series, f->time);
	struct incident *i = incident_find(s, f, failure, series, onset);
	bool first = !i;
	unsigned n;

	if (!i)
		i = incident_begin(s, f, onset);
	else if (series->run == series->first && onset < i->started)
		i->started = onset; /* it was too little to be told, and never there before */
	n = add_service(s, i, f, service);
	if (issue)
		incident_add_issue(i, issue->way.key);
	if ((failure->mechanism == MECHANISM_PEER || failure->echo) &&
		(f->remote[0] || !lost_the_dead(i, f, failure)))
		incident_add_peer(i, f, failure, n);
	incident_add_related(i, f);
	incident_add_series(i, series->way.key);
	incident_add_process(
		i, &(struct incident_process){.service = key_of(fact_service(f)), .start = f->start});
	i->token_count = (uint8_t)words_of_failure(f, i->tokens, i->token_count, INCIDENT_TOKENS);
	add_facts(i, f, failure, onset);
	if (failure->resource && strcmp(i->resource, failure->resource) == 0)
		i->resource_services |= 1ull << n;
	/* The second failure confirms it; the loss of a service's last process needs no second one. */
	if (i->state == INCIDENT_PENDING &&
		(!first || f->count > 1 || failure->again ||
			(failure->certain && !failure->by_hand && event_is_death(f->kind) && f->has_alive &&
				!f->alive && may_have_served(f)))) {
		i->state = INCIDENT_OPEN;
		i->detected = f->time;
		s->impacts_due = 0;
	}
	incident_absorb(s, i, f, series);
}
