/* SPDX-License-Identifier: Apache-2.0 */
/* Known by their names, and by the time at which they were made. */
#include "host/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "host/internal.h"

#define BEFORE (10 * 60 * NS_PER_SEC) /* that somebody takes to edit what he has copied */

/* When a file got its name, its content or its owner last; 0: it is none. */
static uint64_t made(int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_ctim.tv_sec * NS_PER_SEC + (uint64_t)st.st_ctim.tv_nsec;
}

/* Finds that of the file name in folder, an open one, or returns NULL. */
static const char *find_ending(int folder, const char *name, uint64_t time)
{
	static const char *const endings[] = {
		".dpkg-old", ".ucf-old", ".rpmsave", "~", ".bak", ".old", ".orig", ".save"};
	const char *found = NULL;
	char beside[NAME_MAX + 1];
	uint64_t last = 0;

	for (size_t n = 0; n < sizeof(endings) / sizeof(*endings); n++) {
		uint64_t when;

		if (snprintf(beside, sizeof(beside), "%s%s", name, endings[n]) > NAME_MAX)
			continue;
		when = made(folder, beside);
		/* Clocks of file systems go in steps, and the change may be told by the same tick. */
		if (when <= last || when + BEFORE < time || when > time + NS_PER_SEC / 10)
			continue;
		last = when;
		found = endings[n];
	}
	return found;
}

int backup_find(const char *path, uint64_t time, char *buf, size_t size)
{
	struct root root = {.fd = -1, .mounts = -1};
	const char *slash = strrchr(path, '/'), *ending = NULL;
	_cleanup_close_ int place = -1;
	char folder[PATH_MAX];

	if (!slash || slash - path >= PATH_MAX - 1)
		return -ENOENT;
	text_copy(folder, (size_t)(slash - path) + (slash == path) + 1, path);
	if (root_open((uint32_t)getpid(), &root) == 0)
		place = root_find(&root, 0, folder, LINKS_ALL);
	if (place >= 0)
		ending = find_ending(place, slash + 1, time);
	/* To copy it as root where others have a say would be to write wherever they lead. */
	if (ending && !root_guards(&root, folder))
		ending = NULL;
	root_close(&root);
	if (ending)
		snprintf(buf, size, "%s%s", path, ending);
	return ending ? 0 : -ENOENT;
}
