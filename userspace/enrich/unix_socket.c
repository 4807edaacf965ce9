/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets by path: which service listens there, who connects to it, and whose connections fail since it
 * does no more. One path may be several sockets, in containers: of those none is told apart unless a
 * connection has succeeded. */
#include "enrich/internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define PATHS_MAX 1024 /* the one that was not heard of for longest gives way */
#define KEPT      (3600 * NS_PER_SEC)

struct unix_path {
	UT_hash_handle hh;
	uint64_t disputed; /* when it was another service's before; 0: never */
	char path[RECORD_UNIX];
	char service[EVENT_SERVICE_NAME];
};

struct unix_sockets {
	struct unix_path *by_path; /* in the order in which they were heard of */
};

int unix_sockets_new(struct unix_sockets **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void path_drop(struct unix_sockets *sockets, struct unix_path *path)
{
	HASH_DEL(sockets->by_path, path);
	free(path);
}

void unix_sockets_free(struct unix_sockets *sockets)
{
	struct unix_path *path, *next;

	if (!sockets)
		return;
	HASH_ITER (hh, sockets->by_path, path, next)
		path_drop(sockets, path);
	free(sockets);
}

/* The system's own, which everything has connections with. */
static bool says_nothing(const char *path)
{
	static const char *const own[] = {
		"/run/systemd/", "/run/dbus/", "/run/nscd/", "/tmp/.X11-unix/", "@/tmp/.X11-unix/"};
	size_t digits;

	for (size_t n = 0; n < sizeof(own) / sizeof(*own); n++)
		if (strncmp(path, own[n], strlen(own[n])) == 0)
			return true;
	if (strncmp(path, "/run/user/", 10) != 0)
		return false;
	digits = strspn(path + 10, "0123456789");
	return strcmp(path + 10 + digits, "/bus") == 0 || strncmp(path + 10 + digits, "/systemd/", 9) == 0;
}

/* Without the link that /var/run is. */
static const char *plain(const char *path)
{
	return strncmp(path, "/var/run/", 9) == 0 ? path + 4 : path;
}

static struct unix_path *path_find(const struct unix_sockets *sockets, const char *path)
{
	struct unix_path *found;

	HASH_FIND_STR(sockets->by_path, path, found);
	return found;
}

/* A service listens there. It is the last in order now. */
static void path_put(struct unix_sockets *sockets, const char *path, const char *service, uint64_t now)
{
	struct unix_path *known = path_find(sockets, path);

	if (known) {
		HASH_DEL(sockets->by_path, known);
	} else {
		if (HASH_COUNT(sockets->by_path) >= PATHS_MAX)
			path_drop(sockets, sockets->by_path);
		known = calloc(1, sizeof(*known));
		if (!known)
			return;
		text_copy(known->path, sizeof(known->path), path);
	}
	if (known->service[0] && strcmp(known->service, service) != 0)
		known->disputed = now;
	text_copy(known->service, sizeof(known->service), service);
	HASH_ADD_STR(sockets->by_path, path, known);
}

/* Any byte may be in a path; control characters are not told. */
static void call_fill(struct event_call *call, const char *service, const char *path)
{
	memset(call, 0, sizeof(*call));
	text_copy(call->service, sizeof(call->service), service);
	snprintf(call->remote, sizeof(call->remote), "unix:%s", path);
	for (char *c = call->remote; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
}

/* Who called listen(2) may have ended, or may have been the parent of who serves. */
static bool find_listener(const struct enrich *e, const struct record_unix *r, const char *path, char *ret)
{
	const struct process *process =
		r->seed ? table_find_pid(e->table, r->listener.pid) : table_find(e->table, r->listener);
	const struct unix_path *known = path_find(e->unix_sockets, path);
	struct event_service service;

	if (process && process->image) {
		service_of_image(process->image, &service);
		text_copy(ret, EVENT_SERVICE_NAME, service.name);
		return true;
	}
	if (!known)
		return false;
	text_copy(ret, EVENT_SERVICE_NAME, known->service);
	return true;
}

void unix_socket_record(struct enrich *e, const struct record *record)
{
	const struct record_unix *r = &record->unix_socket;
	const struct process *caller = r->caller.pid ? table_find(e->table, r->caller) : NULL;
	char listener[EVENT_SERVICE_NAME];
	const char *path = plain(r->path);
	struct event_service service;
	struct event_call call;

	if (!r->seed) {
		e->tally[SOURCE_TCP].taken++;
		e->tally[SOURCE_TCP].used++;
	}
	if (says_nothing(path) || !find_listener(e, r, path, listener))
		return;
	path_put(e->unix_sockets, path, listener, record->time);
	if (!caller || !caller->image)
		return;
	service_of_image(caller->image, &service);
	if (strcmp(service.name, listener) == 0)
		return;
	call_fill(&call, listener, path);
	relations_add(e->relations, service.name, &call, record->time);
}

/* Nobody listens there any more, what listens has no room, or lets nobody in. */
static bool is_failure(uint16_t error)
{
	return error == ECONNREFUSED || error == ENOENT || error == EAGAIN || error == EACCES;
}

/* Whether it may be another service's, too. What failed before that was known is told after it at times. */
static bool is_disputed(const struct unix_path *path, uint64_t now)
{
	return path->disputed && (now < path->disputed || now - path->disputed <= KEPT);
}

/* Who is to listen looks whether somebody does already: that is no failure. */
static void tell_failure(struct enrich *e, const struct event *calls, const struct event_subject *subject,
	const struct unix_path *missed, uint64_t boottime)
{
	struct event_call call;
	struct event event;

	if (strcmp(calls->service.name, missed->service) == 0)
		return;
	call_fill(&call, missed->service, missed->path);
	if (!is_disputed(missed, boottime))
		relations_add(e->relations, calls->service.name, &call, boottime);
	event_begin(e, EVENT_CONNECT_FAILURE, boottime, &event);
	event.process = calls->process;
	event.service = calls->service;
	relations_fill(e->relations, boottime, &event);
	text_copy(event.tcp.remote, sizeof(event.tcp.remote), call.remote);
	event.tcp.error = calls->syscall.error;
	event.tcp.count = subject->count;
	event.tcp.interval = calls->syscall.interval;
	event_emit(e, &event);
}

void unix_socket_failed(struct enrich *e, const struct event *calls, uint64_t boottime)
{
	const struct unix_path *missed;

	for (unsigned n = 0; n < calls->syscall.subject_count && is_failure(calls->syscall.error); n++) {
		missed = path_find(e->unix_sockets, plain(calls->syscall.subjects[n].text));
		if (missed)
			tell_failure(e, calls, &calls->syscall.subjects[n], missed, boottime);
	}
}
