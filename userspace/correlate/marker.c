/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the last time. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define SAME_CHANGE    (10 * MINUTE)
#define SAME_DEPLOY    HOUR          /* its start and its end, as CI systems tell both */
#define AT_ONCE        (10 * SECOND) /* that several are noticed */
#define OF_ONE_SERVICE 32            /* changes that are kept */

/* Who notices that another release runs cannot tell which way it goes. */
static bool same_kind(const struct marker *a, const struct marker *b)
{
	return strcmp(a->kind, b->kind) == 0 ||
	       (strcmp(a->kind, "rollback") == 0 && strcmp(b->kind, "deploy") == 0 &&
		       strcmp(b->source, "inferred") == 0);
}

bool marker_changes(const struct marker *m, uint64_t service, const char *name)
{
	size_t len = strlen(m->name);

	return m->service == service || (len && strncmp(name, m->name, len) == 0 && name[len] == '@');
}

static bool same_service(const struct marker *a, const struct marker *b)
{
	return marker_changes(a, b->service, b->name) || marker_changes(b, a->service, a->name);
}

/* Start and end of one deployment, as CI systems tell both: what they say of it may differ, or be nothing. */
static bool same_declared(const struct marker *a, const struct marker *b, uint64_t apart)
{
	bool same_note = strcmp(a->note, b->note) == 0;

	if (strcmp(a->version, b->version) != 0)
		return false;
	if (a->version[0])
		return apart < SAME_CHANGE || (same_note && a->note[0]);
	return apart < SAME_CHANGE && same_note &&
	       (strcmp(a->kind, "deploy") == 0 || strcmp(a->kind, "rollback") == 0 ||
		       strcmp(a->kind, "schema") == 0);
}

/* A change that was declared and then noticed, or the other way round, is one, and so is what is noticed at
 * once. */
static bool is_same(const struct marker *old, const struct marker *m)
{
	uint64_t apart = m->time > old->time ? m->time - old->time : old->time - m->time;
	bool same_source;

	/* Most are of other services, and long ago. */
	if (apart >= SAME_DEPLOY || !same_kind(old, m))
		return false;
	same_source = strcmp(old->source, m->source) == 0;
	/* Who notices it may not know whose it is. */
	if (!same_service(old, m))
		return apart < MINUTE && !same_source &&
		       is_everywhere(strcmp(old->source, "inferred") == 0 ? old : m);
	if (same_source && strcmp(m->source, "declared") == 0)
		return old->service == m->service && same_declared(old, m, apart);
	return apart < (same_source ? AT_ONCE : SAME_CHANGE) &&
	       (!same_source || old->service == m->service) &&
	       (!old->version[0] || !m->version[0] || strcmp(old->version, m->version) == 0);
}

static struct marker *find_same(struct state *s, const struct marker *m)
{
	bool other = false;

	for (uint64_t n = s->marker_count; n-- > 0;) {
		struct marker *old = &s->markers[s->marker_order[n]];

		if (old->service != m->service && !is_same(old, m))
			continue;
		/* With another one in between a deploy of the same version is one more. */
		if (is_same(old, m) && !(other && strcmp(old->source, m->source) == 0))
			return old;
		other = true;
	}
	return NULL;
}

/* Noticed only: to the version before. After a rollback that way leads forward again. */
static bool goes_back(const struct state *s, const struct marker *m)
{
	const struct service *service = WAYS_FIND(s->services, m->service);
	const struct marker *old;

	if (!service || !m->version[0] || strcmp(m->kind, "deploy") != 0 ||
		strcmp(m->source, "inferred") != 0 || strcmp(service->before, m->version) != 0)
		return false;
	for (unsigned n = 0; (old = marker_newest(s, n)); n++)
		if (old->service == m->service && old->version[0])
			return strcmp(old->kind, "rollback") != 0;
	return false;
}

/* What was noticed of it: all, as far as there is room. */
static void join_evidence(struct marker *old, const struct marker *m)
{
	size_t len = strlen(old->evidence);

	if (strcmp(old->source, "inferred") != 0)
		text_copy(old->evidence, sizeof(old->evidence), m->evidence);
	else if (!strstr(old->evidence, m->evidence) &&
		 len + strlen(m->evidence) + 3 <= sizeof(old->evidence))
		snprintf(old->evidence + len, sizeof(old->evidence) - len, "; %s", m->evidence);
}

/* Whether one of the words NAME=VALUE is about what is among those of old, too. */
static bool shares_name(const char *old, const char *words)
{
	char name[EVENT_UNDO + 2];

	for (; *words; words += strcspn(words, " "), words += *words == ' ') {
		snprintf(name, sizeof(name), " %.*s=", (int)strcspn(words, " ="), words);
		if (strstr(old, name))
			return true;
	}
	return false;
}

/* There is room for both. */
static void put_before(char undo[EVENT_UNDO], const char *later)
{
	char both[2 * EVENT_UNDO + 8];

	snprintf(both, sizeof(both), "%s%s%s", later, undo[0] ? " && " : "", undo);
	text_copy(undo, EVENT_UNDO, both);
}

/* Both are taken back, the later first, or what is known of one is of no use. What is installed together may
 * depend on each other. */
static void join_undo(struct marker *old, const struct marker *m)
{
	static const char verb[] = " install ";
	const char *install = strstr(m->undo, verb);
	size_t len = strlen(old->undo), same = install ? (size_t)(install - m->undo) + sizeof(verb) - 1 : 0;

	old->lasting |= m->lasting || len + strlen(m->undo) + sizeof(" && ") > sizeof(old->undo);
	if (old->lasting)
		old->undo[0] = '\0';
	else if (same && strncmp(old->undo, m->undo, same) == 0 && !strstr(old->undo, " && ") &&
		 !shares_name(old->undo, m->undo + same))
		snprintf(old->undo + len, sizeof(old->undo) - len, " %s", m->undo + same);
	else
		put_before(old->undo, m->undo);
}

static struct marker *join(struct marker *old, const struct marker *m)
{
	if (strcmp(m->source, "declared") == 0 && old->service != m->service) {
		old->service = m->service;
		text_copy(old->name, sizeof(old->name), m->name);
	}
	if (!old->version[0])
		text_copy(old->version, sizeof(old->version), m->version);
	if (!old->before[0])
		text_copy(old->before, sizeof(old->before), m->before);
	if (!old->note[0])
		text_copy(old->note, sizeof(old->note), m->note);
	if (strcmp(m->source, "inferred") == 0) {
		join_undo(old, m);
		join_evidence(old, m);
	}
	return old;
}

/* They are kept in the order of their times: to make room the oldest goes, of this service when it has more
 * than its share, so that one that declares without end does not displace the others'. NULL: m itself is too
 * old. */
static struct marker *insert(struct state *s, const struct marker *m)
{
	unsigned kept = (unsigned)s->marker_count, own = 0, oldest_own = 0, at, out = kept, slot = kept;
	uint8_t *order = s->marker_order;
	bool restart = false;

	_Static_assert(STATE_MARKERS <= UINT8_MAX + 1, "an index is one byte");
	for (unsigned n = kept; n-- > 0;) {
		const struct marker *old = &s->markers[order[n]];

		if (old->service != m->service)
			continue;
		own++;
		/* Restarts of a crash loop displace no other change. */
		if (!restart || strcmp(old->kind, "restart") == 0)
			oldest_own = n;
		restart |= strcmp(old->kind, "restart") == 0;
	}
	if (own >= OF_ONE_SERVICE)
		out = oldest_own;
	else if (kept == STATE_MARKERS)
		out = 0;
	if (out < kept) {
		slot = order[out];
		if (m->time < s->markers[slot].time)
			return NULL;
		memmove(&order[out], &order[out + 1], kept - out - 1);
		kept--;
	}
	for (at = kept; at > 0 && s->markers[order[at - 1]].time > m->time; at--)
		;
	memmove(&order[at + 1], &order[at], kept - at);
	order[at] = (uint8_t)slot;
	s->markers[slot] = *m;
	s->marker_count = kept + 1;
	return &s->markers[slot];
}

/* A unit is called as it is elsewhere: without its type. */
static void take_service(struct marker *m, const char *name)
{
	text_copy(m->name, sizeof(m->name), name);
	m->name[strlen(m->name) - text_ends_with(m->name, ".service")] = '\0';
	m->service = key_of(m->name);
}

/* Of what was declared only what is noticed of it tells how. */
static void take_undo(struct marker *m, const char *undo)
{
	/* One that fills its room may have been cut. */
	if (strlen(undo) + 1 < sizeof(m->undo))
		text_copy(m->undo, sizeof(m->undo), undo);
	m->lasting = !m->undo[0] && strcmp(m->source, "inferred") == 0;
}

struct marker *marker_add(struct state *s, const struct fact *f)
{
	struct marker m = {.time = f->time}, *place;

	memcpy(m.id, f->id, sizeof(m.id));
	text_copy(m.kind, sizeof(m.kind), f->marker_kind);
	take_service(&m, f->marker_service);
	text_copy(m.version, sizeof(m.version), f->marker_version);
	text_copy(m.before, sizeof(m.before), f->marker_before);
	text_copy(m.source, sizeof(m.source), f->marker_source);
	text_copy(m.evidence, sizeof(m.evidence), f->marker_evidence);
	text_copy(m.note, sizeof(m.note), f->marker_note);
	take_undo(&m, f->marker_undo);
	if (goes_back(s, &m))
		text_copy(m.kind, sizeof(m.kind), "rollback");
	place = find_same(s, &m);
	if (place)
		return join(place, &m);
	return insert(s, &m);
}

const struct incident_service *marker_service(const struct incident *i, const struct marker *m)
{
	for (unsigned n = 0; n < i->service_count; n++)
		if (marker_changes(m, i->services[n].key, i->services[n].name))
			return &i->services[n];
	return NULL;
}

const struct marker *marker_newest(const struct state *s, unsigned n)
{
	return n < s->marker_count ? &s->markers[s->marker_order[s->marker_count - 1 - n]] : NULL;
}
