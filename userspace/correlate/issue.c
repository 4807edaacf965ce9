/* SPDX-License-Identifier: Apache-2.0 */
/* Issues: failures with one fingerprint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "correlate/fingerprint.h"
#include "correlate/internal.h"

#define STAYS_NEW DAY
#define WATCHED   HOUR          /* before it counts that something was not seen */
#define BRINGS    (6 * HOUR)    /* after a change, what was never seen before */
#define WITHOUT   (10 * MINUTE) /* that a version must have been there, to count as one without it */
#define HANDOVER  (10 * SECOND) /* after a change, what the version before it still does */
#define QUIET     (14 * DAY)    /* then it counts as resolved */
/* It was gone when it had not been seen for so long, and for ten times as long as it used to take. */
#define SILENCE (10 * MINUTE)

static const char *const state_names[ISSUE_STATES] = {
	[ISSUE_NEW] = "new",
	[ISSUE_ONGOING] = "ongoing",
	[ISSUE_REGRESSED] = "regressed",
	[ISSUE_RESOLVED] = "resolved",
	[ISSUE_IGNORED] = "ignored",
	[ISSUE_MERGED] = "merged",
};

const char *issue_state_name(const struct issue *issue)
{
	return state_names[issue->state];
}

bool issue_has_ended(const struct issue *issue)
{
	return issue->state == ISSUE_RESOLVED || issue->state == ISSUE_IGNORED ||
	       issue->state == ISSUE_MERGED;
}

const char *issue_state_before(const struct issue *issue)
{
	return issue_has_ended(issue) ? state_names[issue->state_before] : "";
}

static void issue_title(const struct fact *f, char *buf, size_t size)
{
	if (f->exception[0])
		snprintf(buf, size, "%s%s%.120s", f->exception, f->message[0] ? ": " : "", f->message);
	else if (f->kind == EVENT_OOM_KILL)
		snprintf(buf, size, "out of memory (%s)", f->oom_scope[0] ? f->oom_scope : "scope not known");
	else if (f->kind == EVENT_EXIT_FAILURE)
		snprintf(buf, size, "exit status %llu", (unsigned long long)f->status);
	else if (f->function[0])
		snprintf(buf, size, "%s in %s", f->signal, f->function);
	else
		snprintf(buf, size, "%s", f->signal);
}

static void issue_begin(struct issue *issue, const struct fact *f, const struct failure *failure)
{
	id_make(f->time, issue->way.key, issue->id);
	text_copy(issue->fingerprint, sizeof(issue->fingerprint), f->fingerprint);
	text_copy(issue->service, sizeof(issue->service), fact_service(f));
	text_copy(issue->step, sizeof(issue->step), f->step);
	issue->near = f->near;
	issue_title(f, issue->title, sizeof(issue->title));
	issue->first = f->time;
	issue->mechanism = failure->mechanism;
}

/* Whether it had been gone: of one that was seen once, a day is needed to tell. */
static bool was_gone(const struct issue *issue, const struct fact *f)
{
	uint64_t between = issue->count > 1 ? (issue->last - issue->first) / (issue->count - 1) : DAY / 10;

	return issue->last && f->time > issue->last + SILENCE && f->time - issue->last > 10 * between;
}

/* It was not seen in the version before this one, which had the time to show it, but in an earlier one. */
static bool skipped_a_version(const struct issue *issue, const struct service *service, const char *version)
{
	return issue->last_version[0] && service->before[0] && strcmp(service->version, version) == 0 &&
	       strcmp(issue->last_version, version) != 0 &&
	       strcmp(issue->last_version, service->before) != 0 && service->before_for >= WITHOUT;
}

/* It had been gone, and of its service a release that came after it was there for a while before the last
 * change: whether or not their versions are known, one was without it. */
static bool outlived_a_release(const struct state *s, const struct issue *issue, const struct fact *f)
{
	uint64_t service = key_of(issue->service), next = 0;
	const struct marker *m;

	for (unsigned n = 0; (m = marker_newest(s, n)) && m->time + HANDOVER > issue->last; n++) {
		if (m->service != service || m->time > f->time || strcmp(m->kind, "restart") == 0)
			continue;
		if (strcmp(m->kind, "deploy") == 0 && next >= m->time + WITHOUT)
			return true;
		next = next ? next : m->time;
	}
	return false;
}

static void issue_step(const struct state *s, struct issue *issue, const struct fact *f,
	const struct service *service, const char *version)
{
	bool gone = was_gone(issue, f);

	if (gone)
		issue->returned = f->time;
	if (issue->state == ISSUE_IGNORED)
		return;
	if (issue->state == ISSUE_RESOLVED || (issue->last && f->time > issue->last + QUIET) ||
		skipped_a_version(issue, service, version) || (gone && outlived_a_release(s, issue, f)))
		issue->state = ISSUE_REGRESSED;
	else if (issue->state == ISSUE_NEW && f->time > issue->first + STAYS_NEW)
		issue->state = ISSUE_ONGOING;
}

static bool is_older(const char *fingerprint)
{
	return strtoul(fingerprint, NULL, 10) != FINGERPRINT_VERSION;
}

/* What is known of an issue's stack. Of one from before the rules of fingerprints changed what it said was
 * folded by other rules: it is known by its frames alone. */
static struct near near_of(const struct issue *issue, struct near *other)
{
	struct near near = issue->near;

	if (is_older(issue->fingerprint))
		near.message = other->message = 0;
	return near;
}

/* The issue of the same service whose stack is nearly the same, of several the first; if there is none, the
 * only one where one stack may be what a build left of the other. */
static const struct issue *near_issue(const struct state *s, const struct fact *f)
{
	const struct issue *found = NULL, *maybe = NULL;
	unsigned count = 0;

	for (unsigned n = 0; n < STATE_ISSUES && (f->near.count || f->near.message); n++) {
		const struct issue *issue = &s->issues[n];
		struct near near, other;

		if (!issue->way.key || issue->near.kind != f->near.kind ||
			strcmp(issue->service, fact_service(f)) != 0)
			continue;
		other = f->near;
		near = near_of(issue, &other);
		if (near_same(&near, &other) && (!found || issue->first < found->first))
			found = issue;
		if (near_maybe(&near, &other)) {
			maybe = issue;
			count++;
		}
	}
	return found ? found : count == 1 ? maybe : NULL;
}

/* The key of what the rules before these made of the same frames: rules that did not touch it gave the same
 * digits, and only the version before them changed. 0: of other rules. */
static uint64_t older_key(const char *fingerprint)
{
	char older[EVENT_FINGERPRINT];
	const char *digits = strchr(fingerprint, ':');

	if (!digits || is_older(fingerprint))
		return 0;
	snprintf(older, sizeof(older), "%d%s", FINGERPRINT_VERSION - 1, digits);
	return key_of(older);
}

/* Remembers that it is part of that issue, whose key is returned. What is still seen is remembered longest.
 */
static uint64_t alias_note(struct state *s, const struct fact *f, uint64_t issue)
{
	bool new;
	struct alias *alias = WAYS_GET(s->aliases, key_of(f->fingerprint), f->time, &new);

	text_copy(alias->fingerprint, sizeof(alias->fingerprint), f->fingerprint);
	return alias->issue = issue;
}

/* The key of the issue that a fingerprint belongs to: its own, that of the rules before, or that of one that
 * is nearly the same, which is looked for once. */
static uint64_t issue_key(struct state *s, const struct fact *f)
{
	uint64_t key = key_of(f->fingerprint), older;
	const struct alias *known;
	const struct issue *found;

	if (WAYS_FIND(s->issues, key))
		return key;
	known = WAYS_FIND(s->aliases, key);
	if (known && WAYS_FIND(s->issues, known->issue))
		return alias_note(s, f, known->issue);
	older = older_key(f->fingerprint);
	found = older ? WAYS_FIND(s->issues, older) : NULL;
	if (!found)
		found = near_issue(s, f);
	if (!found)
		return key;
	return alias_note(s, f, found->way.key);
}

const struct issue *issue_find(const struct state *s, const char *fingerprint)
{
	uint64_t key = key_of(fingerprint);
	const struct alias *alias = WAYS_FIND(s->issues, key) ? NULL : WAYS_FIND(s->aliases, key);
	const struct merge *merge;

	if (alias)
		key = alias->issue;
	merge = WAYS_FIND(s->merges, key);
	return WAYS_FIND(s->issues, merge ? merge->into : key);
}

bool issue_is_brought(const struct state *s, const struct issue *issue)
{
	const struct marker *m;

	if (issue->count < 2 || issue->first < s->first + WATCHED)
		return false;
	for (unsigned n = 0; (m = marker_newest(s, n)); n++)
		if (m->service == key_of(issue->service) && m->time <= issue->first &&
			issue->first - m->time < BRINGS && strcmp(m->kind, "restart") != 0)
			return true;
	return false;
}

static void note_service(struct issue *issue, const struct service *service)
{
	if (strcmp(issue->service, service->name) == 0)
		return;
	for (unsigned n = 0; n < ISSUE_OTHERS; n++) {
		if (!issue->others[n])
			issue->others[n] = service->way.key;
		if (issue->others[n] == service->way.key)
			return;
	}
}

struct issue *issue_add(
	struct state *s, const struct fact *f, const struct failure *failure, const struct service *service)
{
	/* Of an event that does not tell it is the one that the last change brought. */
	const char *version = f->version[0] ? f->version : service->version;
	struct issue *issue;
	uint64_t key, into;
	bool new;

	if (!f->fingerprint[0])
		return NULL;
	key = issue_key(s, f);
	into = decision_key(s, key, f->time);
	if (into != key)
		alias_note(s, f, into);
	issue = WAYS_GET(s->issues, into, f->time, &new);
	if (new) {
		issue_begin(issue, f, failure);
		text_copy(issue->first_version, sizeof(issue->first_version), version);
	}
	issue_step(s, issue, f, service, version);
	note_service(issue, service);
	/* From now on it is known by all of its frames. */
	if (!near_whole(&issue->near) && near_whole(&f->near))
		issue->near = f->near;
	issue->last = f->time;
	issue->count += f->count;
	if (version[0])
		text_copy(issue->last_version, sizeof(issue->last_version), version);
	return issue;
}
