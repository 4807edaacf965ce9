/* SPDX-License-Identifier: Apache-2.0 */
/* Which services listen: a socket each, so that workers that share a port, or a socket, count right, and a
 * message that was lost makes no false alarm. A service is told of when its last one was closed by a process
 * that lives on. One that ends is told as that, and a restart is none. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define LISTENERS_MAX 4096             /* further ones are not known of, and not missed */
#define LOSSES_MAX    64               /* services that have stopped at a time; the oldest gives way */
#define SETTLED       (5 * NS_PER_SEC) /* one that listened for less was no service */
#define GRACE         (3 * NS_PER_SEC) /* one that closes to end, or to begin anew, has done so by then */
#define SYSTEMD       1                /* its sockets are for others */

struct listener {
	UT_hash_handle hh;
	uint64_t inode;
	uint64_t since;
	struct group *group; /* a reference */
	uint32_t netns;
	uint16_t port;
	uint8_t address[16]; /* see record_address() */
	char *name;          /* of the service */
};

struct loss {
	uint64_t time;
	struct process_key by; /* who closed */
	struct group *group;   /* a reference */
	uint16_t port;
	bool told;
};

struct listeners {
	struct listener *by_inode;
	struct loss losses[LOSSES_MAX]; /* by time */
	unsigned loss_count;
};

int listeners_new(struct listeners **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void listener_drop(struct enrich *e, struct listener *l)
{
	l->group->listening--;
	table_group_drop(e->table, l->group);
	HASH_DEL(e->listeners->by_inode, l);
	free(l->name);
	free(l);
}

static void loss_drop(struct enrich *e, unsigned at)
{
	struct listeners *ls = e->listeners;

	table_group_drop(e->table, ls->losses[at].group);
	ls->loss_count--;
	memmove(&ls->losses[at], &ls->losses[at + 1], (ls->loss_count - at) * sizeof(ls->losses[0]));
}

void listeners_free(struct enrich *e)
{
	struct listener *l, *next;

	if (!e->listeners)
		return;
	while (e->listeners->loss_count > 0)
		loss_drop(e, 0);
	HASH_ITER (hh, e->listeners->by_inode, l, next)
		listener_drop(e, l);
	free(e->listeners);
}

/* A unit of services or a container; in anything else are programs that have nothing to do with each other.
 */
static bool is_service(const struct event_service *service)
{
	const char *dot = strrchr(service->unit, '.');

	return service->container_id[0] || (dot && strcmp(dot, ".service") == 0);
}

/* Whether there was something to tell. */
static bool tell(struct enrich *e, const struct loss *loss, const char *state, uint16_t port, uint64_t time)
{
	const struct process *by = table_find(e->table, loss->by);
	struct record_task task = {.key = loss->by};
	struct record_cgroup cgroup;
	struct event event;

	if (e->watching && !is_watched(e, loss->by, 0))
		return false;
	event_begin(e, EVENT_LISTEN, time, &event);
	if (by)
		event_fill_process(e, &task, time, &event);
	text_copy(cgroup.v2, sizeof(cgroup.v2), loss->group->path);
	text_copy(cgroup.v1, sizeof(cgroup.v1), loss->group->v1);
	event_fill_service(e, &cgroup, &event);
	if (!is_service(&event.service))
		return false;
	event.service.has_listening = true;
	event.service.listening = loss->group->listening;
	event.listen.state = state;
	event.listen.port = port;
	event_emit(e, &event);
	return true;
}

static void opened(struct enrich *e, const struct record_listen *r, uint64_t time)
{
	struct listeners *ls = e->listeners;
	const struct process *process =
		r->seed ? table_find_pid(e->table, r->process.pid) : table_find(e->table, r->process);
	struct event_service service;
	struct listener *l;

	if (!process || !process->image || process->pid == SYSTEMD ||
		HASH_COUNT(ls->by_inode) >= LISTENERS_MAX)
		return;
	service_of_image(process->image, &service);
	l = calloc(1, sizeof(*l));
	if (!l || !(l->name = strdup(service.name))) {
		free(l);
		return;
	}
	l->inode = r->inode;
	l->netns = r->netns;
	l->port = r->port;
	memcpy(l->address, r->address, sizeof(l->address));
	l->since = r->seed ? 0 : time;
	l->group = process->image->group;
	l->group->references++;
	l->group->listening++;
	l->group->has_listened = true;
	HASH_ADD(hh, ls->by_inode, inode, sizeof(l->inode), l);
	for (unsigned i = ls->loss_count; i-- > 0;) {
		if (ls->losses[i].group != l->group)
			continue;
		if (ls->losses[i].told)
			tell(e, &ls->losses[i], "again", r->port, time);
		loss_drop(e, i);
	}
}

static void closed(struct enrich *e, const struct record_listen *r, uint64_t time, struct listener *l)
{
	struct listeners *ls = e->listeners;
	struct loss loss = {.time = time, .by = r->process, .group = l->group, .port = r->port};
	bool settled = time - l->since >= SETTLED;

	loss.group->references++;
	listener_drop(e, l);
	if (!settled || loss.group->listening > 0) {
		table_group_drop(e->table, loss.group);
		return;
	}
	if (ls->loss_count == LOSSES_MAX)
		loss_drop(e, 0);
	ls->losses[ls->loss_count++] = loss;
}

void listeners_record(struct enrich *e, const struct record *record)
{
	const struct record_listen *r = &record->listen;
	struct listener *known;

	HASH_FIND(hh, e->listeners->by_inode, &r->inode, sizeof(r->inode), known);
	if (r->opens && known)
		listener_drop(e, known); /* its end was lost, or it was seeded and told */
	if (r->opens)
		opened(e, r, record->time);
	else if (known)
		closed(e, r, record->time, known);
}

/* How well a socket fits: the kernel prefers the higher. 0: not at all. */
static unsigned fits(const struct listener *l, const struct record_connected *c)
{
	static const uint8_t any[16], any4[16] = {[10] = 0xff, [11] = 0xff};

	if (l->netns != c->netns || l->port != c->port)
		return 0;
	if (memcmp(l->address, c->address, 16) == 0)
		return 3;
	if (memcmp(l->address, any4, 16) == 0 && memcmp(c->address, any4, 12) == 0)
		return 2;
	return memcmp(l->address, any, 16) == 0;
}

const char *listeners_name(const struct listeners *listeners, const struct record_connected *connected)
{
	struct listener *l, *next;
	const char *name = NULL;
	unsigned best = 0, fit;

	HASH_ITER (hh, listeners->by_inode, l, next) {
		fit = fits(l, connected);
		if (fit > best) {
			name = l->name;
			best = fit;
		} else if (fit && fit == best && name && strcmp(name, l->name) != 0) {
			name = NULL;
		}
	}
	return name;
}

bool listeners_at(const struct listeners *listeners, uint32_t netns, uint16_t port)
{
	for (const struct listener *l = listeners->by_inode; l; l = l->hh.next)
		if (l->netns == netns && l->port == port)
			return true;
	return false;
}

void listeners_tick(struct enrich *e, uint64_t now)
{
	struct listeners *ls = e->listeners;

	for (unsigned i = 0; i < ls->loss_count;) {
		struct loss *loss = &ls->losses[i];
		const struct process *by = table_find(e->table, loss->by);
		bool ended = !by || by->dead, due = !loss->told && now > loss->time + GRACE;

		if (ended && loss->told)
			tell(e, loss, "ended", loss->port, now);
		else if (!ended && due)
			loss->told = tell(e, loss, "stopped", loss->port, loss->time);
		if (ended || (due && !loss->told))
			loss_drop(e, i);
		else
			i++;
	}
}
