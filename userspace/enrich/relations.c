/* SPDX-License-Identifier: Apache-2.0 */
/* Which services of this host, and which peers elsewhere, a service has called: by name, since its processes
 * come and go, and the one that was called may be gone when the caller fails. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

#define CALLERS_MAX 512 /* the one that has not called for longest gives way */
#define CALL_KEPT   (3600 * NS_PER_SEC)
#define FAR_MAX     (EVENT_CALLS_MAX / 2) /* peers elsewhere, which leave the others room */

struct call {
	uint64_t time;   /* the last */
	uint64_t callee; /* hash of the service's name; 0: it is elsewhere */
	struct event_call call;
};

struct caller {
	UT_hash_handle hh;
	unsigned count;
	struct call calls[EVENT_CALLS_MAX]; /* newest first */
	char name[EVENT_SERVICE_NAME];
};

struct relations {
	struct caller *by_name; /* in the order of their last calls */
};

int relations_new(struct relations **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void caller_drop(struct relations *relations, struct caller *caller)
{
	HASH_DEL(relations->by_name, caller);
	free(caller);
}

void relations_free(struct relations *relations)
{
	struct caller *caller, *next;

	if (!relations)
		return;
	HASH_ITER (hh, relations->by_name, caller, next)
		caller_drop(relations, caller);
	free(relations);
}

/* Made when missing, and the last in order now. NULL without memory. */
static struct caller *caller_get(struct relations *relations, const char *name)
{
	struct caller *caller;

	HASH_FIND_STR(relations->by_name, name, caller);
	if (caller) {
		HASH_DEL(relations->by_name, caller);
	} else {
		if (HASH_COUNT(relations->by_name) >= CALLERS_MAX)
			caller_drop(relations, relations->by_name);
		caller = calloc(1, sizeof(*caller));
		if (!caller)
			return NULL;
		text_copy(caller->name, sizeof(caller->name), name);
	}
	HASH_ADD_STR(relations->by_name, name, caller);
	return caller;
}

/* The place of the peer elsewhere that has not been called for longest, when there is no room for one more.
 */
static unsigned far_place(const struct caller *caller)
{
	unsigned count = 0, oldest = caller->count;

	for (unsigned n = 0; n < caller->count; n++)
		if (!caller->calls[n].callee) {
			count++;
			oldest = n;
		}
	return count < FAR_MAX ? caller->count : oldest;
}

/* One that is there already keeps its name: a connection that lives may outlast what is known of names. */
static void call_add(struct caller *caller, struct call *call)
{
	unsigned at = 0;

	while (at < caller->count && (strcmp(caller->calls[at].call.remote, call->call.remote) != 0 ||
					     strcmp(caller->calls[at].call.service, call->call.service) != 0))
		at++;
	if (at < caller->count && !call->call.remote_name[0])
		text_copy(call->call.remote_name, sizeof(call->call.remote_name),
			caller->calls[at].call.remote_name);
	if (at == caller->count && !call->callee)
		at = far_place(caller);
	if (at == EVENT_CALLS_MAX)
		at--;
	else if (at == caller->count)
		caller->count++;
	memmove(&caller->calls[1], &caller->calls[0], at * sizeof(caller->calls[0]));
	caller->calls[0] = *call;
}

static uint64_t name_hash(const char *name)
{
	uint64_t hash = id_hash(0, name, strlen(name));

	return hash ? hash : 1;
}

void relations_add(
	struct relations *relations, const char *name, const struct event_call *made, uint64_t time)
{
	struct call call = {.time = time, .call = *made};
	struct caller *caller = caller_get(relations, name);

	if (made->service[0])
		call.callee = name_hash(made->service);
	if (caller)
		call_add(caller, &call);
}

void relations_record(struct enrich *e, const struct record *record)
{
	const struct record_connected *r = &record->connected;
	const struct process *process = table_find(e->table, r->process);
	const char *callee = r->local ? listeners_name(e->listeners, r) : NULL;
	struct event_call call = {0};
	struct event_service service;

	e->tally[SOURCE_TCP].taken++;
	e->tally[SOURCE_TCP].used++;
	if (r->local_port && listeners_at(e->listeners, r->netns, r->local_port)) /* it was accepted there */
		return;
	if (!process || !process->image || (r->local && !callee))
		return;
	service_of_image(process->image, &service);
	if (r->local && strcmp(service.name, callee) == 0)
		return;
	if (r->local)
		text_copy(call.service, sizeof(call.service), callee);
	else
		text_copy(call.remote_name, sizeof(call.remote_name),
			remote_name_find(e->remote_names, r->netns, r->address));
	text_copy(call.remote, sizeof(call.remote), r->remote);
	relations_add(e->relations, service.name, &call, record->time);
}

/* Messages of two processors may be a little out of order: a call after now is a new one. */
static bool is_recent(const struct call *call, uint64_t now)
{
	return now < call->time || now - call->time <= CALL_KEPT;
}

static bool has_called(const struct caller *caller, uint64_t callee, const char *name, uint64_t now)
{
	for (unsigned n = 0; n < caller->count; n++)
		if (caller->calls[n].callee == callee && is_recent(&caller->calls[n], now) &&
			strcmp(caller->calls[n].call.service, name) == 0)
			return true;
	return false;
}

/* Who called last comes last in the table, and first here. */
static void fill_callers(const struct relations *relations, uint64_t now, struct event *event)
{
	uint64_t callee = name_hash(event->service.name);
	UT_hash_table *table = relations->by_name ? relations->by_name->hh.tbl : NULL;
	const struct caller *caller = table ? ELMT_FROM_HH(table, table->tail) : NULL;

	for (; caller && event->caller_count < EVENT_CALLERS_MAX; caller = caller->hh.prev)
		if (has_called(caller, callee, event->service.name, now))
			text_copy(event->callers[event->caller_count++], EVENT_SERVICE_NAME, caller->name);
}

void relations_fill(struct relations *relations, uint64_t now, struct event *event)
{
	const struct caller *caller;

	fill_callers(relations, now, event);
	HASH_FIND_STR(relations->by_name, event->service.name, caller);
	for (unsigned i = 0; caller && i < caller->count; i++)
		if (is_recent(&caller->calls[i], now))
			event->calls[event->call_count++] = caller->calls[i].call;
}
