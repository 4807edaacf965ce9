/* SPDX-License-Identifier: Apache-2.0 */
/* Files of configuration that are written, and whose they are by their path. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "marker/infer_internal.h"

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

/* Each file, but of those that are written together no more than a few. */
static void tell(
	struct infer *infer, const struct written *row, const char *service, const char *path, uint64_t time)
{
	unsigned turn = 0;

	if (infer_is_told(infer, row->detector, service, path, strlen(path), time, AT_ONCE))
		return;
	while (infer_told_of(infer, row->detector, service, &turn, sizeof(turn), time, AT_ONCE))
		if (++turn == FILES_AT_ONCE)
			return;
	infer_told_of(infer, row->detector, service, path, strlen(path), time, AT_ONCE);
	infer_tell(infer, row->detector, row->kind, service, "", time, 0, "%s was written", path);
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
	tell(infer, row, service, path, time);
}
