/* SPDX-License-Identifier: Apache-2.0 */
/* Of pip by the names of their folders in site-packages: typing_extensions-4.8.0.dist-info. */
#include "host/environment.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/internal.h"

#define ENTRIES_MAX 8192 /* of a folder */
#define SITES_MAX   8    /* one for each version of Python */

static DIR *open_folder(const struct root *root, const char *path)
{
	_cleanup_close_ int place = root_find(root, 0, path, LINKS_ALL);
	int fd = place < 0 ? -1 : openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

bool environment_is_plain(const char *name)
{
	while (isgraph((unsigned char)*name))
		name++;
	return !*name;
}

static void put(const char *name, struct buf *out)
{
	size_t len = strlen(name) - text_ends_with(name, ".dist-info");
	const char *dash = strchr(name, '-');

	/* Both are spelled without one (PEP 427). */
	if (!name[len] || !environment_is_plain(name) || !dash || dash >= name + len ||
		memchr(dash + 1, '-', (size_t)(name + len - dash - 1)))
		return;
	buf_printf(out, "%.*s %.*s\n", (int)(dash - name), name, (int)(name + len - dash - 1), dash + 1);
}

static bool read_site(const struct root *root, const char *path, struct buf *out, uint64_t *ret_changed)
{
	DIR *dir = open_folder(root, path);
	struct dirent *entry;
	struct stat st;

	if (!dir)
		return false;
	for (unsigned n = 0; n < ENTRIES_MAX && (entry = readdir(dir)); n++)
		put(entry->d_name, out);
	if (fstat(dirfd(dir), &st) == 0) {
		uint64_t changed = (uint64_t)st.st_mtim.tv_sec * NS_PER_SEC + (uint64_t)st.st_mtim.tv_nsec;

		*ret_changed = changed > *ret_changed ? changed : *ret_changed;
	}
	closedir(dir);
	return true;
}

/* Who may take a change back is root, and would run what is there. */
static bool runs_safely(const struct root *root, const char *home)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/bin", home) < PATH_MAX && root_guards(root, path);
}

static int read_pip(const struct root *root, const char *home, struct buf *out, uint64_t *ret_changed)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned sites = 0;
	bool found = false;
	DIR *lib = NULL;

	if (runs_safely(root, home) && snprintf(path, sizeof(path), "%s/lib", home) < PATH_MAX)
		lib = open_folder(root, path);
	for (unsigned n = 0; lib && n < ENTRIES_MAX && (entry = readdir(lib)); n++)
		if (strncmp(entry->d_name, "python", 6) == 0 && sites++ < SITES_MAX &&
			snprintf(path, sizeof(path), "%s/lib/%s/site-packages", home, entry->d_name) <
				PATH_MAX)
			found |= root_guards(root, path) && read_site(root, path, out, ret_changed);
	if (lib)
		closedir(lib);
	return found ? 0 : -ENOENT;
}

int environment_read(const char *home, bool npm, struct buf *out, uint64_t *ret_changed)
{
	struct root root = {.fd = -1, .mounts = -1};
	int r = root_open((uint32_t)getpid(), &root);

	*ret_changed = 0;
	if (r == 0)
		r = npm ? environment_npm(&root, home, out, ret_changed)
			: read_pip(&root, home, out, ret_changed);
	root_close(&root);
	return r == 0 && out->failed ? -ENOMEM : r;
}
