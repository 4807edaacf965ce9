/* SPDX-License-Identifier: Apache-2.0 */
/* Which services of this host a service has called: by name, since its processes come and go, and the one
 * that was called may be gone when the caller fails. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define CALLERS_MAX 512 /* the one that has not called for longest gives way */
#define CALL_KEPT   (3600 * NS_PER_SEC)

struct call {
	uint64_t time; /* the last */
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

static void call_add(struct caller *caller, const struct call *call)
{
	unsigned at = 0;

	while (at < caller->count && (strcmp(caller->calls[at].call.remote, call->call.remote) != 0 ||
					     strcmp(caller->calls[at].call.service, call->call.service) != 0))
		at++;
	if (at == EVENT_CALLS_MAX)
		at--;
	else if (at == caller->count)
		caller->count++;
	memmove(&caller->calls[1], &caller->calls[0], at * sizeof(caller->calls[0]));
	caller->calls[0] = *call;
}

void relations_record(struct enrich *e, const struct record *record)
{
	const struct record_connected *r = &record->connected;
	const struct process *process = table_find(e->table, r->process);
	const char *callee = listeners_name(e->listeners, r);
	struct call call = {.time = record->time};
	struct event_service service;
	struct caller *caller;

	e->tally[SOURCE_TCP].taken++;
	e->tally[SOURCE_TCP].used++;
	if (!process || !process->image || !callee)
		return;
	service_of_image(process->image, &service);
	if (strcmp(service.name, callee) == 0)
		return;
	caller = caller_get(e->relations, service.name);
	if (!caller)
		return;
	text_copy(call.call.service, sizeof(call.call.service), callee);
	text_copy(call.call.remote, sizeof(call.call.remote), r->remote);
	call_add(caller, &call);
}

void relations_fill(struct relations *relations, uint64_t now, struct event *event)
{
	const struct caller *caller;

	HASH_FIND_STR(relations->by_name, event->service.name, caller);
	/* Messages of two processors may be a little out of order: a call after now is a new one. */
	for (unsigned i = 0; caller && i < caller->count; i++)
		if (now < caller->calls[i].time || now - caller->calls[i].time <= CALL_KEPT)
			event->calls[event->call_count++] = caller->calls[i].call;
}
