/* SPDX-License-Identifier: Apache-2.0 */
/* The detectors, wired. */
#include "command/notice.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/look.h"
#include "command/reads.h"
#include "host/backup.h"
#include "host/configs.h"
#include "host/host.h"
#include "host/packages.h"
#include "host/watch.h"
#include "marker/infer.h"
#include "marker/marker.h"
#include "store/finding.h"

#define BOOT       "boot"
#define RAN        "ran"
#define SAVE_EVERY 60 /* seconds */

static const char *const folders[] = {"/etc", "/lib/systemd/system", PACKAGES_FOLDER};

struct notice {
	struct pipeline *pipeline;
	struct infer *infer;
	struct look *look;
	struct watch *watch;
	struct configs *configs; /* NULL: what is told is not this host's, or of another time */
	struct loop *loop;
	uint64_t markers;
	bool keeps;         /* what services ran, beyond its own life */
	unsigned saved_ago; /* seconds */
};

/* What the store keeps of a boot. */
struct boot {
	char id[40];
	char release[128];
};

static void on_marker(void *context, const struct event_marker *marker, uint64_t time)
{
	struct notice *n = context;
	uint64_t facts[] = {time, id_hash(0, marker->evidence, strlen(marker->evidence)), n->markers++};
	struct event event;

	marker_event(
		marker, time, id_hash(0, facts, sizeof(facts)), enrich_host(n->pipeline->enrich), &event);
	pipeline_event(n->pipeline, &event);
}

/* Where a link leads, from the root; false: it is no link, or no place for that. */
static bool follow(const char *link, char buf[PATH_MAX])
{
	const char *slash = strrchr(link, '/');
	char to[PATH_MAX];

	if (host_link(link, to, sizeof(to)) < 0)
		return false;
	/* "releases/42" beside it */
	return snprintf(buf, PATH_MAX, "%.*s%s", to[0] == '/' ? 0 : (int)(slash + 1 - link), link, to) <
	       PATH_MAX;
}

static const char current[] = "/current";

/* Where "/srv/app/current/bin/x" leads to now: the folder that a deployment tool switches by a link. */
static bool follow_current(const struct enrich_start *start, char folder[PATH_MAX], char link[PATH_MAX])
{
	for (uint32_t at = 0; at < start->args_len; at += (uint32_t)strlen(start->args + at) + 1) {
		const char *path = start->args + at, *end = *path == '/' ? strstr(path, current) : NULL;

		if (!end || (end[sizeof(current) - 1] && end[sizeof(current) - 1] != '/') ||
			end - path > PATH_MAX / 2)
			continue;
		snprintf(link, PATH_MAX, "%.*s%s", (int)(end - path), path, current);
		return follow(link, folder);
	}
	return false;
}

/* The link beside the folder "releases" that leads to a folder in it. */
static bool find_current(const char folder[PATH_MAX], char link[PATH_MAX])
{
	const char *end = strstr(folder, "/releases/");
	char to[PATH_MAX];

	if (!end)
		return false;
	snprintf(link, PATH_MAX, "%.*s%s", (int)(end - folder), folder, current);
	return follow(link, to) && strcmp(to, folder) == 0;
}

/* The folder that it works in or is run from, and the link that leads there; empty: not known. A container
 * has paths of its own. */
static void folder_of(const struct enrich_start *start, char folder[PATH_MAX], char link[PATH_MAX])
{
	folder[0] = link[0] = '\0';
	if (!infer_is_service(start->service) || start->service->container_id[0])
		return;
	if (follow_current(start, folder, link))
		return;
	folder[0] = link[0] = '\0';
	if (host_cwd(start->exec->task.key.pid, folder, PATH_MAX) < 0 || !find_current(folder, link))
		link[0] = '\0';
}

/* Reading a file takes a while: only of what a service is started with. */
static uint64_t content_of(const struct enrich_start *start)
{
	const struct record_exec *exec = start->exec;

	if (!start->supervised || !infer_is_service(start->service))
		return 0;
	return host_exe_content(exec->task.key.pid, exec->device, exec->mtime);
}

static void on_start(void *context, const struct enrich_start *start)
{
	struct notice *n = context;
	struct infer_install install;
	char folder[PATH_MAX], link[PATH_MAX];
	const struct infer_start told = {
		.time = start->time,
		.service = start->service,
		.exe = start->exec->exe,
		.args = start->args,
		.args_len = start->args_len,
		.folder = folder,
		.link = link,
		.inode = start->exec->inode,
		.mtime = start->exec->mtime,
		.content = n->keeps ? content_of(start) : 0, /* a capture's processes are gone */
		.supervised = start->supervised,
		.before = start->before,
	};

	folder_of(start, folder, link);
	infer_started(n->infer, &told);
	if (infer_installs(n->infer, &told, &install))
		look_install(n->look, start->exec->task.key.pid, &install, start->time);
	look_started(n->look, start);
	if (n->configs)
		reads_started(n->configs, n->infer, start);
}

static void on_clock(void *context, int64_t step, uint64_t time)
{
	struct notice *n = context;

	infer_clock(n->infer, step, time);
}

int notice_new(struct notice **ret, struct pipeline *pipeline, uint32_t off)
{
	struct notice *n = calloc(1, sizeof(*n));

	if (!n || infer_new(&n->infer, on_marker, n) < 0 || look_new(&n->look, n->infer) < 0) {
		notice_free(n);
		return -ENOMEM;
	}
	for (unsigned d = 0; infer_name(d); d++)
		if (off & 1u << d)
			infer_switch(n->infer, infer_name(d), false);
	n->pipeline = pipeline;
	enrich_on_start(pipeline->enrich, on_start, n);
	enrich_on_clock(pipeline->enrich, on_clock, n);
	*ret = n;
	return 0;
}

void notice_free(struct notice *n)
{
	if (!n)
		return;
	if (n->watch && n->loop)
		loop_remove_fd(n->loop, watch_fd(n->watch));
	watch_free(n->watch);
	configs_free(n->configs);
	look_free(n->look);
	infer_free(n->infer);
	free(n);
}

static void on_file(void *context, const char *path, enum watch_what what, uint64_t time)
{
	static const enum infer_change changes[] = {
		[WATCH_WRITTEN] = INFER_WRITTEN,
		[WATCH_REMOVED] = INFER_REMOVED,
		[WATCH_OWNED] = INFER_OWNED,
	};
	struct notice *n = context;

	if (path) {
		char old[PATH_MAX];
		bool kept = what != WATCH_OWNED && backup_find(path, time, old, sizeof(old)) == 0;

		infer_file(n->infer, path, changes[what], kept ? old : NULL, time);
		if (what == WATCH_WRITTEN)
			look_written(n->look, path);
	} else {
		log_warn("so many files were written in /etc that some of the changes were not seen");
	}
}

static void on_readable(void *context, int fd, uint32_t events)
{
	struct notice *n = context;

	(void)fd;
	(void)events;
	watch_read(n->watch);
}

void notice_files(struct notice *n, struct loop *loop)
{
	int r = watch_new(&n->watch, on_file, n);

	look_host(n->look, loop);
	if (r < 0) {
		log_warn("changes of configuration files are not seen: %s", strerror(-r));
		return;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		r = watch_add(n->watch, folders[i]);
		if (r == -ENOSPC)
			log_warn("not all folders of %s can be watched for changes: see "
				 "fs.inotify.max_user_watches",
				folders[i]);
	}
	r = loop_add_fd(loop, watch_fd(n->watch), EPOLLIN, on_readable, n);
	if (r < 0)
		log_warn("changes of configuration files are not seen: %s", strerror(-r));
	else
		n->loop = loop;
}

static int take_boot(void *context, const void *bytes, size_t size)
{
	if (size != sizeof(struct boot))
		return -EINVAL;
	memcpy(context, bytes, size);
	return 0;
}

void notice_boot(struct notice *n, struct store *store)
{
	struct record_host host;
	struct boot before = {0}, now = {0};

	host_describe(&host);
	text_copy(now.id, sizeof(now.id), host.boot_id);
	text_copy(now.release, sizeof(now.release), host.release);
	if (store_blob_get(store, BOOT, take_boot, &before) == 0)
		infer_booted(n->infer, now.id, before.id, now.release, before.release, clock_realtime());
	store_blob_set(store, BOOT, &now, sizeof(now));
}

static int take_ran(void *context, const void *bytes, size_t size)
{
	struct notice *n = context;

	return infer_load(n->infer, bytes, size);
}

void notice_load(struct notice *n)
{
	/* What another version left, or nobody, is no loss but of what it knew. */
	store_blob_get(n->pipeline->store, RAN, take_ran, n);
	n->keeps = true;
	if (configs_new(&n->configs, on_file, n) < 0)
		log_warn("changes of configuration files outside /etc are not seen: no memory");
	n->saved_ago = SAVE_EVERY;
}

static void save(struct notice *n)
{
	_cleanup_buf_ struct buf bytes = {0};

	n->saved_ago = 0;
	if (!n->keeps || !infer_is_changed(n->infer))
		return;
	infer_save(n->infer, &bytes);
	if (!bytes.failed)
		store_blob_set(n->pipeline->store, RAN, bytes.data, bytes.len);
}

bool notice_knows(const struct notice *n, const char *service)
{
	return infer_knows(n->infer, service);
}

void notice_second(struct notice *n)
{
	look_second(n->look);
	if (n->configs)
		configs_look(n->configs);
	if (++n->saved_ago >= SAVE_EVERY)
		save(n);
}

void notice_finish(struct notice *n)
{
	look_finish(n->look);
	save(n);
}
