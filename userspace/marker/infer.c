/* SPDX-License-Identifier: Apache-2.0 */
/* Noticed changes: what all detectors share, and those of binaries, files and the host. */
#include "marker/infer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "marker/infer_internal.h"

#define AT_ONCE    (10 * NS_PER_SEC) /* one change makes several traces */
#define A_MINUTE   (60 * NS_PER_SEC)
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

void infer_tell(struct infer *infer, enum detector detector, const char *kind, const char *service,
	const char *version, uint64_t time, uint64_t once_in, const char *format, ...)
{
	uint64_t key = key_of(detector, service);
	struct event_marker marker = {0};
	va_list args;

	if (infer->off[detector] || infer_told_lately(infer, key, time, once_in))
		return;
	text_copy(marker.kind, sizeof(marker.kind), kind);
	text_copy(marker.service, sizeof(marker.service), service);
	text_copy(marker.version, sizeof(marker.version), version);
	text_copy(marker.before, sizeof(marker.before), infer->before ? infer->before : "");
	text_copy(marker.source, sizeof(marker.source), "inferred");
	va_start(args, format);
	vsnprintf(marker.evidence, sizeof(marker.evidence), format, args);
	va_end(args);
	infer->fn(infer->context, &marker, time);
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

static void ran_note(struct ran *ran, const struct infer_start *start, const char *release)
{
	ran->used = start->time;
	ran->inode = start->inode;
	ran->mtime = start->mtime;
	ran->device = start->device;
	ran->home = infer_home(start);
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

static void compare(
	struct infer *infer, const struct ran *ran, const struct infer_start *start, const char *release)
{
	const char *service = start->service->name;
	char was[CLOCK_TEXT_SIZE], is[CLOCK_TEXT_SIZE];

	/* That none is known says nothing: a folder cannot always be asked for. */
	if (release[0] && strcmp(ran->release, release) != 0) {
		infer->before = ran->release;
		infer_tell(infer, DETECT_RELEASE, "deploy", service, release, start->time, AT_ONCE,
			"%s now runs from release %s, before from %s", start->exe, release, ran->release);
		infer->before = NULL;
	} else if (ran->inode != start->inode || ran->device != start->device || ran->mtime != start->mtime) {
		clock_format(ran->mtime, was);
		clock_format(start->mtime, is);
		infer_tell(infer, DETECT_BINARY, "deploy", service, "", start->time, AT_ONCE,
			"%s is another file than it was: written %s, before %s", start->exe, is, was);
	} else if (start->supervised && !is_deployed(infer, service, start->time)) {
		infer_tell(infer, DETECT_RESTART, "restart", service, "", start->time, A_MINUTE,
			"%s was started again", start->exe);
	}
}

void infer_started(struct infer *infer, const struct infer_start *start)
{
	char release[sizeof(((struct ran *)NULL)->release)];
	struct ran *ran;
	bool known;

	if (!start->before)
		infer_command(infer, start);
	if (!infer_is_service(start->service) || !start->exe[0])
		return;
	find_release(start, release, sizeof(release));
	ran = ran_get(infer, start);
	known = ran->used != 0;
	if (known && !start->before)
		compare(infer, ran, start, release);
	ran_note(ran, start, release);
}

static bool ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static const struct written {
	enum detector detector;
	const char *kind;
	const char *under;  /* the path begins with it */
	const char *ending; /* and ends with it; "": with anything */
} written[] = {
	{DETECT_UNIT, "config", "/etc/systemd/system/", ""},
	{DETECT_UNIT, "config", "/lib/systemd/system/", ""},
	{DETECT_UNIT, "config", "/usr/lib/systemd/system/", ""},
	{DETECT_CERTIFICATE, "config", "/etc/", ".pem"},
	{DETECT_CERTIFICATE, "config", "/etc/", ".crt"},
	{DETECT_CERTIFICATE, "config", "/etc/", ".key"},
	{DETECT_TUNING, "infra", "/etc/sysctl.", ""},
	{DETECT_TUNING, "infra", "/etc/modprobe.d/", ""},
	{DETECT_CONFIG, "config", "/etc/", ""},
};

/* Editors and package managers write beside the file first. */
static bool is_scratch(const char *name)
{
	return name[0] == '.' || name[0] == '#' || ends_with(name, "~") || ends_with(name, ".swp") ||
	       ends_with(name, ".tmp") || ends_with(name, ".dpkg-new") || ends_with(name, ".lock");
}

/* The service whose name the path holds after its folder: nginx of /etc/nginx/x.conf, /etc/nginx.conf,
 * nginx.service and nginx.service.d/x.conf. */
static void service_of_path(const char *path, const char *under, char *buf, size_t size)
{
	const char *at = path + strlen(under);
	size_t len = strcspn(at, "/.");

	if (strncmp(at, "default/", 8) == 0 || strncmp(at, "conf.d/", 7) == 0) {
		at = strchr(at, '/') + 1;
		len = strcspn(at, "/.");
	}
	snprintf(buf, size, "%.*s", (int)(len < size ? len : size - 1), at);
}

/* Folders of certificates that any service may use. */
static bool is_shared(const char *folder)
{
	static const char *const shared[] = {"ssl", "pki", "letsencrypt", "certs", "ca-certificates"};

	for (size_t n = 0; n < sizeof(shared) / sizeof(*shared); n++)
		if (strcmp(folder, shared[n]) == 0)
			return true;
	return false;
}

void infer_written(struct infer *infer, const char *path, uint64_t time)
{
	const char *slash = strrchr(path, '/');
	char service[sizeof(((struct event_marker *)NULL)->service)];
	const struct written *row = written;

	if (!slash || is_scratch(slash + 1))
		return;
	while (strncmp(path, row->under, strlen(row->under)) != 0 || !ends_with(path, row->ending))
		if (++row == written + sizeof(written) / sizeof(*written))
			return;
	service_of_path(path, row->under, service, sizeof(service));
	if (row->detector == DETECT_TUNING || (row->detector == DETECT_CERTIFICATE && is_shared(service)))
		text_copy(service, sizeof(service), "host");
	infer_tell(infer, row->detector, row->kind, service, "", time, AT_ONCE, "%s was written", path);
}

void infer_booted(struct infer *infer, const char *boot_id, const char *boot_id_before, const char *release,
	const char *release_before, uint64_t time)
{
	if (boot_id_before[0] && boot_id[0] && strcmp(boot_id, boot_id_before) != 0)
		infer_tell(infer, DETECT_REBOOT, "infra", "host", "", time, 0, "the host was started again");
	if (release_before[0] && release[0] && strcmp(release, release_before) != 0)
		infer_tell(infer, DETECT_KERNEL, "infra", "host", release, time, 0,
			"the kernel is %s, before it was %s", release, release_before);
}

void infer_clock(struct infer *infer, int64_t step, uint64_t time)
{
	if (step >= STEP_LEAST || step <= -STEP_LEAST)
		infer_tell(infer, DETECT_CLOCK, "infra", "host", "", time, AT_ONCE,
			"the clock was set by %.3f s", (double)step / (double)NS_PER_SEC);
}
