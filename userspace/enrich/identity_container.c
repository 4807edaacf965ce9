/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and pods in control-group paths: how each engine names its groups, as tables. */
#include "enrich/identity_container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HEX      "0123456789abcdef"
#define DIGITS   "0123456789"
#define FULL_ID  64
#define SHORT_ID 12

/* What is accepted as an id below the folder of an engine, besides 64 hexadecimal digits. */
enum { ID_UUID = 1, ID_GARDEN = 2, ID_TASK = 4, ID_BUILD = 8, ID_NAME = 16, ID_MONITOR = 32 };

struct container_family {
	const char *folder;
	const char *runtime;
	unsigned ids;
};

/* clang-format off */
static const struct container_family families[] = {
	{"docker", "docker", 0},
	{"moby", "docker", 0},
	{"actions_job", "docker", 0},
	{"buildkit", "buildkit", ID_BUILD},
	{"k8s.io", "containerd", 0},
	{"default", "containerd", 0},
	{"libpod_parent", "podman", 0},
	{"ecs", "ecs", ID_TASK},
	{"mesos", "mesos", ID_UUID},
	{"garden", "garden", ID_UUID | ID_GARDEN},
	{"lxc", "lxc", ID_NAME},
	{"lxc.payload", "lxc", ID_NAME},
	{"lxc.monitor", "lxc", ID_NAME | ID_MONITOR},
	{"firecracker", "firecracker", ID_NAME},
	{"kubepods", "", 0}, /* the cgroupfs driver does not say which engine */
};
/* clang-format on */

enum group_kind {
	GROUP_ID,      /* a container with a 64-digit id; the suffix is absent with the cgroupfs driver */
	GROUP_IN_UNIT, /* the same, as a part of the unit above, which stays the service */
	GROUP_MONITOR, /* the engine's process beside the container */
	GROUP_NAMED,   /* a container with a name */
	GROUP_NAMED_MONITOR, /* the engine's process beside it */
	GROUP_NUMBERED,      /* a container with a running number before its name */
	GROUP_MACHINE,       /* the same for a virtual machine */
};

/* The first row that fits counts. */
static const struct group {
	const char *prefix;
	const char *suffix;
	const char *runtime;
	enum group_kind kind;
} groups[] = {
	{"docker-", ".scope", "docker", GROUP_ID},
	{"cri-containerd-", ".scope", "containerd", GROUP_ID},
	{"containerd-", ".scope", "containerd", GROUP_ID},
	{"nerdctl-", ".scope", "containerd", GROUP_ID},
	{"crio-conmon-", ".scope", "cri-o", GROUP_MONITOR},
	{"crio-", ".scope", "cri-o", GROUP_ID},
	{"libpod-conmon-", ".scope", "podman", GROUP_MONITOR},
	{"libpod-payload-", "", "podman", GROUP_IN_UNIT},
	{"libpod-", ".scope", "podman", GROUP_ID},
	{"runc-", ".scope", "runc", GROUP_ID},
	{"crun-", ".scope", "crun", GROUP_ID},
	{"kata_", "", "kata", GROUP_ID},
	{"lxc.payload.", "", "lxc", GROUP_NAMED},
	{"lxc.monitor.", "", "lxc", GROUP_NAMED_MONITOR},
	{"systemd-nspawn@", ".service", "nspawn", GROUP_NAMED},
	{"machine-qemu\\x2d", ".scope", "qemu", GROUP_MACHINE},
	{"machine-lxc\\x2d", ".scope", "lxc", GROUP_NUMBERED},
	{"machine-", ".scope", "nspawn", GROUP_NAMED},
};

static bool all_of(const char *text, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++) {
		if (!strchr(set, text[i]) || !text[i])
			return false;
	}
	return len > 0;
}

static bool is_id(const char *text, size_t len)
{
	return len == FULL_ID && all_of(text, len, HEX);
}

/* Groups of hexadecimal digits between dashes: lengths is one digit a group, and 'c' for 12. */
static bool is_dashed_hex(const char *text, size_t len, const char *lengths)
{
	size_t at = 0;

	for (const char *l = lengths; *l; l++) {
		size_t want = *l == 'c' ? 12 : (size_t)(*l - '0');

		if (l != lengths && (at >= len || text[at++] != '-'))
			return false;
		if (len - at < want || !all_of(text + at, want, HEX))
			return false;
		at += want;
	}
	return at == len;
}

bool is_uuid(const char *text, size_t len)
{
	return is_dashed_hex(text, len, "8444c");
}

/* ECS on Fargate: the task's 32 digits, a dash and a number. */
static bool is_task_container(const char *text, size_t len)
{
	return len > 33 && len < 48 && all_of(text, 32, HEX) && text[32] == '-' &&
	       all_of(text + 33, len - 33, DIGITS);
}

static bool is_family_id(const struct container_family *family, const char *part, size_t len)
{
	return is_id(part, len) || ((family->ids & ID_UUID) && is_uuid(part, len)) ||
	       ((family->ids & ID_GARDEN) && is_dashed_hex(part, len, "84444")) ||
	       ((family->ids & ID_TASK) && is_task_container(part, len)) ||
	       ((family->ids & ID_BUILD) && len == 25 &&
		       all_of(part, len, DIGITS "abcdefghijklmnopqrstuvwxyz"));
}

void unit_unescape(char *dst, size_t size, const char *name, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len && out + 1 < size; out++) {
		unsigned long code = 0;

		if (len - i >= 4 && name[i] == '\\' && name[i + 1] == 'x' && all_of(name + i + 2, 2, HEX))
			code = strtoul((const char[]){name[i + 2], name[i + 3], '\0'}, NULL, 16);
		if (code >= ' ' && code < 0x7f && code != '/') {
			dst[out] = (char)code;
			i += 4;
		} else {
			dst[out] = name[i++];
		}
	}
	dst[out] = '\0';
}

/* The process is in a container now; what was outside says nothing of it, but for its slice, pod and user. */
static void enter(struct container_walk *walk, struct event_service *service, const char *id,
	const char *runtime, const char *unit)
{
	walk->family = NULL;
	walk->qos = NULL;
	text_copy(service->container_id, sizeof(service->container_id), id);
	text_copy(service->container_runtime, sizeof(service->container_runtime), runtime);
	text_copy(service->unit, sizeof(service->unit), unit);
	text_copy(service->name, is_id(id, strlen(id)) ? SHORT_ID + 1 : sizeof(service->name), id);
}

/* The monitor of a container is not in it, and its group is named after a number only. */
static void enter_monitor(struct event_service *service, const char *unit)
{
	text_copy(service->unit, sizeof(service->unit), unit);
	service->name[0] = '\0';
}

/* uid: as in the API, or with "_" for "-", or the 32 digits of a static pod. */
static bool enter_pod(struct event_service *service, const char *uid, size_t len, const char *qos)
{
	char text[sizeof(service->pod_uid)];

	if (len >= sizeof(text))
		return false;
	memcpy(text, uid, len);
	text[len] = '\0';
	for (char *c = text; (c = strchr(c, '_'));)
		*c = '-';
	if (!is_uuid(text, len) && !(len == 32 && all_of(text, len, HEX)))
		return false;

	text_copy(service->pod_uid, sizeof(service->pod_uid), text);
	text_copy(service->pod_qos, sizeof(service->pod_qos), qos ? qos : "");
	service->unit[0] = '\0';
	service->name[0] = '\0';
	return true;
}

/* "[ROOT-]kubepods[-CLASS]-podUID.slice", len without ".slice". */
static void pod_slice(struct event_service *service, const char *part, size_t len)
{
	static const struct {
		const char *before;
		const char *qos;
	} classes[] = {
		{"kubepods-burstable-pod", "burstable"},
		{"kubepods-besteffort-pod", "besteffort"},
		{"kubepods-pod", "guaranteed"},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const char *at = strstr(part, classes[i].before);
		size_t before = strlen(classes[i].before);

		if (!at || (at != part && at[-1] != '-') || (size_t)(at - part) + before > len)
			continue;
		at += before;
		if (enter_pod(service, at, len - (size_t)(at - part), classes[i].qos))
			return;
	}
}

/* The name of a machine behind its running number: "1\x2dNAME". */
static const char *skip_number(const char *name, size_t *len)
{
	size_t digits = strspn(name, DIGITS);

	if (!digits || strncmp(name + digits, "\\x2d", 4) != 0 || digits + 4 >= *len)
		return NULL;
	*len -= digits + 4;
	return name + digits + 4;
}

static bool enter_group(struct container_walk *walk, struct event_service *service, const struct group *group,
	const char *part, size_t len)
{
	size_t prefix = strlen(group->prefix), suffix = strlen(group->suffix);
	const char *id = part + prefix, *unit = part;
	char name[CGROUP_PART_MAX];

	len -= prefix;
	if (len > suffix && strcmp(id + len - suffix, group->suffix) == 0)
		len -= suffix;
	else if (group->kind >= GROUP_NAMED)
		return false;
	if (!id[len])
		unit = "";
	if (group->kind < GROUP_NAMED && !is_id(id, len))
		return false;
	if (group->kind >= GROUP_NUMBERED && !(id = skip_number(id, &len)))
		return false;
	unit_unescape(name, sizeof(name), id, len);

	switch (group->kind) {
	case GROUP_MONITOR:
	case GROUP_NAMED_MONITOR: enter_monitor(service, unit); break;
	case GROUP_IN_UNIT:
		if (service->unit[0]) {
			text_copy(service->container_id, sizeof(service->container_id), name);
			text_copy(service->container_runtime, sizeof(service->container_runtime),
				group->runtime);
			break;
		}
		/* fall through */
	case GROUP_ID:
	case GROUP_NAMED:
	case GROUP_NUMBERED: enter(walk, service, name, group->runtime, unit); break;
	case GROUP_MACHINE:
		text_copy(service->unit, sizeof(service->unit), unit);
		text_copy(service->name, sizeof(service->name), name);
		break;
	}
	return true;
}

static bool group_part(struct container_walk *walk, const char *part, struct event_service *service)
{
	size_t len = strlen(part);

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		size_t prefix = strlen(groups[i].prefix);

		if (len > prefix && strncmp(part, groups[i].prefix, prefix) == 0 &&
			enter_group(walk, service, &groups[i], part, len))
			return true;
	}
	return false;
}

/* "SLICE.slice:PREFIX:ID", systemd's notation taken literally by a cgroupfs driver. */
static bool colon_part(struct container_walk *walk, const char *part, struct event_service *service)
{
	const char *slice = strstr(part, ".slice:");
	const char *colon = slice ? strchr(slice + 7, ':') : NULL;
	char group[CGROUP_PART_MAX];

	if (!colon)
		return false;
	pod_slice(service, part, (size_t)(slice - part));
	snprintf(service->slice, sizeof(service->slice), "%.*s", (int)(slice + 6 - part), part);
	snprintf(group, sizeof(group), "%.*s-%s", (int)(colon - slice - 7), slice + 7, colon + 1);
	return group_part(walk, group, service);
}

/* "ALLOCATION.TASK.scope", a task of Nomad. */
static bool nomad_part(struct container_walk *walk, const char *part, struct event_service *service)
{
	size_t len = strlen(part);
	char alloc[37];

	if (len <= 43 || strcmp(part + len - 6, ".scope") != 0 || part[36] != '.' || !is_uuid(part, 36))
		return false;
	snprintf(alloc, sizeof(alloc), "%.36s", part);
	enter(walk, service, alloc, "nomad", "");
	unit_unescape(service->name, sizeof(service->name), part + 37, len - 43);
	return true;
}

/* The folders of the engines and of kubelet, and the ids below them. */
static bool folder_part(
	struct container_walk *walk, bool below_family, const char *part, struct event_service *service)
{
	static const struct container_family unknown = {"", "", 0};
	const struct container_family *family = walk->family ? walk->family : &unknown;
	size_t len = strlen(part);

	if (below_family && (family->ids & ID_MONITOR)) {
		enter_monitor(service, "");
		return true;
	}
	if (is_family_id(family, part, len) || (below_family && (family->ids & ID_NAME))) {
		enter(walk, service, part, family->runtime, "");
		return true;
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strcmp(part, families[i].folder) == 0) {
			walk->family = &families[i];
			walk->below_family = true;
			walk->qos = strcmp(part, "kubepods") == 0 ? "guaranteed" : NULL;
			return true;
		}
	}
	if (strcmp(part, "burstable") == 0 || strcmp(part, "besteffort") == 0) {
		walk->qos = part[1] == 'u' ? "burstable" : "besteffort";
		return true;
	}
	return strncmp(part, "pod", 3) == 0 && enter_pod(service, part + 3, len - 3, walk->qos);
}

bool container_part(struct container_walk *walk, const char *part, struct event_service *service)
{
	size_t len = strlen(part);
	const char *dot = strrchr(service->unit, '.');
	bool below_family = walk->below_family;

	walk->below_family = false;
	if (len > 6 && strcmp(part + len - 6, ".slice") == 0) {
		pod_slice(service, part, len - 6);
		return false;
	}
	/* systemd-nspawn keeps itself beside its payload. In a pod there is no unit. */
	if (dot && strcmp(part, "supervisor") == 0 && strcmp(service->container_runtime, "nspawn") == 0) {
		service->container_id[0] = '\0';
		service->container_runtime[0] = '\0';
		unit_unescape(
			service->name, sizeof(service->name), service->unit, (size_t)(dot - service->unit));
		return true;
	}
	return folder_part(walk, below_family, part, service) || colon_part(walk, part, service) ||
	       nomad_part(walk, part, service) || group_part(walk, part, service);
}
