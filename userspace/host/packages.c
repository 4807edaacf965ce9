/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of packages as hashes in one sorted array; what processes have mapped is looked up there. */
#include "host/packages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/id.h"

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
static char *path_of(char *line)
{
	static const char deleted[] = " (deleted)";
	char *path = strchr(line, '/');
	size_t len = path ? strcspn(path, "\n") : 0;

	if (!path)
		return NULL;
	path[len] = '\0';
	if (len > sizeof(deleted) - 1 && strcmp(path + len - (sizeof(deleted) - 1), deleted) == 0)
		path[len - (sizeof(deleted) - 1)] = '\0';
	return path;
}

void packages_used(struct packages *p, uint32_t pid, packages_fn fn, void *context)
{
	_cleanup_free_ char *line = NULL, *last = NULL;
	bool told[PACKAGES_MOST] = {false};
	char name[32];
	size_t room = 0;
	FILE *maps;

	if (!p->sorted)
		qsort(p->files, p->file_count, sizeof(*p->files), by_path);
	p->sorted = true;
	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	maps = fopen(name, "re");
	for (unsigned n = 0; maps && n < MAPS_MOST && getline(&line, &room, maps) > 0; n++) {
		const char *path = path_of(line);

		/* A file has several mappings, one after the other. */
		if (!path || (last && strcmp(last, path) == 0))
			continue;
		free(last);
		last = strdup(path);
		look_up(p, path, told, fn, context);
	}
	if (maps)
		fclose(maps);
}
