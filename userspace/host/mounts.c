/* SPDX-License-Identifier: Apache-2.0 */
/* Which file systems may keep whoever touches them waiting for ever. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/internal.h"

/* Another process or machine answers for these. */
static bool may_hang(const char *type)
{
	static const char *const types[] = {
		"fuse", "fuseblk", "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "autofs"};

	if (strncmp(type, "fuse.", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* proc(5): spaces, tabs, line ends and backslashes of a mount point are written in octal. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Whether path is point or below it. */
static bool is_below(const char *path, const char *point)
{
	size_t length = strlen(point);

	if (length == 1)
		return true; /* the root */
	return strncmp(path, point, length) == 0 && (path[length] == '/' || !path[length]);
}

/* A line of mountinfo, split: proc(5). */
struct mount {
	uint32_t device; /* major << 20 | minor */
	char *point;
	char *type;
};

static bool parse(char *line, struct mount *ret)
{
	char *at = line, *fields[5] = {0}, *type = strstr(line, " - ");
	char *minor;

	if (!type)
		return false;
	for (unsigned n = 0; n < 5 && at; n++)
		fields[n] = strsep(&at, " ");
	if (!at)
		return false;
	ret->device = (uint32_t)strtoul(fields[2], &minor, 10) << 20;
	if (*minor != ':')
		return false;
	ret->device |= (uint32_t)strtoul(minor + 1, NULL, 10);
	ret->point = fields[4];
	ret->type = type + 3;
	ret->type[strcspn(ret->type, " ")] = '\0';
	unescape(ret->point);
	return true;
}

bool mounts_may_hang(int mounts, uint32_t device, const char *path)
{
	int copy = fcntl(mounts, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "r");
	_cleanup_free_ char *line = NULL;
	size_t room = 0, longest = 0;
	bool hangs = false;
	struct mount m;

	if (!file) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	rewind(file);
	while (getline(&line, &room, file) > 0) {
		if (!parse(line, &m))
			continue;
		if (device && m.device == device && may_hang(m.type)) {
			hangs = true;
			break;
		}
		/* Of those at the same place the last one is on top. */
		if (path && is_below(path, m.point) && strlen(m.point) >= longest) {
			longest = strlen(m.point);
			hangs = may_hang(m.type);
		}
	}
	fclose(file);
	return hangs;
}
