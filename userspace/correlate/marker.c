/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of the last time, in a ring. */
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define SAME_CHANGE (10 * MINUTE)

/* A change that was declared and then noticed, or the other way round, is one. */
static struct marker *find_same(struct state *s, const struct marker *m)
{
	uint64_t kept = s->marker_count < STATE_MARKERS ? s->marker_count : STATE_MARKERS;

	for (uint64_t n = 0; n < kept; n++) {
		struct marker *old = &s->markers[(s->marker_count - 1 - n) % STATE_MARKERS];

		if (old->service == m->service && strcmp(old->kind, m->kind) == 0 &&
			strcmp(old->source, m->source) != 0 && m->time < old->time + SAME_CHANGE &&
			(!old->version[0] || !m->version[0] || strcmp(old->version, m->version) == 0))
			return old;
	}
	return NULL;
}

static struct marker *join(struct marker *old, const struct marker *m)
{
	if (!old->version[0])
		text_copy(old->version, sizeof(old->version), m->version);
	if (!old->note[0])
		text_copy(old->note, sizeof(old->note), m->note);
	if (strcmp(m->source, "inferred") == 0)
		text_copy(old->evidence, sizeof(old->evidence), m->evidence);
	return old;
}

struct marker *marker_add(struct state *s, const struct fact *f)
{
	struct marker m = {.time = f->time, .service = key_of(f->marker_service)}, *place;

	memcpy(m.id, f->id, sizeof(m.id));
	text_copy(m.kind, sizeof(m.kind), f->marker_kind);
	text_copy(m.name, sizeof(m.name), f->marker_service);
	text_copy(m.version, sizeof(m.version), f->marker_version);
	text_copy(m.source, sizeof(m.source), f->marker_source);
	text_copy(m.evidence, sizeof(m.evidence), f->marker_evidence);
	text_copy(m.note, sizeof(m.note), f->marker_note);
	place = find_same(s, &m);
	if (place)
		return join(place, &m);
	place = &s->markers[s->marker_count++ % STATE_MARKERS];
	*place = m;
	return place;
}

const struct marker *marker_newest(const struct state *s, unsigned n)
{
	if (n >= STATE_MARKERS || n >= s->marker_count)
		return NULL;
	return &s->markers[(s->marker_count - 1 - n) % STATE_MARKERS];
}
