/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the services of an incident cannot reach, and which others they have connections with. */
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

static bool is_among(uint64_t key, const uint64_t *keys, unsigned count)
{
	for (unsigned n = 0; n < count && keys[n]; n++)
		if (keys[n] == key)
			return true;
	return false;
}

bool incident_calls(const struct incident *i, uint64_t service)
{
	return is_among(service, i->callees, INCIDENT_RELATED);
}

bool incident_is_called(const struct incident *i, uint64_t service)
{
	return is_among(service, i->callers, INCIDENT_RELATED);
}

/* Who fails at the same time as one that it has connections with. */
bool incident_is_related(const struct incident *i, const struct fact *f, uint64_t service)
{
	if (f->time >= i->last + SAME_CAUSE)
		return false;
	for (unsigned n = 0; n < FACT_CALLS && f->callees[n]; n++)
		if (incident_service(i, f->callees[n]))
			return true;
	return incident_calls(i, service);
}

/* Who asks one that asks a service of the incident: a proxy hands its answers on, and does not fail. */
static bool is_behind(const struct incident *i, const struct fact *f)
{
	for (unsigned n = 0; n < FACT_CALLS && f->callees[n]; n++)
		if (incident_is_called(i, f->callees[n]))
			return true;
	return false;
}

/* Who asks the very peer elsewhere that the incident misses. */
static bool asks_missed(const struct incident *i, const struct fact *f)
{
	for (unsigned n = 0; n < i->peer_count && f->far_count == 1 && f->far[0]; n++)
		if (strcmp(i->peers[n].remote, f->far) == 0)
			return true;
	return false;
}

/* When anything of the sort was seen first, in this incident or before it. */
static uint64_t first_of_all(const struct state *s, const struct incident *i)
{
	uint64_t first = i->started;

	for (unsigned n = 0; n < i->series_count; n++) {
		const struct series *series = WAYS_FIND(s->series, i->series[n]);

		if (series && series->first < first)
			first = series->first;
	}
	return first;
}

/* What programs say that are answered by errors, or cut off where they ask nobody elsewhere. */
static bool is_answer(const struct fact *f, const struct failure *failure)
{
	return failure->mechanism == MECHANISM_EXCEPTION || (failure->echo && failure->lost && !f->far_count);
}

bool incident_answers(const struct state *s, const struct incident *i, const struct fact *f,
	const struct failure *failure, const struct series *series)
{
	return i->state == INCIDENT_OPEN && is_answer(f, failure) && f->time < i->last + TOGETHER &&
	       (incident_is_related(i, f, series->service) || is_behind(i, f) || asks_missed(i, f)) &&
	       series->first + CLOCK_SLACK >= first_of_all(s, i);
}

static void add_keys(uint64_t *keys, const uint64_t *more, unsigned count)
{
	for (unsigned k = 0; k < count && more[k]; k++)
		for (unsigned n = 0; n < INCIDENT_RELATED && keys[n] != more[k]; n++)
			if (!keys[n]) {
				keys[n] = more[k];
				break;
			}
}

/* Who says that a connection failed, but not whom to, means the only one that there can be. One that is
 * refused or closed would have been seen to fail. */
static bool means_far(const struct fact *f)
{
	return !f->remote[0] && f->far_count == 1 && (!f->callees[0] || told_connection(f) == TOLD_FAR);
}

/* The other end that a failure means. Borrowed from the fact, or from itself. */
struct other_end {
	const char *remote;
	const char *name;
	char told[FACT_NAME];
};

/* Of an address with a port, whether it is of that host. */
static bool is_at(const char *remote, const char *host)
{
	size_t len = strlen(host);

	return strncmp(remote, host, len) == 0 && (remote[len] == ':' || !remote[len]);
}

static void other_end_of(const struct fact *f, struct other_end *ret)
{
	bool far = means_far(f), told = !far && !f->remote[0] && told_host(f, ret->told);

	far |= told && is_at(f->far, ret->told);
	ret->remote = far ? f->far : f->remote;
	ret->name = far ? f->far_name : told ? ret->told : f->remote_name;
}

static bool is_known(const struct other_end *end)
{
	return end->remote[0] || end->name[0];
}

static bool is_elsewhere(const char *remote, const char *name)
{
	return (remote[0] && !peer_is_local(remote)) || (!remote[0] && name[0]);
}

static bool peer_is_known(const struct incident_peer *peer)
{
	return peer->remote[0] || peer->name[0];
}

/* Whether it is not known of one of the two, and the other is elsewhere. */
static bool may_be_peer(const struct incident_peer *peer, const struct other_end *end)
{
	if (is_known(end))
		return !peer_is_known(peer) && is_elsewhere(end->remote, end->name);
	return is_elsewhere(peer->remote, peer->name);
}

/* One name may have several addresses. */
static bool is_peer(const struct incident_peer *peer, const struct other_end *end)
{
	return strcmp(peer->remote, end->remote) == 0 ||
	       (peer->name[0] && strcmp(peer->name, end->name) == 0);
}

bool incident_has_peer(const struct incident *i, const struct fact *f)
{
	struct other_end end;

	if (!i->peer_count)
		return false;
	other_end_of(f, &end);
	for (unsigned n = 0; n < i->peer_count; n++)
		if (is_peer(&i->peers[n], &end))
			return true;
	return false;
}

bool incident_may_miss(const struct incident *i, const struct fact *f)
{
	struct other_end end;

	other_end_of(f, &end);
	for (unsigned n = 0; n < i->peer_count; n++)
		if (may_be_peer(&i->peers[n], &end))
			return true;
	return false;
}

/* The peer of that address; of a service that does not say whom it misses, the one that it misses. */
static unsigned find_peer(const struct incident *i, const struct other_end *end, unsigned index)
{
	uint64_t service = 1ull << index;
	unsigned n;

	for (n = 0; n < i->peer_count; n++)
		if (is_peer(&i->peers[n], end))
			return n;
	for (n = 0; n < i->peer_count; n++)
		if (i->peers[n].services & service && (!*end->remote || !i->peers[n].remote[0]))
			return n;
	/* Who asks another one that fails misses that one. */
	for (n = 0; n < i->peer_count && !incident_is_victim(i, index); n++)
		if (may_be_peer(&i->peers[n], end))
			return n;
	return i->peer_count;
}

static void note_end(struct incident_peer *peer, const struct other_end *end)
{
	if (!peer->remote[0])
		text_copy(peer->remote, FACT_NAME, end->remote);
	if (!peer->name[0])
		text_copy(peer->name, FACT_NAME, end->name);
}

void incident_add_peer(
	struct incident *i, const struct fact *f, const struct failure *failure, unsigned service)
{
	struct other_end end;
	unsigned n;

	other_end_of(f, &end);
	n = find_peer(i, &end, service);
	i->peer_failures += f->count;
	if (n == INCIDENT_PEERS)
		return;
	if (n == i->peer_count)
		i->peer_count++;
	note_end(&i->peers[n], &end);
	i->peers[n].count += f->count;
	i->peers[n].lost += failure->lost && failure->echo ? f->count : 0;
	i->peers[n].lookups += failure->lookup ? f->count : 0;
	i->peers[n].near += !is_known(&end) && !f->far_count && f->callees[0] ? f->count : 0;
	i->peers[n].services |= 1ull << service;
}

/* The counts of one that another incident has, too. */
void incident_merge_peer(struct incident *i, const struct incident_peer *peer)
{
	const struct other_end end = {.remote = peer->remote, .name = peer->name};
	unsigned n = find_peer(i, &end, (unsigned)__builtin_ctzll(peer->services));
	struct incident_peer *x = &i->peers[n];

	if (n == INCIDENT_PEERS)
		return;
	if (n == i->peer_count) {
		i->peer_count++;
		*x = *peer;
		return;
	}
	note_end(x, &end);
	x->count += peer->count;
	x->lost += peer->lost;
	x->lookups += peer->lookups;
	x->near += peer->near;
	x->services |= peer->services;
}

void incident_add_related(struct incident *i, const struct fact *f)
{
	add_keys(i->callees, f->callees, FACT_CALLS);
	add_keys(i->callers, f->callers, FACT_CALLS);
}

void incident_merge_related(struct incident *i, const struct incident *j)
{
	add_keys(i->callees, j->callees, INCIDENT_RELATED);
	add_keys(i->callers, j->callers, INCIDENT_RELATED);
}
