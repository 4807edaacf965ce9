/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about an incident, unless it was done already. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

/* The first row that fits; NULL fits anything. */
static const struct {
	const char *cause;
	const char *detail; /* the marker's kind, or as below; or the resource */
	const char *action;
	const char *why;
} table[] = {
	{"marker", "deploy", "rollback", "the version before did not fail"},
	{"marker", "rollback", "investigate", "going back did not help"},
	{"marker", "schema", "revert_schema", "the failure began with the schema change"},
	{"marker", "config", "revert_config", "the failure began with the configuration"},
	{"marker", "flag", "revert_config", "the failure began with the flag"},
	{"marker", "=limit", "raise_limit", "the failure began with the limit"},
	{"marker", "=undo", "rollback", "the failure began with the change"},
	{"marker", "third-party", "isolate_third_party", "the third party changed"},
	{"marker", NULL, "investigate", "the change is suspected, how to undo it is not known"},
	{"third_party", NULL, "isolate_third_party", "what it serves fails, this host does not"},
	{"resource", "ENOSPC", "free_resource", "the file system is full"},
	{"resource", "EDQUOT", "free_resource", "the quota is used up"},
	{"resource", NULL, "raise_limit", "the limit is reached"},
	{"operator", NULL, "find_operator", "somebody did it on purpose"},
	{"hardware", NULL, "investigate", "move the services to another host"},
	{"intrinsic", NULL, "investigate", "the program has a bug that no recent change explains"},
	{"unknown", NULL, "investigate", "nothing that is known explains it well enough"},
};

#define LIMIT   "systemctl set-property "
#define SETTING "sysctl "

/* Whether each command begins with the one or the other. */
static bool consists_of(const char *undo, const char *one, const char *other)
{
	static const char and[] = " && ";

	while (strncmp(undo, one, strlen(one)) == 0 || strncmp(undo, other, strlen(other)) == 0) {
		undo = strstr(undo, and);
		if (!undo)
			return true;
		undo += strlen(and);
	}
	return false;
}

/* By which the row is found: of changes of the host's things whether they can be taken back. */
static const char *detail_of(const struct incident *i, const struct marker *m)
{
	if (!m)
		return i->resource;
	if (strcmp(m->kind, "infra") != 0 || !m->undo[0])
		return m->kind;
	return consists_of(m->undo, LIMIT, LIMIT) ? "=limit" : "=undo";
}

static bool fits(const char *want, const char *text)
{
	return !want || strcmp(want, text) == 0;
}

/* The kind of the marker with which it is done; what has no other name is started again. */
static const char *done_by(const char *action)
{
	static const struct {
		const char *action;
		const char *kind;
	} kinds[] = {{"rollback", "rollback"}, {"revert_schema", "schema"}, {"revert_config", "config"}};

	for (size_t n = 0; n < sizeof(kinds) / sizeof(*kinds); n++)
		if (strcmp(kinds[n].action, action) == 0)
			return kinds[n].kind;
	return "restart";
}

/* Of what was done by this kind of action, the newest; NULL: nothing. */
static const struct action *newest_of(const struct action *actions, unsigned count, const char *kind)
{
	for (unsigned n = 0; n < count; n++)
		if (strcmp(actions[n].marker->kind, kind) == 0)
			return &actions[n];
	return NULL;
}

/* What was done already is not advised again. */
static void close_loop(const struct state *s, const struct incident *i, struct advice *ret)
{
	struct action actions[ACTIONS];
	unsigned count = history_actions(s, i, actions);
	const struct action *done = newest_of(actions, count, done_by(ret->action));

	if (!done)
		return;
	ret->command[0] = 0;
	if (done->result == ACTION_OPEN) {
		size_t len = strlen(ret->why);

		snprintf(ret->why + len, sizeof(ret->why) - len, "; wait: it is too early to tell of the %s",
			done->marker->kind);
		return;
	}
	/* A restart is never what is advised, it only gives time. */
	if (strcmp(done->marker->kind, "restart") == 0) {
		size_t len = strlen(ret->why);

		snprintf(ret->why + len, sizeof(ret->why) - len, "; the restart %s",
			done->result == ACTION_HELPED ? "helped" : "did not help");
	} else if (done->result == ACTION_HELPED) {
		snprintf(ret->why, sizeof(ret->why), "the %s helped: leave it so", done->marker->kind);
	} else {
		ret->action = "investigate";
		snprintf(ret->why, sizeof(ret->why), "the %s did not help", done->marker->kind);
	}
}

/* The version to go back to; empty: it is not known. */
static const char *version_before(const struct state *s, const struct marker *m)
{
	const struct service *service = WAYS_FIND(s->services, m->service);
	const struct marker *later;

	if (m->before[0])
		return m->before;
	if (service && (!m->version[0] || strcmp(service->version, m->version) == 0))
		return service->before;
	/* Somebody went back to it already. */
	for (unsigned n = 0; (later = marker_newest(s, n)) && later->time > m->time; n++)
		if (later->service == m->service && strcmp(later->kind, "rollback") == 0)
			return later->version;
	return "";
}

/* What is to be undone, or left alone, by name: the version before, what was seen of the change or said of
 * it, the peer, the file system. */
static void name_it(
	const struct state *s, const struct incident *i, const struct suspect *x, struct advice *ret)
{
	bool back = x->marker && strcmp(x->marker->kind, "deploy") == 0;
	const char *before = back ? version_before(s, x->marker) : "", *what = "";
	size_t len = strlen(ret->why);

	if (before[0]) {
		snprintf(ret->why, sizeof(ret->why), "%s %s, the version before, did not fail",
			x->marker->name, before);
		return;
	}
	if (x->marker)
		what = strncmp(x->marker->evidence, "declared", 8) != 0 ? x->marker->evidence
									: x->marker->note;
	else if (strcmp(ret->action, "isolate_third_party") == 0)
		what = x->subject;
	else if (strcmp(ret->action, "free_resource") == 0)
		what = i->resource_subject;
	else if (strcmp(ret->action, "raise_limit") == 0)
		what = x->subject;
	if (what[0])
		snprintf(ret->why + len, sizeof(ret->why) - len, ": %.150s", what);
}

/* Scopes cannot be started again, and a name that a shell would read in another way is not shown. */
static bool can_restart(const struct service *service)
{
	return service && text_ends_with(service->unit, ".service") && text_is_word(service->unit);
}

/* What can be typed as it is: how the change is taken back, where that is known, and the start that it
 * needs, as all but limits and settings of the kernel do. Of what is down a start alone, which gives time;
 * but not of a release that fails. */
static void command_for(
	const struct state *s, const struct incident *i, const struct marker *m, struct advice *ret)
{
	const char *undo = m ? m->undo : "";
	const struct service *service = undo[0] ? WAYS_FIND(s->services, m->service) : NULL;
	uint64_t presumed;
	bool start;

	if (!service && i->service_count)
		service = WAYS_FIND(s->services, i->services[0].key);
	start = can_restart(service) &&
		((undo[0] && !consists_of(undo, LIMIT, SETTING)) ||
			(strcmp(ret->action, "rollback") != 0 &&
				service_impact(service, s->now, &presumed) == IMPACT_TOTAL));
	snprintf(ret->command, sizeof(ret->command), "%s%s%s%s", undo, undo[0] && start ? " && " : "",
		start ? "systemctl restart " : "", start ? service->unit : "");
}

void advice_of(const struct state *s, const struct incident *i, const struct verdict *v, struct advice *ret)
{
	static const struct suspect nobody = {.cause = "unknown"};
	const struct suspect *x = v->abstains ? &nobody : &v->suspects[0];
	const char *detail = detail_of(i, x->marker);
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	while (strcmp(table[n].cause, x->cause) != 0 || !fits(table[n].detail, detail))
		n++;
	ret->action = table[n].action;
	text_copy(ret->why, sizeof(ret->why), table[n].why);
	name_it(s, i, x, ret);
	command_for(s, i, x->marker, ret);
	close_loop(s, i, ret);
	history_restore(s, i, x->cause, done_by(ret->action), &ret->restore);
	history_fix(s, i, x->cause, &ret->fix);
}
