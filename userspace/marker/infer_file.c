/* SPDX-License-Identifier: Apache-2.0 */
/* Files of configuration that are written, and whose they are by their path. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "marker/infer_internal.h"
#include "marker/infer_undo.h"

#define FILES_AT_ONCE 4 /* of a service */

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
 * nginx.service, nginx.service.d/x.conf and multi-user.target.wants/nginx.service. */
static void service_of_path(const char *path, const struct written *row, char *buf, size_t size)
{
	const char *at = path + strlen(row->under), *slash = strrchr(at, '/'), *type;
	size_t len;

	if (strncmp(at, "default/", 8) == 0 || strncmp(at, "conf.d/", 7) == 0)
		at = strchr(at, '/') + 1;
	if (row->detector == DETECT_UNIT && slash && (strstr(at, ".wants/") || strstr(at, ".requires/")))
		at = slash + 1;
	len = strcspn(at, "/.");
	type = strstr(at, ".service");
	if (row->detector == DETECT_UNIT && type && !memchr(at, '/', (size_t)(type - at)))
		len = (size_t)(type - at);
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

/* Each file, but of those that are written together no more than a few. */
static void tell(struct infer *infer, const struct written *row, const char *service, const char *path,
	enum infer_change change, const char *old, uint64_t time)
{
	_cleanup_buf_ struct buf what = {.max = 512};
	char undo[EVENT_UNDO] = "";
	unsigned turn = 0;

	/* Who writes a file may give it to its owner then. */
	if (infer_is_told(infer, row->detector, service, path, strlen(path), time, AT_ONCE) &&
		change != INFER_REMOVED)
		return;
	if (change == INFER_OWNED)
		buf_printf(&what, "owner, permissions or times of %s were changed", path);
	else
		buf_printf(&what, "%s was %s", path, change == INFER_REMOVED ? "removed" : "written");
	if (infer_is_told(infer, row->detector, service, buf_text(&what), what.len, time, AT_ONCE))
		return;
	while (infer_told_of(infer, row->detector, service, &turn, sizeof(turn), time, AT_ONCE))
		if (++turn == FILES_AT_ONCE)
			return;
	infer_told_of(infer, row->detector, service, buf_text(&what), what.len, time, AT_ONCE);
	if (change == INFER_WRITTEN)
		infer_told_of(infer, row->detector, service, path, strlen(path), time, AT_ONCE);
	if (old && row->detector != DETECT_TUNING)
		undo_file(path, old, row->detector == DETECT_UNIT, undo);
	infer_tell_undo(infer, row->detector, row->kind, service, undo, time, "%s", buf_text(&what));
}

void infer_reads(struct infer *infer, const char *path, const char *service)
{
	uint64_t key = id_hash(1, path, strlen(path));
	struct read *read;

	for (unsigned n = 0; n < INFER_FILES; n++)
		if (infer->reads[n].path == key && strcmp(infer->reads[n].service, service) == 0)
			return;
	read = &infer->reads[infer->next_read++ % INFER_FILES];
	read->path = key;
	text_copy(read->service, sizeof(read->service), service);
}

/* The rows of what a service reads from elsewhere. */
static const struct written elsewhere[] = {
	{DETECT_CERTIFICATE, "config", "/", ".pem"},
	{DETECT_CERTIFICATE, "config", "/", ".crt"},
	{DETECT_CERTIFICATE, "config", "/", ".key"},
	{DETECT_CONFIG, "config", "/", ""},
};

static const struct written *find_row(const struct written *rows, size_t count, const char *path)
{
	for (size_t n = 0; n < count; n++)
		if (strncmp(path, rows[n].under, strlen(rows[n].under)) == 0 &&
			ends_with(path, rows[n].ending))
			return &rows[n];
	return NULL;
}

/* To each that reads it; false: nobody is known to. */
static bool tell_readers(
	struct infer *infer, const char *path, enum infer_change change, const char *old, uint64_t time)
{
	const struct written *row = find_row(elsewhere, sizeof(elsewhere) / sizeof(*elsewhere), path);
	uint64_t key = id_hash(1, path, strlen(path));
	bool told = false;

	for (unsigned n = 0; n < INFER_FILES; n++) {
		if (infer->reads[n].path != key)
			continue;
		tell(infer, row, infer->reads[n].service, path, change, old, time);
		told = true;
	}
	return told;
}

void infer_file(
	struct infer *infer, const char *path, enum infer_change change, const char *old, uint64_t time)
{
	const char *slash = strrchr(path, '/');
	char service[sizeof(((struct event_marker *)NULL)->service)];
	const struct written *row = find_row(written, sizeof(written) / sizeof(*written), path);

	if (!row && tell_readers(infer, path, change, old, time))
		return;
	if (!row || !slash || is_scratch(slash + 1))
		return;
	service_of_path(path, row, service, sizeof(service));
	if (row->detector == DETECT_TUNING || (row->detector == DETECT_CERTIFICATE && is_shared(service)))
		text_copy(service, sizeof(service), "host");
	tell(infer, row, service, path, change, old, time);
}
