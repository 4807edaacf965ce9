/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a control-group path from the root to the leaf; the innermost systemd unit, container and pod win. */
#include "enrich/identity.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "enrich/identity_container.h"

#define DELETED " (deleted)"

/* Units that hold whatever somebody started: their number names nothing. */
static const struct {
	const char *prefix;
	const char *number; /* the characters of the rest */
} anonymous[] = {
	{"session-", "c0123456789"},
	{"run-u", "0123456789"},
	{"run-r", "0123456789abcdef"},
	{"run-p", "-i0123456789"},
	{"vte-spawn-", "-0123456789abcdef"},
	{"ptyxis-spawn-", "-0123456789abcdef"},
	{"tmux-spawn-", "-0123456789abcdef"},
	{"podman-", "0123456789"},
};

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), n = strlen(suffix);

	return len > n && strcmp(text + len - n, suffix) == 0;
}

/* systemd's characters for names of units; whatever else a hostile name holds, it is no unit and no
 * container. */
static bool well_formed(const char *part)
{
	for (const char *c = part; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr(":-_.\\@", *c))
			return false;
	}
	return part[strspn(part, ".")] != '\0';
}

static bool is_anonymous(const char *stem)
{
	for (size_t i = 0; i < sizeof(anonymous) / sizeof(anonymous[0]); i++) {
		size_t len = strlen(anonymous[i].prefix);

		if (strncmp(stem, anonymous[i].prefix, len) == 0 && stem[len] &&
			stem[len + strspn(stem + len, anonymous[i].number)] == '\0')
			return true;
	}
	return false;
}

/* The application in "app[-LAUNCHER]-ID[@RANDOM].service" and "app[-LAUNCHER]-ID-RANDOM.scope" of
 * systemd.io's DESKTOP_ENVIRONMENTS: dashes of the parts themselves are escaped there. Cuts *ret_len bytes
 * out of stem, or returns NULL. */
static const char *application(const char *stem, bool scope, size_t *ret_len)
{
	size_t len = strlen(stem);
	const char *end = scope ? strrchr(stem, '-') : strrchr(stem, '@');
	const char *start;

	if (!end)
		end = stem + len;
	start = memrchr(stem, '-', (size_t)(end - stem));
	if (!start || end - start < 2)
		return NULL;
	*ret_len = (size_t)(end - start) - 1;
	return start + 1;
}

/* "dbus-:1.2-NAME@0": activated by the message bus. */
static const char *bus_name(const char *stem, size_t *ret_len)
{
	const char *dash = strchr(stem + strlen("dbus-:"), '-');
	const char *at = dash ? strrchr(dash, '@') : NULL;

	if (!at || at - dash < 2)
		return NULL;
	*ret_len = (size_t)(at - dash) - 1;
	return dash + 1;
}

/* stem is the unit without its suffix. */
static void name_unit(struct event_service *service, const char *stem, bool scope)
{
	size_t len = strlen(stem), part_len = 0;
	const char *part = NULL;

	service->name[0] = '\0';
	if (is_anonymous(stem))
		return;
	if (service->user[0] && strncmp(stem, "app-", 4) == 0)
		part = application(stem, scope, &part_len);
	else if (strncmp(stem, "dbus-:", 6) == 0)
		part = bus_name(stem, &part_len);
	else if (scope && len > 37 && strchr(".-", stem[len - 37]) && is_uuid(stem + len - 36, 36))
		len -= 37; /* one run of a snap */
	if (part)
		unit_unescape(service->name, sizeof(service->name), part, part_len);
	else
		unit_unescape(service->name, sizeof(service->name), stem, len);
}

/* The uid in "user-UID.slice" and "user@UID.service". */
static void note_user(struct event_service *service, const char *stem)
{
	const char *uid = stem + strlen("user-");
	size_t len;

	if (strncmp(stem, "user-", 5) != 0 && strncmp(stem, "user@", 5) != 0)
		return;
	len = strspn(uid, "0123456789");
	if (len && len < sizeof(service->user) && !uid[len])
		text_copy(service->user, sizeof(service->user), uid);
}

static void unit_part(const char *part, struct event_service *service)
{
	static const char *const types[] = {".service", ".scope", ".socket", ".mount", ".swap", ".slice"};
	char stem[CGROUP_PART_MAX];
	size_t len;

	part += *part == '_'; /* systemd's escape for names that clash with files of the kernel */
	text_copy(stem, sizeof(stem), part);
	len = strlen(stem);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !part[len]; i++) {
		if (has_suffix(stem, types[i]))
			len -= strlen(types[i]);
	}
	stem[len] = '\0';
	if (!part[len] || stem[0] == '@' || stem[len - 1] == '@')
		return;
	note_user(service, stem);
	if (has_suffix(part, ".slice")) {
		text_copy(service->slice, sizeof(service->slice), part);
		return;
	}
	/* The manager of a user, of a container or of a delegated group is that very thing. */
	if (strcmp(part, "init.scope") == 0 && (service->unit[0] || service->container_id[0]))
		return;
	text_copy(service->unit, sizeof(service->unit), part);
	name_unit(service, stem, has_suffix(part, ".scope"));
}

static void cut_deleted(char *text)
{
	if (has_suffix(text, DELETED))
		text[strlen(text) - strlen(DELETED)] = '\0';
}

static void clear(struct event_service *service)
{
	service->name[0] = service->unit[0] = service->slice[0] = service->user[0] = '\0';
	service->container_id[0] = service->container_runtime[0] = '\0';
	service->pod_uid[0] = service->pod_qos[0] = '\0';
}

static void walk_path(const char *path, struct event_service *service)
{
	struct container_walk walk = {0};
	char part[CGROUP_PART_MAX];
	size_t len;

	clear(service);
	text_copy(service->cgroup, sizeof(service->cgroup), path);
	cut_deleted(service->cgroup);
	for (path = service->cgroup; *path; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (!len || len >= sizeof(part))
			continue;
		memcpy(part, path, len);
		part[len] = '\0';
		if (well_formed(part) && !container_part(&walk, part, service))
			unit_part(part, service);
	}
}

/* Whether the path is more than the root, or the way from a control-group namespace up to it. */
static bool says_more(const char *path)
{
	return path[strspn(path, "/.")] != '\0';
}

static void name_executable(struct event_service *service, const char *exe, const char *comm)
{
	char path[RECORD_PATH];
	const char *slash;

	text_copy(path, sizeof(path), exe ? exe : "");
	cut_deleted(path);
	slash = strrchr(path, '/');
	text_copy(service->name, sizeof(service->name), slash ? slash + 1 : path);
	if (!service->name[0])
		text_copy(service->name, sizeof(service->name), comm ? comm : "");
}

void identity_from_cgroup(
	const struct record_cgroup *cgroup, const char *exe, const char *comm, struct event_service *ret)
{
	walk_path(cgroup->v2, ret);
	/* In the hybrid hierarchy a container often has only its v1 groups, and the v2 group of its engine.
	 */
	if (!ret->container_id[0] && says_more(cgroup->v1)) {
		struct event_service v1 = *ret;

		walk_path(cgroup->v1, &v1);
		if (v1.container_id[0] || !says_more(cgroup->v2))
			*ret = v1;
	}
	if (!ret->name[0])
		name_executable(ret, exe, comm);
}
