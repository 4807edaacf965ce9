/* SPDX-License-Identifier: Apache-2.0 */
/* Noticed changes: what all detectors share, and those of binaries and the host. */
#include "marker/infer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "marker/infer_internal.h"
#include "marker/infer_undo.h"

#define SECONDS    19 /* bytes of a time without its fraction */
#define STEP_LEAST (1 * (int64_t)NS_PER_SEC)

static const char *const names[DETECTORS] = {
	[DETECT_BINARY] = "binary",
	[DETECT_RELEASE] = "release",
	[DETECT_RESTART] = "restart",
	[DETECT_MIGRATION] = "migration",
	[DETECT_PACKAGE] = "package",
	[DETECT_IMAGE] = "image",
	[DETECT_LIMIT] = "limit",
	[DETECT_CONFIG] = "config",
	[DETECT_UNIT] = "unit",
	[DETECT_CERTIFICATE] = "certificate",
	[DETECT_TUNING] = "tuning",
	[DETECT_NETWORK] = "network",
	[DETECT_REBOOT] = "reboot",
	[DETECT_KERNEL] = "kernel",
	[DETECT_CLOCK] = "clock",
};

int infer_new(struct infer **ret, infer_fn fn, void *context)
{
	struct infer *infer = calloc(1, sizeof(*infer));

	if (!infer)
		return -ENOMEM;
	infer->fn = fn;
	infer->context = context;
	*ret = infer;
	return 0;
}

void infer_free(struct infer *infer)
{
	free(infer);
}

const char *infer_name(unsigned n)
{
	return n < DETECTORS ? names[n] : NULL;
}

int infer_switch(struct infer *infer, const char *detector, bool on)
{
	for (unsigned n = 0; n < DETECTORS; n++) {
		if (strcmp(names[n], detector) == 0) {
			infer->off[n] = !on;
			return 0;
		}
	}
	return -ENOENT;
}

static struct told *told_find(struct infer *infer, uint64_t key)
{
	for (unsigned n = 0; n < TOLD; n++)
		if (infer->told[n].key == key)
			return &infer->told[n];
	return NULL;
}

/* The clock may have been set back since. */
static bool is_within(const struct told *told, uint64_t time, uint64_t once_in)
{
	return told && time < told->time + once_in && told->time < time + once_in;
}

bool infer_told_lately(struct infer *infer, uint64_t key, uint64_t time, uint64_t once_in)
{
	struct told *told = told_find(infer, key);

	if (is_within(told, time, once_in))
		return true;
	if (told)
		told->time = time;
	else
		infer->told[infer->next_told++ % TOLD] = (struct told){key, time};
	return false;
}

static uint64_t key_of(enum detector detector, const char *service)
{
	return id_hash(detector + 1, service, strlen(service));
}

bool infer_told_of(struct infer *infer, enum detector detector, const char *service, const void *what,
	size_t size, uint64_t time, uint64_t once_in)
{
	return infer_told_lately(infer, id_hash(key_of(detector, service), what, size), time, once_in);
}

bool infer_is_told(struct infer *infer, enum detector detector, const char *service, const void *what,
	size_t size, uint64_t time, uint64_t once_in)
{
	return is_within(told_find(infer, id_hash(key_of(detector, service), what, size)), time, once_in);
}

static void tell(struct infer *infer, enum detector detector, struct event_marker *marker, uint64_t time,
	uint64_t once_in, const char *format, va_list args)
{
	if (infer->off[detector] ||
		infer_told_lately(infer, key_of(detector, marker->service), time, once_in))
		return;
	text_copy(marker->source, sizeof(marker->source), "inferred");
	vsnprintf(marker->evidence, sizeof(marker->evidence), format, args);
	infer->fn(infer->context, marker, time);
}

void infer_tell(struct infer *infer, enum detector detector, const char *kind, const char *service,
	uint64_t time, uint64_t once_in, const char *format, ...)
{
	struct event_marker marker = {0};
	va_list args;

	text_copy(marker.kind, sizeof(marker.kind), kind);
	text_copy(marker.service, sizeof(marker.service), service);
	va_start(args, format);
	tell(infer, detector, &marker, time, once_in, format, args);
	va_end(args);
}

void infer_tell_undo(struct infer *infer, enum detector detector, const char *kind, const char *service,
	const char *undo, uint64_t time, const char *format, ...)
{
	struct event_marker marker = {0};
	va_list args;

	text_copy(marker.kind, sizeof(marker.kind), kind);
	text_copy(marker.service, sizeof(marker.service), service);
	text_copy(marker.undo, sizeof(marker.undo), undo);
	va_start(args, format);
	tell(infer, detector, &marker, time, 0, format, args);
	va_end(args);
}

void infer_tell_version(struct infer *infer, enum detector detector, const char *kind, const char *service,
	const char *version, const char *before, const char *undo, uint64_t time, const char *format, ...)
{
	struct event_marker marker = {0};
	va_list args;

	text_copy(marker.kind, sizeof(marker.kind), kind);
	text_copy(marker.service, sizeof(marker.service), service);
	text_copy(marker.version, sizeof(marker.version), version);
	if (strcmp(version, before) != 0)
		text_copy(marker.before, sizeof(marker.before), before);
	text_copy(marker.undo, sizeof(marker.undo), undo);
	va_start(args, format);
	tell(infer, detector, &marker, time, AT_ONCE, format, args);
	va_end(args);
}

/* The name of a release in a path such as /srv/app/releases/20261122/bin/app, as deployment tools lay it out.
 */
static void release_of(const char *path, char *buf, size_t size)
{
	static const char *const folders[] = {"/releases/", "/versions/"};

	buf[0] = '\0';
	for (size_t n = 0; n < sizeof(folders) / sizeof(*folders); n++) {
		const char *at = strstr(path, folders[n]);
		size_t len;

		if (!at)
			continue;
		at += strlen(folders[n]);
		len = strcspn(at, "/");
		snprintf(buf, size, "%.*s", (int)(len < size ? len : size - 1), at);
		return;
	}
}

/* The release named by the executable, or by the first argument that names one: a script; else by the folder.
 */
static void find_release(const struct infer_start *start, char *buf, size_t size)
{
	release_of(start->exe, buf, size);
	for (uint32_t at = 0; !buf[0] && at < start->args_len; at += (uint32_t)strlen(start->args + at) + 1)
		release_of(start->args + at, buf, size);
	if (!buf[0] && start->folder)
		release_of(start->folder, buf, size);
}

/* What stays the same of a program's path over its releases. */
static uint64_t program_key(const struct infer_start *start)
{
	const char *slash = strrchr(start->exe, '/'), *name = slash ? slash + 1 : start->exe;
	uint64_t key = id_hash(0, start->service->name, strlen(start->service->name));

	key = id_hash(key, name, strlen(name));
	return key ? key : 1;
}

static struct ran *ran_get(struct infer *infer, const struct infer_start *start)
{
	uint64_t key = program_key(start);
	struct ran *oldest = &infer->ran[0];

	for (unsigned n = 0; n < INFER_SERVICES; n++) {
		if (infer->ran[n].key == key)
			return &infer->ran[n];
		if (infer->ran[n].used < oldest->used)
			oldest = &infer->ran[n];
	}
	*oldest = (struct ran){.key = key};
	return oldest;
}

/* Neither devices nor, where the content is known, inodes tell files apart: a container's file system has
 * others each time that it is mounted. Nor does the time alone: who builds or copies may set it. */
static bool is_same_file(const struct ran *ran, const struct infer_start *start)
{
	if (ran->mtime != start->mtime)
		return false;
	return ran->content && start->content ? ran->content == start->content : ran->inode == start->inode;
}

/* Whether it is to be held against what ran before: of what ran already what was started since a daemon
 * before this one looked, of a service's processes the first. */
static bool is_news(const struct ran *ran, const struct infer_start *start)
{
	if (!ran->used || !start->before)
		return ran->used != 0;
	return ran->loaded && start->time > ran->used + NEARLY;
}

static void ran_note(
	struct infer *infer, struct ran *ran, const struct infer_start *start, const char *release)
{
	ran->seen = true;
	/* An older process may run what was there before. */
	if (start->before && start->time <= ran->used + NEARLY)
		return;
	infer->changed |= !is_same_file(ran, start) || (release[0] && strcmp(ran->release, release) != 0);
	ran->loaded = false;
	ran->used = start->time;
	ran->inode = start->inode;
	ran->mtime = start->mtime;
	ran->content = start->content;
	ran->home = infer_home_key(start);
	text_copy(ran->service, sizeof(ran->service), start->service->name);
	if (release[0])
		text_copy(ran->release, sizeof(ran->release), release);
}

bool infer_is_service(const struct event_service *service)
{
	if (service->container_id[0])
		return true;
	return service->unit[0] && strncmp(service->unit, "session-", 8) != 0 &&
	       strncmp(service->unit, "user@", 5) != 0;
}

/* A shell that becomes the program is two starts of one change. */
static bool is_deployed(struct infer *infer, const char *service, uint64_t time)
{
	return is_within(told_find(infer, key_of(DETECT_RELEASE, service)), time, AT_ONCE) ||
	       is_within(told_find(infer, key_of(DETECT_BINARY, service)), time, AT_ONCE);
}

static void tell_binary(struct infer *infer, const struct ran *ran, const struct infer_start *start)
{
	char was[CLOCK_TEXT_SIZE], is[CLOCK_TEXT_SIZE];

	clock_format(ran->mtime, was);
	clock_format(start->mtime, is);
	/* 2026-11-29T14:44:24Z will do, where that tells them apart. */
	if (strncmp(was, is, SECONDS) != 0) {
		snprintf(was + SECONDS, sizeof(was) - SECONDS, "Z");
		snprintf(is + SECONDS, sizeof(is) - SECONDS, "Z");
	}
	if (ran->mtime == start->mtime)
		infer_tell(infer, DETECT_BINARY, "deploy", start->service->name, start->time, AT_ONCE,
			"%s is another file than it was, though its time of writing is the same: %s",
			start->exe, is);
	else
		infer_tell(infer, DETECT_BINARY, "deploy", start->service->name, start->time, AT_ONCE,
			"%s is another file than it was: written %s, before %s", start->exe, is, was);
}

static void compare(
	struct infer *infer, const struct ran *ran, const struct infer_start *start, const char *release)
{
	const char *service = start->service->name;
	char undo[EVENT_UNDO] = "";

	/* That none is known says nothing: a folder cannot always be asked for. */
	if (release[0] && strcmp(ran->release, release) != 0) {
		if (start->link && start->link[0])
			undo_release(start->link, start->folder, release, ran->release, undo);
		infer_tell_version(infer, DETECT_RELEASE, "deploy", service, release, ran->release, undo,
			start->time, "%s now runs from release %s, before from %s", start->exe, release,
			ran->release);
	} else if (!is_same_file(ran, start)) {
		tell_binary(infer, ran, start);
	} else if (start->supervised && ran->seen && !start->before &&
		   !is_deployed(infer, service, start->time)) {
		infer_tell(infer, DETECT_RESTART, "restart", service, start->time, A_MINUTE,
			"%s was started again", start->exe);
	}
}

void infer_started(struct infer *infer, const struct infer_start *start)
{
	char release[sizeof(((struct ran *)NULL)->release)];
	struct ran *ran;

	if (!start->before)
		infer_command(infer, start);
	if (!infer_is_service(start->service) || !start->exe[0])
		return;
	find_release(start, release, sizeof(release));
	ran = ran_get(infer, start);
	if (is_news(ran, start))
		compare(infer, ran, start, release);
	ran_note(infer, ran, start, release);
}

bool infer_knows(const struct infer *infer, const char *service)
{
	size_t len = strlen(service) - text_ends_with(service, ".service");

	for (unsigned n = 0; n < INFER_SERVICES; n++) {
		const char *known = infer->ran[n].service;

		if (infer->ran[n].key && strncmp(known, service, len) == 0 &&
			(!known[len] || known[len] == '@'))
			return true;
	}
	return strcmp(service, "host") == 0 || strcmp(service, "*") == 0;
}

void infer_booted(struct infer *infer, const char *boot_id, const char *boot_id_before, const char *release,
	const char *release_before, uint64_t time)
{
	if (boot_id_before[0] && boot_id[0] && strcmp(boot_id, boot_id_before) != 0)
		infer_tell(infer, DETECT_REBOOT, "infra", "host", time, 0, "the host was started again");
	if (release_before[0] && release[0] && strcmp(release, release_before) != 0)
		infer_tell_version(infer, DETECT_KERNEL, "infra", "host", release, "", "", time,
			"the kernel is %s, before it was %s", release, release_before);
}

void infer_clock(struct infer *infer, int64_t step, uint64_t time)
{
	if (step >= STEP_LEAST || step <= -STEP_LEAST)
		infer_tell(infer, DETECT_CLOCK, "infra", "host", time, AT_ONCE, "the clock was set by %.3f s",
			(double)step / (double)NS_PER_SEC);
}
