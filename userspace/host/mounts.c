/* SPDX-License-Identifier: Apache-2.0 */
/* Which file systems may keep whoever touches them waiting for ever. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/host.h"

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

bool host_path_may_hang(const char *path)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0, longest = 0;
	bool hangs = false;

	while (file && getline(&line, &room, file) > 0) {
		char *at = line, *point = NULL, *type = strstr(line, " - ");
		for (unsigned field = 0; field < 5 && at; field++)
			point = strsep(&at, " ");
		if (!point || !type || !at)
			continue;
		type += 3;
		type[strcspn(type, " ")] = '\0';
		unescape(point);
		/* Of those at the same place the last one is on top. */
		if (is_below(path, point) && strlen(point) >= longest) {
			longest = strlen(point);
			hangs = may_hang(type);
		}
	}
	if (file)
		fclose(file);
	return hangs;
}
