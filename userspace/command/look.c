/* SPDX-License-Identifier: Apache-2.0 */
/* A table of the services that were started, for who asks what they use. */
#include "command/look_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "host/host.h"
#include "host/image.h"
#include "host/limits.h"

static void on_limit(void *context, const char *service, const char *unit, const char *file,
	const char *before, const char *after)
{
	struct look *l = context;

	infer_limit(l->infer, service, unit, file, before, after, clock_realtime());
}

int look_new(struct look **ret, struct infer *infer)
{
	struct look *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->infer = infer;
	if (limits_new(&l->limits, on_limit, l) < 0)
		l->limits = NULL;
	*ret = l;
	return 0;
}

void look_free(struct look *l)
{
	if (!l)
		return;
	if (l->loop)
		loop_remove_fd(l->loop, limits_fd(l->limits));
	limits_free(l->limits);
	look_packages_free(l);
	free(l);
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct look *l = context;

	(void)fd;
	(void)events;
	limits_read(l->limits);
}

void look_host(struct look *l, struct loop *loop)
{
	int r = l->limits ? loop_add_fd(loop, limits_fd(l->limits), EPOLLIN, on_readable, l) : -EMFILE;

	if (r < 0)
		log_warn("changes of the limits of control groups are not seen: %s", strerror(-r));
	else
		l->loop = loop;
	look_packages_begin(l);
}

static void note_program(struct look *l, const struct enrich_start *start)
{
	const char *service = start->service->name, *exe = start->exec->exe;
	uint64_t key = id_hash(id_hash(1, service, strlen(service)), exe, strlen(exe));
	struct program *program = &l->programs[0];

	for (unsigned n = 0; n < SERVICES; n++) {
		if (l->programs[n].key == key) {
			program = &l->programs[n];
			break;
		}
		if (l->programs[n].used < program->used)
			program = &l->programs[n];
	}
	*program = (struct program){.key = key, .used = ++l->starts, .pid = start->exec->task.key.pid};
	text_copy(program->service, sizeof(program->service), service);
	look_node(l, start, program->place, sizeof(program->place));
}

/* Programs are started in a container again and again; its image stays. */
static void note_container(struct look *l, const struct enrich_start *start)
{
	const char *id = start->service->container_id;
	uint64_t key = id_hash(1, id, strlen(id));
	struct host_image image;

	for (unsigned n = 0; n < CONTAINERS; n++)
		if (l->containers[n] == key)
			return;
	l->containers[l->next_container++ % CONTAINERS] = key;
	if (host_image("", id, &image) == 0)
		infer_image(l->infer,
			&(struct infer_container){
				.name = image.name, .image = image.image, .digest = image.digest},
			start->service->name, start->before, start->time);
}

/* That systemctl knows here. */
static const char *unit_of(const struct event_service *service)
{
	return service->user[0] || service->container_id[0] ? "" : service->unit;
}

void look_started(struct look *l, const struct enrich_start *start)
{
	if (!infer_is_service(start->service))
		return;
	note_program(l, start);
	if (start->service->container_id[0])
		note_container(l, start);
	if (l->limits)
		limits_add(l->limits, start->service->cgroup, start->service->name, unit_of(start->service),
			start->supervised);
	look_environment(l, start);
}

#define SETTLED 2 /* seconds: one run of dpkg unpacks many */

void look_second(struct look *l)
{
	l->looks = 0;
	look_at_installs(l, false);
	look_at_packages(l, SETTLED);
}

void look_finish(struct look *l)
{
	look_at_installs(l, true);
	look_at_packages(l, 0);
}
