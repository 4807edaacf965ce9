/* SPDX-License-Identifier: Apache-2.0 */
/* Two incidents that turn out to be one: the later one becomes part of the earlier. */
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

/* When the first of its failures was told; it may have started before that. */
static uint64_t begun(const struct incident *i)
{
	return i->services[0].first;
}

/* Whether this failure's service has connections with one that failed in i by then. */
static bool calls_who_failed(const struct incident *i, const struct fact *f, uint64_t time)
{
	for (unsigned n = 0; n < FACT_CALLS && f->callees[n]; n++) {
		const struct incident_service *called = incident_service(i, f->callees[n]);

		if (called && called->first <= time)
			return true;
	}
	return false;
}

/* Of what goes on apart for a minute and more a service that is connected with both, and fails only then,
 * does not make one incident. */
bool incident_may_absorb(const struct incident *i, const struct incident *j, const struct fact *f)
{
	uint64_t a = begun(i), b = begun(j);

	if (i == j || i->started > j->started)
		return false;
	return j->state == INCIDENT_PENDING || (a > b ? a - b : b - a) < SAME_CAUSE ||
	       calls_who_failed(i, f, b);
}

/* Where the services of j are among those of i; false: not all are. */
static bool find_services(const struct incident *i, const struct incident *j, uint8_t *ret_index)
{
	for (unsigned n = 0; n < j->service_count; n++) {
		const struct incident_service *service = incident_service(i, j->services[n].key);

		/* Of what has no name nobody knows that it is one service. */
		if (!service || !*service->name)
			return false;
		ret_index[n] = (uint8_t)(service - i->services);
	}
	return true;
}

/* A set of indexes into services, where those have others. */
static uint64_t moved(uint64_t set, const uint8_t *index)
{
	uint64_t ret = 0;

	for (; set; set &= set - 1)
		ret |= 1ull << index[__builtin_ctzll(set)];
	return ret;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void merge_services(struct incident *i, const struct incident *j, const uint8_t *index)
{
	for (unsigned n = 0; n < j->service_count; n++) {
		const struct incident_service *y = &j->services[n];
		struct incident_service *x = &i->services[index[n]];

		x->count += y->count;
		x->first = least(x->first, y->first);
		x->last = most(x->last, y->last);
		x->calls |= (uint8_t)moved(y->calls, index);
		if (y->impact > x->impact || (y->impact == x->impact && !y->presumed)) {
			x->impact = y->impact;
			x->presumed = y->presumed;
		}
	}
}

static void merge_peers(struct incident *i, const struct incident *j, const uint8_t *index)
{
	i->peer_failures += j->peer_failures;
	for (unsigned n = 0; n < j->peer_count; n++) {
		struct incident_peer peer = j->peers[n];

		peer.services = moved(peer.services, index);
		incident_merge_peer(i, &peer);
	}
}

static void merge_keys(struct incident *i, const struct incident *j)
{
	for (unsigned n = 0; n < j->issue_count; n++)
		incident_add_issue(i, j->issues[n]);
	for (unsigned n = 0; n < j->series_count; n++)
		incident_add_series(i, j->series[n]);
	for (unsigned n = 0; n < j->process_count; n++)
		incident_add_process(i, &j->processes[n]);
	i->token_count =
		(uint8_t)words_merge(i->tokens, i->token_count, INCIDENT_TOKENS, j->tokens, j->token_count);
	incident_merge_related(i, j);
	i->issues_cut |= j->issues_cut;
	i->services_cut |= j->services_cut;
}

static void merge_resource(struct incident *i, const struct incident *j, const uint8_t *index)
{
	if (!j->resource[0] || (i->resource[0] && strcmp(i->resource, j->resource) != 0))
		return;
	if (!i->resource[0]) {
		text_copy(i->resource, sizeof(i->resource), j->resource);
		text_copy(i->resource_subject, sizeof(i->resource_subject), j->resource_subject);
		i->resource_since = j->resource_since;
	}
	i->resource_since = least(i->resource_since, j->resource_since);
	i->resource_services |= moved(j->resource_services, index);
}

static void merge_facts(struct incident *i, const struct incident *j)
{
	i->mechanisms |= j->mechanisms;
	i->address_taken |= j->address_taken;
	i->operator|= j->operator;
	i->operator_first |= j->operator_first && j->started == i->started;
	i->last = most(i->last, j->last);
	i->pause = most(i->pause, j->pause);
	i->died = most(i->died, j->died);
	i->count += j->count;
	i->overflows += j->overflows;
	if (!i->killer_reason[0])
		text_copy(i->killer_reason, sizeof(i->killer_reason), j->killer_reason);
	if (!i->killer_class[0]) {
		text_copy(i->killer, sizeof(i->killer), j->killer);
		text_copy(i->killer_class, sizeof(i->killer_class), j->killer_class);
	}
	if (!i->limit[0]) {
		text_copy(i->limit, sizeof(i->limit), j->limit);
		text_copy(i->limit_words, sizeof(i->limit_words), j->limit_words);
	}
	if (j->eater_bytes > i->eater_bytes) {
		text_copy(i->eater, sizeof(i->eater), j->eater);
		i->eater_bytes = j->eater_bytes;
	}
}

/* What was told of is told to be over, and where it goes on; what is pending was not. */
static void end(struct state *s, struct incident *i, struct incident *j, uint64_t time)
{
	s->going_on &= ~(1ull << (j - s->incidents));
	s->impacts_due = 0;
	if (j->state == INCIDENT_PENDING) {
		memset(j, 0, sizeof(*j));
		return;
	}
	i->detected = least(i->detected, j->detected);
	text_copy(j->into, sizeof(j->into), i->id);
	j->state = INCIDENT_CLOSED;
	j->ended = time;
}

void incident_absorb(struct state *s, struct incident *i, const struct fact *f, const struct series *series)
{
	uint8_t index[INCIDENT_SERVICES];

	for (uint64_t left = s->going_on; left; left &= left - 1) {
		struct incident *j = &s->incidents[incident_index(left)];

		/* It would hear no more of what fails there. */
		if (!incident_has_series(j, series->way.key) || !incident_may_absorb(i, j, f) ||
			!find_services(i, j, index))
			continue;
		merge_services(i, j, index);
		merge_peers(i, j, index);
		merge_keys(i, j);
		merge_resource(i, j, index);
		merge_facts(i, j);
		end(s, i, j, f->time);
	}
}
