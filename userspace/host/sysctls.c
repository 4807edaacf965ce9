/* SPDX-License-Identifier: Apache-2.0 */
/* The files below /proc/sys. */
#include "host/sysctls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/id.h"
#include "base/text.h"
#include "host/internal.h"

#define MOST  4096
#define DEPTH 8
#define KEY   256
#define VALUE 48

struct sysctls {
	dev_t device;
	unsigned count;
	struct sysctl {
		uint64_t key; /* hash */
		char value[VALUE];
	} all[MOST];
};

static void take(struct sysctls *s, int dir, const char *name, const char *key)
{
	char value[VALUE];

	if (s->count == MOST || file_read_at(dir, name, value, sizeof(value)) <= 0)
		return;
	/* One that is cut has no end of its line. */
	if (!text_ends_with(value, "\n"))
		return;
	value[strcspn(value, "\n")] = '\0';
	if (!text_is_word(value) && value[0] != '-')
		return;
	s->all[s->count].key = id_hash(0, key, strlen(key));
	text_copy(s->all[s->count++].value, VALUE, value);
}

/* Of each interface there are a hundred. */
static bool is_of_interface(const char *key, const char *name)
{
	return (text_ends_with(key, ".conf") || text_ends_with(key, ".neigh")) && strcmp(name, "all") != 0 &&
	       strcmp(name, "default") != 0;
}

static void walk(struct sysctls *s, int parent, const char *folder, const char *key, unsigned depth)
{
	int fd = openat(parent, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char below[KEY];
	struct stat st;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		/* What is mounted there may be made to be by a look at it; to read stat_refresh is an order.
		 */
		if (name[0] == '.' || strcmp(name, "stat_refresh") == 0 || is_of_interface(key, name) ||
			fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
			st.st_dev != s->device ||
			snprintf(below, sizeof(below), "%s%s%s", key, key[0] ? "." : "", name) >= KEY)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH)
			walk(s, fd, name, below, depth + 1);
		else if (S_ISREG(st.st_mode) && (st.st_mode & 0600) == 0600)
			take(s, fd, name, below);
	}
	if (dir)
		closedir(dir);
}

int sysctls_read(struct sysctls **ret)
{
	struct sysctls *s = calloc(1, sizeof(*s));
	struct stat st;

	if (!s)
		return -ENOMEM;
	if (stat("/proc/sys", &st) < 0) {
		free(s);
		return -errno;
	}
	s->device = st.st_dev;
	walk(s, AT_FDCWD, "/proc/sys", "", 0);
	*ret = s;
	return 0;
}

void sysctls_free(struct sysctls *s)
{
	free(s);
}

const char *sysctls_get(const struct sysctls *s, const char *key)
{
	uint64_t hash = id_hash(0, key, strlen(key));

	for (unsigned n = 0; s && n < s->count; n++)
		if (s->all[n].key == hash)
			return s->all[n].value;
	return NULL;
}
