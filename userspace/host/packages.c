/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of packages as hashes in one sorted array; what processes have mapped is looked up there. */
#include "host/packages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "host/internal.h"

#define LIST_MAX  (8 << 20)
#define MAPS_MOST 16384 /* lines of one process */

struct file {
	uint64_t path; /* hash */
	uint32_t package;
};

struct packages {
	unsigned count;
	uint32_t file_count;
	bool sorted;
	struct file files[PACKAGES_FILES];
};

int packages_new(struct packages **ret)
{
	struct packages *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*ret = p;
	return 0;
}

void packages_free(struct packages *p)
{
	free(p);
}

/* Lists may say /lib where that leads to /usr/lib. */
static uint64_t hash(const char *path)
{
	if (strncmp(path, "/usr/", 5) == 0)
		path += 4;
	return id_hash(0, path, strlen(path));
}

int packages_add(struct packages *p, const char *list)
{
	_cleanup_free_ char *line = NULL;
	struct stat st;
	size_t room = 0;
	ssize_t len;
	FILE *file;

	if (p->count == PACKAGES_MOST)
		return -ENOSPC;
	file = fopen(list, "re");
	if (!file)
		return -errno;
	if (fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > LIST_MAX) {
		fclose(file);
		return -EINVAL;
	}
	while (p->file_count < PACKAGES_FILES && (len = getline(&line, &room, file)) > 1) {
		line[len - 1] = '\0';
		p->files[p->file_count++] = (struct file){hash(line), p->count};
	}
	fclose(file);
	p->sorted = false;
	return (int)p->count++;
}

static int by_path(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->path < y->path ? -1 : x->path > y->path;
}

static void look_up(
	struct packages *p, const char *path, bool told[PACKAGES_MOST], packages_fn fn, void *context)
{
	struct file key = {.path = hash(path)};
	const struct file *found = bsearch(&key, p->files, p->file_count, sizeof(key), by_path);

	if (!found || told[found->package])
		return;
	told[found->package] = true;
	fn(context, (int)found->package, path);
}

/* The path of a line of maps, without the mark of a file that was replaced; NULL: no file. */
static char *path_of(char *line, bool *ret_replaced)
{
	static const char deleted[] = " (deleted)";
	char *path = strchr(line, '/');
	size_t len = path ? strcspn(path, "\n") : 0;

	if (!path)
		return NULL;
	path[len] = '\0';
	*ret_replaced = len > sizeof(deleted) - 1 && strcmp(path + len - (sizeof(deleted) - 1), deleted) == 0;
	if (*ret_replaced)
		path[len - (sizeof(deleted) - 1)] = '\0';
	return path;
}

static FILE *open_maps(uint32_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	return fopen(name, "re");
}

void packages_used(struct packages *p, uint32_t pid, packages_fn fn, void *context)
{
	_cleanup_free_ char *line = NULL, *last = NULL;
	bool told[PACKAGES_MOST] = {false}, replaced;
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	size_t room = 0;

	if (!p->sorted)
		qsort(p->files, p->file_count, sizeof(*p->files), by_path);
	p->sorted = true;
	for (unsigned n = 0; maps && n < MAPS_MOST && getline(&line, &room, maps) > 0; n++) {
		const char *path = path_of(line, &replaced);

		/* A file has several mappings, one after the other. */
		if (!path || (last && strcmp(last, path) == 0))
			continue;
		free(last);
		last = strdup(path);
		look_up(p, path, told, fn, context);
	}
}

/* Clocks of file systems go in steps of some milliseconds. */
#define COARSE (20 * NS_PER_MS)

static bool came_since(const struct root *root, uint32_t device, const char *path, uint64_t since)
{
	_cleanup_close_ int place = root_find(root, device, path, LINKS_BEFORE);
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	return (uint64_t)st.st_ctim.tv_sec * NS_PER_SEC + (uint64_t)st.st_ctim.tv_nsec + COARSE >= since;
}

/* The fourth word of a line of maps, "fd:01", as mounts.c has it. */
static uint32_t device_of(const char *line)
{
	unsigned long major, minor;
	char *end;

	for (unsigned n = 0; line && n < 3; n++) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return 0;
	major = strtoul(line, &end, 16);
	minor = *end == ':' ? strtoul(end + 1, NULL, 16) : 0;
	return (uint32_t)(major << 20 | minor);
}

int packages_replaced(uint32_t pid, uint64_t since, char *buf, size_t size)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	bool replaced, found = false;
	struct root root;
	size_t room = 0;

	if (!maps || root_open(pid, &root) < 0)
		return -ENOENT;
	for (unsigned n = 0; !found && n < MAPS_MOST && getline(&line, &room, maps) > 0; n++) {
		uint32_t device = device_of(line);
		const char *path = path_of(line, &replaced);

		found = path && replaced && came_since(&root, device, path, since);
		if (found)
			text_copy(buf, size, path);
	}
	root_close(&root);
	return found ? 0 : -ENOENT;
}
