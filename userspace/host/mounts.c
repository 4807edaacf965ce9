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

/* proc(5): spaces, tabs, line ends and backslashes of a mount point are written in octal. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned octal;
		if (*from == '\\' && sscanf(from + 1, "%3o", &octal) == 1) {
			*to++ = (char)octal;
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
	unsigned major, minor;

	if (!type)
		return false;
	for (unsigned n = 0; n < 5 && at; n++)
		fields[n] = strsep(&at, " ");
	if (!at || sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return false;
	ret->device = major << 20 | minor;
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
