/* SPDX-License-Identifier: Apache-2.0 */
/* The state of dpkg: paragraphs as deb-control(5) has them, in one file, and in a journal of small ones that
 * are put into it at the end of a run. */
#include "host/versions.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/id.h"
#include "base/text.h"

#define STATE_MAX    (64 << 20) /* bytes of the file */
#define PACKAGES_MAX 65536
#define TEXT         256

struct versions {
	struct buf text; /* versions, each with its NUL; empty: it is not installed */
	unsigned count;
	struct package {
		uint64_t name;    /* hash */
		size_t version;   /* in text */
	} packages[PACKAGES_MAX]; /* what comes later counts */
};

struct paragraph {
	char name[TEXT];
	char arch[TEXT];
	char version[TEXT];
	bool installed;
	bool same; /* there is one for each architecture */
};

static void take(struct versions *v, struct paragraph *p)
{
	char name[2 * TEXT];

	if (p->name[0] && v->count < PACKAGES_MAX) {
		snprintf(name, sizeof(name), "%s%s%s", p->name, p->same ? ":" : "", p->same ? p->arch : "");
		v->packages[v->count++] = (struct package){id_hash(0, name, strlen(name)), v->text.len};
		buf_append(&v->text, p->version, p->installed ? strlen(p->version) : 0);
		buf_char(&v->text, '\0');
	}
	*p = (struct paragraph){0};
}

/* Config files alone are what is left of one that was removed. */
static bool is_there(const char *status)
{
	return !text_ends_with(status, " config-files") && !text_ends_with(status, " not-installed");
}

static bool field(const char *line, const char *name, char value[TEXT])
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0)
		return false;
	text_copy(value, TEXT, line + len);
	return true;
}

static void read_line(struct versions *v, struct paragraph *p, char *line)
{
	char value[TEXT];

	line[strcspn(line, "\n")] = '\0';
	if (!line[0])
		take(v, p);
	else if (field(line, "Status: ", value))
		p->installed = is_there(value);
	else if (field(line, "Multi-Arch: ", value))
		p->same = strcmp(value, "same") == 0;
	else if (!field(line, "Package: ", p->name) && !field(line, "Architecture: ", p->arch))
		field(line, "Version: ", p->version);
}

static int read_file(struct versions *v, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	struct paragraph p = {0};
	struct stat st;
	size_t room = 0;

	if (!file)
		return -errno;
	if (fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_MAX)
		return -EINVAL;
	while (getline(&line, &room, file) > 0)
		read_line(v, &p, line);
	take(v, &p);
	return 0;
}

static int is_update(const struct dirent *entry)
{
	return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

/* Of a run that is under way, in their order. */
static void read_updates(struct versions *v, const char *folder)
{
	struct dirent **entries;
	char path[4096];
	int count;

	snprintf(path, sizeof(path), "%s/updates", folder);
	count = scandir(path, &entries, is_update, alphasort);
	for (int n = 0; n < count; n++) {
		snprintf(path, sizeof(path), "%s/updates/%s", folder, entries[n]->d_name);
		read_file(v, path);
		free(entries[n]);
	}
	if (count >= 0)
		free(entries);
}

int versions_read(const char *folder, struct versions **ret)
{
	struct versions *v = calloc(1, sizeof(*v));
	char path[4096];
	int r;

	if (!v)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/status", folder);
	r = read_file(v, path);
	if (r == 0)
		read_updates(v, folder);
	if (r == 0 && v->text.failed)
		r = -ENOMEM;
	if (r < 0)
		versions_free(v);
	else
		*ret = v;
	return r;
}

void versions_free(struct versions *v)
{
	if (v)
		buf_free(&v->text);
	free(v);
}

const char *versions_get(const struct versions *v, const char *package)
{
	uint64_t name = id_hash(0, package, strlen(package));

	for (unsigned n = v ? v->count : 0; n-- > 0;)
		if (v->packages[n].name == name)
			return v->text.data[v->packages[n].version] ? v->text.data + v->packages[n].version
								    : NULL;
	return NULL;
}
