/* SPDX-License-Identifier: Apache-2.0 */
/* Where each engine keeps the image of a container, as a table. The files are the engines', what is in them
 * is not: it is bounded and checked. */
#include "host/image.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define FILE_MAX (1 << 20)
#define LIST_MAX (4 << 20)
#define ID_MAX   128

static void take(char to[IMAGE_TEXT], const json_t *from)
{
	text_copy(to, IMAGE_TEXT, json_is_string(from) ? json_string_value(from) : "");
}

/* A pod's name without what its controller makes up for each: "-5d78c9869d-abcde", "-abcde", "-0". */
static size_t pod_base(const char *pod, size_t len)
{
	for (int n = 0; n < 2; n++) {
		const char *dash = memrchr(pod, '-', len);
		size_t tail = dash ? len - (size_t)(dash - pod) - 1 : 0;
		bool digit = dash && strcspn(dash + 1, "0123456789") < tail;

		if (!dash || dash == pod)
			break;
		if (n == 0 ? tail != 5 && strspn(dash + 1, "0123456789") != tail
			   : !digit || tail < 8 || tail > 10)
			break;
		len = (size_t)(dash - pod);
	}
	return len;
}

static void pod_name(
	char to[IMAGE_TEXT], const char *space, const char *pod, size_t pod_len, const char *name)
{
	snprintf(to, IMAGE_TEXT, "%s/%.*s/%s", space, (int)pod_base(pod, pod_len), pod, name);
}

/* Kubernetes names the containers of docker and CRI-O "k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT". */
static void name_of(char to[IMAGE_TEXT], const char *name)
{
	char text[IMAGE_TEXT], *save = NULL, *parts[4] = {0};
	unsigned n = 0;

	text_copy(to, IMAGE_TEXT, name);
	text_copy(text, sizeof(text), name);
	for (char *part = strtok_r(text, "_", &save); part && n < 4; part = strtok_r(NULL, "_", &save))
		parts[n++] = part;
	if (n == 4 && strcmp(parts[0], "k8s") == 0)
		pod_name(to, parts[3], parts[2], strlen(parts[2]), parts[1]);
}

/* config.v2.json */
static int docker(const json_t *root, const char *id, struct host_image *ret)
{
	const char *name = json_string_value(json_object_get(root, "Name"));

	(void)id;
	name_of(ret->name, name && *name == '/' ? name + 1 : "");
	take(ret->image, json_object_get(json_object_get(root, "Config"), "Image"));
	take(ret->digest, json_object_get(root, "Image"));
	return 0;
}

/* A bundle's config.json, as containerd's CRI annotates it. */
static int bundle(const json_t *root, const char *id, struct host_image *ret)
{
	const json_t *notes = json_object_get(root, "annotations");
	const char *pod = json_string_value(json_object_get(notes, "io.kubernetes.cri.sandbox-name"));
	const char *space = json_string_value(json_object_get(notes, "io.kubernetes.cri.sandbox-namespace"));
	const char *name = json_string_value(json_object_get(notes, "io.kubernetes.cri.container-name"));

	(void)id;
	take(ret->image, json_object_get(notes, "io.kubernetes.cri.image-name"));
	pod_name(ret->name, space ? space : "", pod ? pod : "", pod ? strlen(pod) : 0, name ? name : "");
	return name ? 0 : -ENOENT;
}

/* containers.json of podman and CRI-O: a list; metadata is JSON once more. */
static int list(const json_t *root, const char *id, struct host_image *ret)
{
	const json_t *entry;
	size_t at;

	json_array_foreach(root, at, entry)
	{
		const char *text = json_string_value(json_object_get(entry, "id"));
		const char *more = json_string_value(json_object_get(entry, "metadata"));
		const char *name;
		json_t *metadata;

		if (!text || strcmp(text, id) != 0)
			continue;
		metadata = more ? json_loads(more, 0, NULL) : NULL;
		take(ret->digest, json_object_get(entry, "image"));
		take(ret->image, json_object_get(metadata, "image-name"));
		name = json_string_value(json_object_get(metadata, "name"));
		if (!name)
			name = json_string_value(json_array_get(json_object_get(entry, "names"), 0));
		name_of(ret->name, name ? name : "");
		json_decref(metadata);
		return 0;
	}
	return -ENOENT;
}

/* Containers that are removed when they end (podman run --rm) have a list of their own. */
#define STORAGE(driver)                                                                                      \
	{"/var/lib/containers/storage/" driver "-containers/containers.json", NULL, LIST_MAX, list},         \
	{                                                                                                    \
		"/var/lib/containers/storage/" driver "-containers/volatile-containers.json", NULL,          \
			LIST_MAX, list                                                                       \
	}

static const struct {
	const char *before; /* the id */
	const char *after;  /* NULL: the path goes without it */
	size_t size;
	int (*read)(const json_t *root, const char *id, struct host_image *ret);
} engines[] = {
	{"/var/lib/docker/containers/", "/config.v2.json", FILE_MAX, docker},
	{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "/config.json", FILE_MAX, bundle},
	STORAGE("overlay"),
	STORAGE("vfs"),
	STORAGE("btrfs"),
	STORAGE("zfs"),
};

static json_t *load(const char *path, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > size)
		return NULL;
	return json_loadfd(fd, 0, NULL);
}

static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < ID_MAX && id[0] != '.' && !strchr(id, '/');
}

int host_image(const char *root, const char *id, struct host_image *ret)
{
	int r = -ENOENT;

	for (size_t n = 0; r < 0 && is_id(id) && n < sizeof(engines) / sizeof(*engines); n++) {
		struct host_image found = {0};
		const char *after = engines[n].after;
		char path[1024];
		json_t *json;

		snprintf(path, sizeof(path), "%s%s%s%s", root, engines[n].before, after ? id : "",
			after ? after : "");
		json = load(path, engines[n].size);
		r = json ? engines[n].read(json, id, &found) : -ENOENT;
		json_decref(json);
		if (r == 0 && (!found.name[0] || !found.image[0]))
			r = -ENOENT;
		if (r == 0)
			*ret = found;
	}
	return r;
}
