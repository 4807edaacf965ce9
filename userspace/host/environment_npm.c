/* SPDX-License-Identifier: Apache-2.0 */
/* By the list that npm keeps beside what it has installed: node_modules/.package-lock.json. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_read.h"
#include "base/text.h"
#include "host/environment.h"
#include "host/internal.h"

#define LIST_MAX (8 << 20) /* bytes of it: some 20,000 packages */
#define FOLDER   "node_modules/"
#define LEVELS   8 /* of folders that are looked at */

/* A package of the folder itself has one such part in its key, one that a package brings along has several.
 */
static void take_package(struct json_reader *r, const char *name, struct buf *out)
{
	char version[128] = "";
	struct json_key key;

	if (json_enter(r, '{'))
		while (json_next(r, &key)) {
			if (json_key_is(&key, "version"))
				json_take_text(r, version, sizeof(version));
			else
				json_skip(r);
		}
	if (name[0] && !strstr(name, FOLDER) && environment_is_plain(name) && environment_is_plain(version) &&
		version[0])
		buf_printf(out, "%s %s\n", name, version);
}

static void take_packages(struct json_reader *r, struct buf *out)
{
	const size_t folder = strlen(FOLDER);
	struct json_key key;
	char name[256];

	if (!json_enter(r, '{'))
		return;
	while (json_next(r, &key)) {
		name[0] = '\0';
		if (key.len > folder && key.len - folder < sizeof(name) &&
			memcmp(key.text, FOLDER, folder) == 0)
			snprintf(name, sizeof(name), "%.*s", (int)(key.len - folder), key.text + folder);
		take_package(r, name, out);
	}
}

/* The whole of a file, to be freed; NULL: it cannot be read, or is too large. */
static char *read_list(int fd, size_t size)
{
	char *text = size && size <= LIST_MAX ? malloc(size) : NULL;
	size_t done = 0;
	ssize_t n = 1;

	while (text && done < size && n > 0) {
		n = pread(fd, text + done, size - done, (off_t)done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (text && done == size)
		return text;
	free(text);
	return NULL;
}

int environment_npm(const struct root *root, const char *home, struct buf *out, uint64_t *ret_changed)
{
	_cleanup_close_ int place = -1, fd = -1;
	_cleanup_free_ char *text = NULL;
	struct json_reader r;
	struct json_key key;
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/" FOLDER ".package-lock.json", home) >= PATH_MAX)
		return -ENAMETOOLONG;
	place = root_find(root, 0, path, LINKS_ALL);
	fd = place < 0 ? -1 : file_open(place);
	path[strrchr(path, '/') - path] = '\0';
	/* npm runs what is there, and who takes a change back is root. */
	if (fd < 0 || fstat(fd, &st) < 0 || !root_guards(root, path))
		return -ENOENT;
	text = read_list(fd, (size_t)st.st_size);
	if (!text)
		return -ENOENT;
	*ret_changed = file_mtime(&st);
	json_read(&r, text, (size_t)st.st_size);
	if (json_enter(&r, '{'))
		while (json_next(&r, &key)) {
			if (json_key_is(&key, "packages"))
				take_packages(&r, out);
			else
				json_skip(&r);
		}
	return json_read_end(&r) ? 0 : -EINVAL;
}

int environment_find(const char *place, char *home, size_t size, uint64_t *ret_changed)
{
	struct root root = {.fd = -1, .mounts = -1};
	int r = root_open((uint32_t)getpid(), &root);
	char path[PATH_MAX], *slash;
	bool is_there = false;
	struct stat st;

	text_copy(home, size, place);
	for (unsigned n = 0; r == 0 && n < LEVELS && home[0] && !is_there; n++) {
		_cleanup_close_ int found = -1;

		snprintf(path, sizeof(path), "%s/node_modules", home);
		found = root_find(&root, 0, path, LINKS_ALL);
		is_there = found >= 0 && fstat(found, &st) == 0 && S_ISDIR(st.st_mode);
		if (is_there) {
			*ret_changed = file_mtime(&st);
			continue;
		}
		slash = strrchr(home, '/');
		home[slash ? slash - home : 0] = '\0';
	}
	root_close(&root);
	return r < 0 ? r : is_there ? 0 : -ENOENT;
}
