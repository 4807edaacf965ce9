/* SPDX-License-Identifier: Apache-2.0 */
/* The hypotheses of an incident compete: their weights become one distribution. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define MARKER_WINDOW (3 * DAY)
#define ADDRESS_MIN   7   /* 1.2.3.4 */
#define SURE          0.7 /* a verdict under it is none */

/* Keeps the likeliest; the order of equal ones is that of their making. */
static void keep(struct verdict *v, const struct suspect *x)
{
	unsigned at = v->count;

	while (at > 0 && v->suspects[at - 1].weight < x->weight)
		at--;
	if (at == SUSPECTS)
		return;
	if (v->count < SUSPECTS)
		v->count++;
	memmove(&v->suspects[at + 1], &v->suspects[at], (v->count - at - 1) * sizeof(*x));
	v->suspects[at] = *x;
}

static void markers(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct action actions[ACTIONS];
	unsigned count = history_actions(s, i, actions);
	const struct marker *m;

	for (unsigned n = 0; (m = marker_newest(s, n)); n++) {
		struct suspect x = {.cause = "marker", .marker = m};

		if (m->time + MARKER_WINDOW < i->started || m->time > i->last)
			continue;
		snprintf(x.subject, sizeof(x.subject), "%s %s%s%s", m->kind, m->name,
			m->version[0] ? " " : "", m->version);
		evidence_marker(s, i, actions, count, &x);
		keep(v, &x);
	}
}

/* On this host, so no third party. */
bool peer_is_local(const char *remote)
{
	return strncmp(remote, "127.", 4) == 0 || strncmp(remote, "[::1]", 5) == 0 ||
	       strncmp(remote, "unix:", 5) == 0;
}

bool peer_host(const char *remote, char ret[FACT_NAME])
{
	char *port;

	text_copy(ret, FACT_NAME, remote);
	port = strrchr(ret, ':');
	if (port)
		*port = 0;
	return strlen(ret) >= ADDRESS_MIN;
}

/* Whether nothing of the sort was ever seen before it began. */
static bool is_new(const struct state *s, const struct incident *i)
{
	unsigned old = 0;

	for (unsigned n = 0; n < i->series_count; n++) {
		const struct series *series = WAYS_FIND(s->series, i->series[n]);

		old += series && series->first < i->started;
	}
	return !old && i->started > s->first + MINUTE;
}

/* Failures of services that ask others which fail, and do not miss the peer themselves. */
static uint64_t victims(const struct incident *i, const struct incident_peer *peer)
{
	uint64_t sum = 0;

	for (unsigned n = 0; n < i->service_count; n++)
		if (!(peer->services & 1ull << n) && incident_is_victim(i, n))
			sum += i->services[n].count;
	return sum < i->count ? sum : i->count;
}

static void third_parties(const struct state *s, const struct incident *i, struct verdict *v)
{
	for (unsigned n = 0; n < i->peer_count; n++) {
		const struct incident_peer *peer = &i->peers[n];
		struct suspect x = {.cause = "third_party"};
		int services = __builtin_popcountll(peer->services);

		if (peer->name[0] && peer->remote[0])
			snprintf(x.subject, sizeof(x.subject), "%s (%s)", peer->name, peer->remote);
		else
			text_copy(x.subject, sizeof(x.subject),
				peer->remote[0] ? peer->remote
				: peer->name[0] ? peer->name
						: "a peer that is not seen");
		if (services > 1)
			reason_add(&x, WEIGHT_PEER_SEVERAL, 1,
				"connections of %d services to it fail (%llu failures)", services,
				(unsigned long long)peer->count);
		else
			reason_add(&x, WEIGHT_PEER_ONE, 1, "connections to it fail (%llu failure%s)",
				(unsigned long long)peer->count, peer->count == 1 ? "" : "s");
		if (2 * peer->count > i->count - victims(i, peer))
			reason_add(&x, WEIGHT_PEER_MOST, 1, "most of the failures are connections to it");
		else
			reason_add(&x, WEIGHT_PEER_FEW, 1, "most failures are of another kind");
		if (is_new(s, i))
			reason_add(&x, WEIGHT_PEER_NEW, 1, "they never failed before");
		if (i->mechanisms & (MECHANISM_CRASH | MECHANISM_OOM | MECHANISM_KILL))
			reason_add(&x, WEIGHT_PEER_DEATHS, 1, "processes of this host die, too");
		if (peer_is_local(peer->remote))
			reason_add(&x, WEIGHT_PEER_LOCAL, 1, "it is on this host");
		else if (!peer->remote[0] && !peer->name[0] && 2 * peer->near > peer->count)
			reason_add(
				&x, WEIGHT_PEER_LOCAL, 1, "who says so has connections with this host alone");
		if (!peer->remote[0] && 2 * peer->lost > peer->count)
			reason_add(
				&x, WEIGHT_PEER_UNSEEN, 1, "programs say so, no connection was seen to fail");
		if (2 * peer->lookups > peer->count)
			reason_add(&x, WEIGHT_PEER_LOOKUP, 1, "it is its name that is not found");
		keep(v, &x);
	}
}

/* What the services of a host share: descriptors, threads and connections run out in one of them. */
static bool is_shared(const char *resource)
{
	static const char *const shared[] = {"ENOSPC", "EDQUOT", "ENFILE"};

	for (size_t n = 0; n < sizeof(shared) / sizeof(*shared); n++)
		if (strcmp(resource, shared[n]) == 0)
			return true;
	return false;
}

static void resource(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct suspect x = {.cause = "resource"};
	int services = __builtin_popcountll(i->resource_services);

	(void)s;
	if (!i->resource[0] && !i->limit[0])
		return;
	snprintf(x.subject, sizeof(x.subject), "%s%s%.100s", i->resource[0] ? i->resource : i->limit,
		i->resource_subject[0] ? " " : "", i->resource_subject);
	if (i->mechanisms & MECHANISM_OOM)
		reason_add(&x, WEIGHT_RESOURCE_MEMORY, 1, "the kernel ended a process for lack of memory");
	else if (i->resource[0])
		reason_add(&x, WEIGHT_RESOURCE_CALL, 1, "calls fail with %s", i->resource);
	if (i->resource[0] && i->resource_since > i->started + CLOCK_SLACK)
		reason_add(&x, WEIGHT_RESOURCE_LATE, 1, "it had begun before");
	if (services > 1 && is_shared(i->resource))
		reason_add(&x, WEIGHT_RESOURCE_SEVERAL, 1, "%d services lack it", services);
	if (i->limit[0])
		reason_add(&x, i->resource[0] ? WEIGHT_LIMIT_BESIDE : WEIGHT_LIMIT_ALONE, 1,
			"a process that died had %s", i->limit_words);
	if (i->eater[0])
		reason_add(&x, WEIGHT_MEMORY_EATER, 1,
			"most of the memory, %llu MiB, was held by %s, which was spared",
			(unsigned long long)(i->eater_bytes >> 20), i->eater);
	keep(v, &x);
}

static void operator(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct suspect x = {.cause = "operator"};

	(void)s;
	if (!i->operator)
		return;
	text_copy(x.subject, sizeof(x.subject), i->killer);
	reason_add(&x, WEIGHT_OPERATOR, 1, "a person's %s sent the signal%s%s",
		i->killer[0] ? i->killer : "process", i->killer_reason[0] ? ": " : "", i->killer_reason);
	if (i->operator_first)
		reason_add(&x, WEIGHT_OPERATOR_FIRST, 1, "it began with that");
	else
		reason_add(&x, WEIGHT_OPERATOR_LATE, 1, "it had begun before");
	if (i->mechanisms & (MECHANISM_CRASH | MECHANISM_OOM))
		reason_add(&x, WEIGHT_OPERATOR_DEATHS, 1, "processes die by themselves, too");
	keep(v, &x);
}

static void hardware(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct suspect x = {.cause = "hardware"};

	(void)s;
	if (!(i->mechanisms & MECHANISM_HARDWARE))
		return;
	text_copy(x.subject, sizeof(x.subject), "memory");
	reason_add(&x, WEIGHT_HARDWARE, 1, "the kernel reported a memory error (BUS_MCEERR)%s%s",
		i->killer_reason[0] ? ": " : "", i->killer_reason);
	keep(v, &x);
}

/* Bugs that were always there. */
static void intrinsic(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct suspect x = {.cause = "intrinsic"};
	unsigned old = 0;

	for (unsigned n = 0; n < i->issue_count; n++) {
		const struct issue *issue = WAYS_FIND(s->issues, i->issues[n]);

		old += issue && issue->first + HOUR < i->started;
		if (issue && !x.subject[0])
			text_copy(x.subject, sizeof(x.subject), issue->title);
	}
	if (!(i->mechanisms & (MECHANISM_CRASH | MECHANISM_EXCEPTION | MECHANISM_EXIT)))
		return;
	reason_add(&x, WEIGHT_INTRINSIC, 1, "programs fail by themselves at times");
	if (i->overflows)
		reason_add(&x, WEIGHT_INTRINSIC_OVERFLOW, 1,
			"a stack overflowed, as a rule by a recursion without end");
	if (old)
		reason_add(&x, WEIGHT_INTRINSIC_BEFORE, 1, "the same failure was there before");
	keep(v, &x);
}

static void unknown(const struct state *s, const struct incident *i, struct verdict *v)
{
	struct suspect x = {.cause = "unknown"};

	(void)s;
	(void)i;
	reason_add(&x, WEIGHT_UNKNOWN, 1, "there may be a cause that cannot be seen from here");
	keep(v, &x);
}

typedef void (*propose_fn)(const struct state *s, const struct incident *i, struct verdict *v);

static const propose_fn hypotheses[] = {
	markers, third_parties, resource, operator, hardware, intrinsic, unknown};

void verdict_of(const struct state *s, const struct incident *i, struct verdict *ret)
{
	double sum = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t n = 0; n < sizeof(hypotheses) / sizeof(*hypotheses); n++)
		hypotheses[n](s, i, ret);
	for (unsigned n = 0; n < ret->count; n++)
		sum += ret->suspects[n].score = pow(10, ret->suspects[n].weight * weights_sureness / 10);
	for (unsigned n = 0; n < ret->count; n++)
		ret->suspects[n].score /= sum;
	ret->abstains = ret->suspects[0].score < SURE || strcmp(ret->suspects[0].cause, "unknown") == 0;
}
