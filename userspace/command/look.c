/* SPDX-License-Identifier: Apache-2.0 */
/* A table of the services that were started, for who asks what they use. */
#include "command/look.h"

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
#include "host/packages.h"

#define SERVICES   256 /* programs of services, the last started of each */
#define CONTAINERS 256 /* whose image is known */
#define SETTLED    2   /* seconds: one run of dpkg unpacks many */
#define INSTALLS   8

struct program {
	uint64_t key; /* of service and executable; 0: unused */
	uint64_t used;
	uint32_t pid;
	char service[256];
};

struct look {
	struct infer *infer;
	struct loop *loop;
	struct limits *limits;
	uint64_t starts;
	struct program programs[SERVICES];
	uint64_t containers[CONTAINERS]; /* hashes of ids */
	unsigned next_container;
	unsigned list_count;
	unsigned list_more; /* that had no room */
	unsigned quiet;     /* seconds since the last list was written */
	uint64_t list_time; /* the first was written then */
	char *lists[PACKAGES_MOST];
	struct install {
		uint64_t time;
		uint32_t pid;
		char line[400];
	} installs[INSTALLS]; /* package managers at work */
	unsigned install_count;
};

static void on_limit(
	void *context, const char *service, const char *file, const char *before, const char *after)
{
	struct look *l = context;

	infer_limit(l->infer, service, file, before, after, clock_realtime());
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

static void drop_lists(struct look *l)
{
	while (l->list_count > 0)
		free(l->lists[--l->list_count]);
	l->list_more = 0;
}

void look_free(struct look *l)
{
	if (!l)
		return;
	if (l->loop)
		loop_remove_fd(l->loop, limits_fd(l->limits));
	limits_free(l->limits);
	drop_lists(l);
	free(l);
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct look *l = context;

	(void)fd;
	(void)events;
	limits_read(l->limits);
}

void look_limits(struct look *l, struct loop *loop)
{
	int r = l->limits ? loop_add_fd(loop, limits_fd(l->limits), EPOLLIN, on_readable, l) : -EMFILE;

	if (r < 0)
		log_warn("changes of the limits of control groups are not seen: %s", strerror(-r));
	else
		l->loop = loop;
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

void look_started(struct look *l, const struct enrich_start *start)
{
	if (!infer_is_service(start->service))
		return;
	note_program(l, start);
	if (start->service->container_id[0])
		note_container(l, start);
	if (l->limits)
		limits_add(l->limits, start->service->cgroup, start->service->name, start->supervised);
}

void look_written(struct look *l, const char *path)
{
	size_t len = strlen(path), folder = strlen(PACKAGES_FOLDER);
	char *copy;

	if (strncmp(path, PACKAGES_FOLDER "/", folder + 1) != 0 || len < 5 ||
		strcmp(path + len - 5, ".list") != 0)
		return;
	if (!l->list_count)
		l->list_time = clock_realtime();
	l->quiet = 0;
	for (unsigned n = 0; n < l->list_count; n++)
		if (strcmp(l->lists[n], path) == 0)
			return;
	copy = l->list_count < PACKAGES_MOST ? strdup(path) : NULL;
	if (copy)
		l->lists[l->list_count++] = copy;
	else
		l->list_more++;
}

/* What was found of the packages of one run. */
struct found {
	const struct program *program;
	struct found_package {
		char path[256];
		char users[INFER_USERS][256];
		unsigned user_count;
	} packages[PACKAGES_MOST];
};

static void add_user(struct found_package *p, const char *service, const char *path)
{
	unsigned count = p->user_count;

	for (unsigned n = 0; n < count && n < INFER_USERS; n++)
		if (strcmp(p->users[n], service) == 0)
			return;
	if (count < INFER_USERS)
		text_copy(p->users[count], sizeof(p->users[count]), service);
	if (!p->path[0])
		text_copy(p->path, sizeof(p->path), path);
	p->user_count++;
}

/* What infer takes; it borrows from found. */
static struct infer_package package_of(const char *name, const struct found_package *found)
{
	struct infer_package p = {.name = name, .path = found->path, .user_count = found->user_count};

	for (unsigned n = 0; n < INFER_USERS; n++)
		p.users[n] = found->users[n];
	return p;
}

static void on_used(void *context, int package, const char *path)
{
	struct found *f = context;

	add_user(&f->packages[package], f->program->service, path);
}

/* libssl3 of /var/lib/dpkg/info/libssl3:amd64.list */
static void package_name(const char *list, char *buf, size_t size)
{
	const char *name = strrchr(list, '/') + 1;

	snprintf(buf, size, "%.*s",
		(int)(strcspn(name, ":") < strlen(name) ? strcspn(name, ":") : strlen(name) - 5), name);
}

static void tell_packages(struct look *l, struct found *found, const int numbers[PACKAGES_MOST])
{
	_cleanup_buf_ struct buf unused = {.max = 400};
	char name[256];

	for (unsigned n = 0; n < l->list_count; n++) {
		struct found_package *at = &found->packages[numbers[n] < 0 ? 0 : numbers[n]];

		if (numbers[n] < 0)
			continue;
		package_name(l->lists[n], name, sizeof(name));
		for (unsigned i = 0; i < SERVICES; i++)
			if (l->programs[i].key && strcmp(l->programs[i].service, name) == 0)
				add_user(at, name, "");
		if (at->user_count) {
			const struct infer_package package = package_of(name, at);

			infer_package(l->infer, &package, l->list_time);
		} else {
			buf_printf(&unused, "%s%s", unused.len ? ", " : "", name);
		}
	}
	if (l->list_more)
		buf_printf(&unused, "; %u more were not looked at", l->list_more);
	if (unused.len)
		infer_unused(l->infer, buf_text(&unused), l->list_time);
}

static void look_at_packages(struct look *l)
{
	struct found *found = calloc(1, sizeof(*found));
	struct packages *packages = NULL;
	int numbers[PACKAGES_MOST];

	if (found && packages_new(&packages) == 0) {
		for (unsigned n = 0; n < l->list_count; n++)
			numbers[n] = packages_add(packages, l->lists[n]);
		for (unsigned n = 0; n < SERVICES; n++) {
			found->program = &l->programs[n];
			if (found->program->key)
				packages_used(packages, found->program->pid, on_used, found);
		}
		tell_packages(l, found, numbers);
	}
	packages_free(packages);
	free(found);
	drop_lists(l);
}

static void tell_install(struct look *l, const struct install *install)
{
	struct found_package found = {0};
	struct infer_package package;
	char path[256];

	for (unsigned n = 0; n < SERVICES; n++)
		if (l->programs[n].key &&
			packages_replaced(l->programs[n].pid, install->time, path, sizeof(path)) == 0)
			add_user(&found, l->programs[n].service, path);
	package = package_of("", &found);
	infer_installed(l->infer, install->line, &package, install->time);
}

void look_install(struct look *l, uint32_t pid, const char *line, uint64_t time)
{
	struct install install = {.time = time, .pid = pid};

	text_copy(install.line, sizeof(install.line), line);
	if (l->install_count < INSTALLS)
		l->installs[l->install_count++] = install;
	else
		tell_install(l, &install);
}

static void look_at_installs(struct look *l, bool all)
{
	for (unsigned n = 0; n < l->install_count;) {
		struct install install = l->installs[n];

		if (!all && host_is_running(install.pid)) {
			n++;
			continue;
		}
		l->installs[n] = l->installs[--l->install_count];
		tell_install(l, &install);
	}
}

void look_second(struct look *l)
{
	look_at_installs(l, false);
	if (l->list_count && ++l->quiet >= SETTLED)
		look_at_packages(l);
}

void look_finish(struct look *l)
{
	look_at_installs(l, true);
	if (l->list_count)
		look_at_packages(l);
}
