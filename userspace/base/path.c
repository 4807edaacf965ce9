/* SPDX-License-Identifier: Apache-2.0 */
/* Paths whose end may not exist yet. */
#include "base/path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define LINKS_MAX 8

/* Appends what does not exist, by the letter. */
static void append(char path[PATH_MAX], const char *rest)
{
	size_t len;

	for (; *(rest += strspn(rest, "/")); rest += len) {
		size_t end = strlen(path);
		char *slash = strrchr(path, '/');

		len = strcspn(rest, "/");
		if (len == 2 && memcmp(rest, "..", 2) == 0)
			*(slash ? slash : path) = '\0';
		else if (len != 1 || *rest != '.')
			snprintf(path + end, PATH_MAX - end, "/%.*s", (int)len, rest);
	}
}

/* The part of path that exists, without links, into ret; returns the rest. */
static const char *resolve_head(const char *path, char ret[PATH_MAX])
{
	char head[PATH_MAX];
	size_t len = strlen(path);

	text_copy(head, sizeof(head), path);
	while (len && !realpath(head, ret)) {
		while (len && head[len - 1] != '/')
			len--;
		while (len && head[len - 1] == '/')
			len--;
		head[len] = '\0';
	}
	if (!len || strcmp(ret, "/") == 0)
		ret[0] = '\0';
	return path + len;
}

/* When the first name of rest is a link in folder, which leads to nothing yet: replaces path by what it leads
 * to. */
static bool follow(char path[PATH_MAX], const char *folder, const char *rest)
{
	char at[PATH_MAX], target[PATH_MAX];
	size_t name = strspn(rest, "/");
	ssize_t n;

	name += strcspn(rest + name, "/");
	if (snprintf(at, sizeof(at), "%s%.*s", folder, (int)name, rest) >= (int)sizeof(at))
		return false;
	n = readlink(at, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	n = snprintf(at, sizeof(at), "%s%s%s%s", *target == '/' ? "" : folder, *target == '/' ? "" : "/",
		target, rest + name);
	if (n >= (ssize_t)sizeof(at))
		return false;
	memcpy(path, at, (size_t)n + 1);
	return true;
}

static void resolve(const char *path, char ret[PATH_MAX])
{
	char now[PATH_MAX];
	const char *rest;
	unsigned links = 0;

	text_copy(now, sizeof(now), path);
	do
		rest = resolve_head(now, ret);
	while (*rest && links++ < LINKS_MAX && follow(now, ret, rest));
	append(ret, rest);
}

bool path_same(const char *one, const char *other)
{
	char paths[2][PATH_MAX];
	struct stat a, b;

	if (stat(one, &a) == 0 && stat(other, &b) == 0)
		return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	resolve(one, paths[0]);
	resolve(other, paths[1]);
	return strcmp(paths[0], paths[1]) == 0;
}
