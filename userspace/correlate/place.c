/* SPDX-License-Identifier: Apache-2.0 */
/* Where a change was made, against where it fails. */
#include <ctype.h>
#include <string.h>

#include "correlate/internal.h"

#define NAME_MIN 4 /* shorter ones are words of all sorts */

bool is_everywhere(const struct marker *m)
{
	return !m->name[0] || strcmp(m->name, "*") == 0 || strcmp(m->name, "host") == 0;
}

static bool is_everywhere_in(const struct incident *i, const struct marker *m)
{
	(void)i;
	return is_everywhere(m);
}

/* Its index among the services of the incident; INCIDENT_SERVICES: none of them. */
static unsigned index_of(const struct incident *i, const struct marker *m)
{
	const struct incident_service *service = marker_service(i, m);

	return service ? (unsigned)(service - i->services) : INCIDENT_SERVICES;
}

static bool is_called(const struct incident *i, unsigned n)
{
	for (unsigned k = 0; k < i->service_count; k++)
		if (i->services[k].calls & 1u << n)
			return true;
	return false;
}

/* The one that failed first, or that the others ask: whose failures are told of first is chance. */
static bool is_first(const struct incident *i, const struct marker *m)
{
	unsigned n = index_of(i, m);

	return n < i->service_count && (n == 0 || is_called(i, n));
}

/* Who asks another one that fails fails with it. */
static bool is_victim(const struct incident *i, const struct marker *m)
{
	unsigned n = index_of(i, m);

	return n < i->service_count && incident_is_victim(i, n);
}

static bool is_too(const struct incident *i, const struct marker *m)
{
	return marker_service(i, m) != NULL;
}

/* What was started anew may listen where another one did. */
static bool may_hold(const struct incident *i, const struct marker *m)
{
	return i->address_taken && (strcmp(m->kind, "deploy") == 0 || strcmp(m->kind, "config") == 0);
}

/* Whether it changed what held the memory that others were killed for. Names of processes are cut. */
static bool ate_memory(const struct incident *i, const struct marker *m)
{
	return i->eater[0] && strncmp(i->eater, m->name, sizeof(i->eater) - 1) == 0;
}

static bool is_callee(const struct incident *i, const struct marker *m)
{
	return incident_calls(i, m->service);
}

static bool is_caller(const struct incident *i, const struct marker *m)
{
	return incident_is_called(i, m->service);
}

static bool names_peer(const struct incident *i, const struct marker *m)
{
	for (unsigned n = 0; n < i->peer_count; n++)
		if (m->name[0] && (strstr(i->peers[n].remote, m->name) || strstr(i->peers[n].name, m->name)))
			return true;
	return false;
}

bool place_is_named(const struct incident *i, const struct marker *m)
{
	char server[sizeof(WORD_SERVER) + FACT_NAME] = WORD_SERVER, *name = server + strlen(WORD_SERVER);

	for (size_t n = 0; m->name[n]; n++)
		name[n] = (char)tolower((unsigned char)m->name[n]);
	if (words_have(server, i->tokens, i->token_count) ||
		(strlen(name) >= NAME_MIN && words_have(name, i->tokens, i->token_count)))
		return true;
	if (words_share_topic(m, i->tokens, i->token_count))
		return true;
	return strcmp(m->kind, "schema") == 0 && words_have(WORD_DATABASE, i->tokens, i->token_count);
}

/* What several services have in common when they begin to fail together, and miss neither a peer nor a
 * resource. */
static bool is_shared(const struct incident *i, const struct marker *m)
{
	return i->service_count > 1 && !i->peer_count && !i->resource[0] && !i->died &&
	       (strcmp(m->kind, "config") == 0 || strcmp(m->kind, "infra") == 0);
}

/* Connections to this host fail, so one of its own services, unless one is seen to die. */
static bool is_local(const struct incident *i, const struct marker *m)
{
	(void)m;
	for (unsigned n = 0; n < i->peer_count && !i->died; n++)
		if (peer_is_local(i->peers[n].remote))
			return true;
	return false;
}

/* The first row that holds. */
static const struct {
	enum weight_row row;
	bool (*holds)(const struct incident *i, const struct marker *m);
	const char *text;
} places[] = {
	{WEIGHT_PLACE_VICTIM, is_victim,
		", which fails too, and has connections with another one that fails"},
	{WEIGHT_PLACE_FIRST, is_first, ", which failed first"},
	{WEIGHT_PLACE_TOO, is_too, ", which fails too"},
	{WEIGHT_PLACE_PEER, names_peer, ", to which connections fail"},
	{WEIGHT_PLACE_EATER, ate_memory, ", which held most of the memory"},
	{WEIGHT_PLACE_CALLEE, is_callee, ", which the failing one has connections with"},
	{WEIGHT_PLACE_HOST, is_everywhere_in, ""},
	{WEIGHT_PLACE_NAMED, place_is_named, ", which the failure names"},
	{WEIGHT_PLACE_ADDRESS, may_hold, ", which may listen where the failing one wants to"},
	{WEIGHT_PLACE_LOCAL, is_local, ", a service of this host, to which connections fail"},
	{WEIGHT_PLACE_CALLER, is_caller, ", which has connections with the failing one"},
	{WEIGHT_PLACE_SHARED, is_shared, "; several services began to fail together"},
};

void weigh_place(const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x)
{
	(void)s;
	for (size_t n = 0; n < sizeof(places) / sizeof(*places); n++)
		if (places[n].holds(i, m)) {
			reason_add(x, places[n].row, 1, "it changed %s%s",
				is_everywhere(m) ? "the host" : m->name, places[n].text);
			return;
		}
	reason_add(x, WEIGHT_PLACE_NONE, 1, "it changed %s, which shows no failure", m->name);
}
