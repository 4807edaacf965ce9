/* SPDX-License-Identifier: Apache-2.0 */
/* Breadcrumbs: the last failures of each process that came as samples or as TCP counts, by time. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/text.h"

#define TRAILS_MAX 2048             /* processes; beyond it the one that failed least recently is forgotten */
#define TRAIL_KEEP (3 * NS_PER_SEC) /* of a dead one, whose death may wait for a core dump */

struct crumb {
	uint64_t time;    /* of the boot clock */
	const char *name; /* a constant, in place of a system call */
	uint16_t call;
	uint16_t error; /* 0: none */
	bool compat;
	char *subject;
};

struct trail {
	struct hash_key key;
	uint64_t died; /* 0: it lives */
	struct crumb *crumbs;
	unsigned count;
	unsigned room;
	UT_hash_handle hh;
};

struct crumbs {
	struct trail *by_key; /* in order of their last failure */
	struct evidence_crumb lent[EVIDENCE_CRUMBS];
};

int crumbs_new(struct crumbs **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void trail_remove(struct crumbs *crumbs, struct trail *trail)
{
	HASH_DEL(crumbs->by_key, trail);
	for (unsigned i = 0; i < trail->count; i++)
		free(trail->crumbs[i].subject);
	free(trail->crumbs);
	free(trail);
}

void crumbs_free(struct crumbs *crumbs)
{
	struct trail *trail, *next;

	if (!crumbs)
		return;
	HASH_ITER (hh, crumbs->by_key, trail, next)
		trail_remove(crumbs, trail);
	free(crumbs);
}

static struct trail *trail_find(struct crumbs *crumbs, struct process_key key)
{
	struct hash_key k = hash_key_of(key);
	struct trail *trail;

	HASH_FIND(hh, crumbs->by_key, &k, sizeof(k), trail);
	return trail;
}

/* The trail of a process, made when missing, as the most recent one. */
static struct trail *trail_touch(struct crumbs *crumbs, struct process_key key)
{
	struct trail *trail = trail_find(crumbs, key);

	if (trail) {
		HASH_DEL(crumbs->by_key, trail);
	} else {
		trail = calloc(1, sizeof(*trail));
		if (!trail)
			return NULL;
		trail->key = hash_key_of(key);
		if (HASH_COUNT(crumbs->by_key) >= TRAILS_MAX)
			trail_remove(crumbs, crumbs->by_key);
	}
	HASH_ADD(hh, crumbs->by_key, key, sizeof(trail->key), trail);
	return trail;
}

/* Makes room for one more, by forgetting the first one if need be. */
static bool trail_room(struct trail *trail)
{
	struct crumb *crumbs;

	if (trail->count == EVIDENCE_CRUMBS) {
		free(trail->crumbs[0].subject);
		memmove(trail->crumbs, trail->crumbs + 1, --trail->count * sizeof(*trail->crumbs));
	}
	if (trail->count < trail->room)
		return true;
	crumbs = realloc(trail->crumbs, (trail->room ? 2 * trail->room : 4) * sizeof(*crumbs));
	if (!crumbs)
		return false;
	trail->crumbs = crumbs;
	trail->room = trail->room ? 2 * trail->room : 4;
	return true;
}

/* In its place by time: counts come later than samples. */
static void trail_add(struct trail *trail, const struct crumb *crumb, const char *subject)
{
	unsigned at;

	if (trail->count == EVIDENCE_CRUMBS && crumb->time < trail->crumbs[0].time)
		return;
	if (!trail_room(trail))
		return;
	for (at = trail->count; at > 0 && trail->crumbs[at - 1].time > crumb->time; at--)
		;
	memmove(trail->crumbs + at + 1, trail->crumbs + at, (trail->count - at) * sizeof(*crumb));
	trail->crumbs[at] = *crumb;
	trail->crumbs[at].subject = *subject ? strdup(subject) : NULL;
	trail->count++;
}

void crumbs_sample(struct enrich *e, const struct record *record)
{
	const struct record_subject *s = &record->subject;
	struct crumb crumb = {.time = record->time, .call = s->call, .error = s->error, .compat = s->compat};
	struct trail *trail = trail_touch(e->crumbs, s->task.key);

	if (trail)
		trail_add(trail, &crumb, s->subject);
}

/* Whether a sample has told of it: a connect that waits fails as a call as well. */
static bool is_told(const struct trail *trail, const struct crumb *crumb, const char *subject)
{
	for (unsigned i = 0; i < trail->count; i++) {
		const struct crumb *c = &trail->crumbs[i];

		if (!c->name && c->error == crumb->error && c->subject && strcmp(c->subject, subject) == 0)
			return true;
	}
	return false;
}

void crumbs_tcp(struct enrich *e, const struct record *record)
{
	const struct record_tcp *t = &record->tcp;
	struct crumb crumb = {.time = t->last,
		.name = t->kind == TCP_CONNECT_FAILED ? "connect"
			: t->kind == TCP_SENT         ? "tcp_reset_sent"
						      : "tcp_reset_received",
		.error = t->error};
	const struct process *owner = table_find(e->table, t->owner);
	struct trail *trail;

	if (!t->owner.pid || (owner && owner->dead))
		return;
	trail = trail_touch(e->crumbs, t->owner);
	if (trail && !is_told(trail, &crumb, t->remote))
		trail_add(trail, &crumb, t->remote);
}

void crumbs_lend(struct enrich *e, struct process_key key, struct evidence *evidence)
{
	const struct trail *trail = trail_find(e->crumbs, key);

	for (unsigned i = 0; trail && i < trail->count; i++) {
		const struct crumb *c = &trail->crumbs[i];
		struct evidence_crumb *out = &e->crumbs->lent[i];

		out->time = enrich_time(e, c->time);
		out->error = c->error;
		text_copy(out->subject, sizeof(out->subject), c->subject ? c->subject : "");
		if (c->name)
			text_copy(out->call, sizeof(out->call), c->name);
		else
			call_name(e, c->call, c->compat, out->call, sizeof(out->call));
		evidence->crumb_count = i + 1;
	}
	evidence->crumbs = e->crumbs->lent;
}

void crumbs_exit(struct enrich *e, struct process_key key, uint64_t now)
{
	struct trail *trail = trail_find(e->crumbs, key);

	if (trail)
		trail->died = now;
}

void crumbs_tick(struct enrich *e, uint64_t now)
{
	struct trail *trail, *next;

	HASH_ITER (hh, e->crumbs->by_key, trail, next)
		if (trail->died && now > trail->died && now - trail->died > TRAIL_KEEP)
			trail_remove(e->crumbs, trail);
}
