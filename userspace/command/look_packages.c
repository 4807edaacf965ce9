/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: of dpkg by the lists that it writes, of other managers once they have ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "command/look_internal.h"
#include "host/environment.h"
#include "host/host.h"

static void drop_lists(struct look *l)
{
	while (l->list_count > 0)
		free(l->lists[--l->list_count]);
	l->list_more = 0;
}

void look_packages_begin(struct look *l)
{
	l->here = true;
	versions_read(VERSIONS_FOLDER, &l->versions);
	sysctls_read(&l->sysctls);
}

void look_packages_free(struct look *l)
{
	drop_lists(l);
	versions_free(l->versions);
	sysctls_free(l->sysctls);
	environments_free(&l->environments);
}

void look_written(struct look *l, const char *path)
{
	size_t len = strlen(path), folder = strlen(PACKAGES_FOLDER);
	char *copy;

	if (strncmp(path, PACKAGES_FOLDER "/", folder + 1) != 0 || len < 5 ||
		strcmp(path + len - 5, ".list") != 0)
		return;
	if (!l->list_count)
		l->list_time = clock_realtime();
	l->quiet = 0;
	for (unsigned n = 0; n < l->list_count; n++)
		if (strcmp(l->lists[n], path) == 0)
			return;
	copy = l->list_count < PACKAGES_MOST ? strdup(path) : NULL;
	if (copy)
		l->lists[l->list_count++] = copy;
	else
		l->list_more++;
}

/* What was found of the packages of one run. */
struct found {
	const struct program *program;
	struct found_package {
		char path[256];
		char users[INFER_USERS][256];
		unsigned user_count;
	} packages[PACKAGES_MOST];
};

static void add_user(struct found_package *p, const char *service, const char *path)
{
	unsigned count = p->user_count;

	for (unsigned n = 0; n < count && n < INFER_USERS; n++)
		if (strcmp(p->users[n], service) == 0)
			return;
	if (count < INFER_USERS)
		text_copy(p->users[count], sizeof(p->users[count]), service);
	if (!p->path[0])
		text_copy(p->path, sizeof(p->path), path);
	p->user_count++;
}

/* What infer takes; it borrows from found. */
static struct infer_package package_of(const struct found_package *found)
{
	struct infer_package p = {.name = "", .path = found->path, .user_count = found->user_count};

	for (unsigned n = 0; n < INFER_USERS; n++)
		p.users[n] = found->users[n];
	return p;
}

static void on_used(void *context, int package, const char *path)
{
	struct found *f = context;

	add_user(&f->packages[package], f->program->service, path);
}

/* libssl3:amd64 of /var/lib/dpkg/info/libssl3:amd64.list */
static void list_name(const char *list, char *buf, size_t size)
{
	const char *name = strrchr(list, '/') + 1;

	snprintf(buf, size, "%.*s", (int)(strlen(name) - text_ends_with(name, ".list")), name);
}

/* name, of which the architecture is cut off, outlives package. */
static void describe(struct look *l, const struct versions *now, char *name, struct infer_package *package)
{
	char *colon = strchr(name, ':');

	package->name = name;
	package->before = versions_get(l->versions, name);
	package->version = versions_get(now, name);
	if (colon) {
		*colon = '\0';
		package->arch = colon + 1;
	}
}

static void tell_packages(
	struct look *l, const struct versions *now, struct found *found, const int numbers[PACKAGES_MOST])
{
	_cleanup_buf_ struct buf unused = {.max = 400};
	char name[256];

	for (unsigned n = 0; n < l->list_count; n++) {
		struct found_package *at = &found->packages[numbers[n] < 0 ? 0 : numbers[n]];
		struct infer_package package;

		if (numbers[n] < 0)
			continue;
		list_name(l->lists[n], name, sizeof(name));
		package = package_of(at);
		describe(l, now, name, &package);
		for (unsigned i = 0; i < SERVICES; i++)
			if (l->programs[i].key && strcmp(l->programs[i].service, name) == 0)
				add_user(at, name, "");
		package.user_count = at->user_count;
		if (at->user_count)
			infer_package(l->infer, &package, l->list_time);
		else
			buf_printf(&unused, "%s%s", unused.len ? ", " : "", name);
	}
	if (l->list_more)
		buf_printf(&unused, "; %u more were not looked at", l->list_more);
	if (unused.len)
		infer_unused(l->infer, buf_text(&unused), l->list_time);
}

static void look_at_lists(struct look *l)
{
	struct found *found = calloc(1, sizeof(*found));
	struct packages *packages = NULL;
	struct versions *now = NULL;
	int numbers[PACKAGES_MOST];

	versions_read(VERSIONS_FOLDER, &now);
	if (found && packages_new(&packages) == 0) {
		for (unsigned n = 0; n < l->list_count; n++)
			numbers[n] = packages_add(packages, l->lists[n]);
		for (unsigned n = 0; n < SERVICES; n++) {
			found->program = &l->programs[n];
			if (found->program->key)
				packages_used(packages, found->program->pid, on_used, found);
		}
		tell_packages(l, now, found, numbers);
	}
	packages_free(packages);
	free(found);
	drop_lists(l);
	versions_free(l->versions);
	l->versions = now;
}

void look_at_packages(struct look *l, unsigned quiet)
{
	if (l->list_count && (!quiet || ++l->quiet >= quiet))
		look_at_lists(l);
}

/* Each line of changes is what pip or npm takes back. */
static void undo_of(const struct infer_install *what, struct buf *changes, char undo[EVENT_UNDO])
{
	char *rest = changes->data, *line, *blank;

	undo[0] = '\0';
	while (changes->len && (line = strsep(&rest, "\n")) && *line) {
		blank = strchr(line, ' ');
		*blank = '\0';
		if (what->node ? !infer_undo_npm(what->home, line, blank + 1, undo)
			       : !infer_undo_pip(what->home, line, blank + 1, undo))
			return;
	}
}

/* False: there were too many in this second. What ran is told all the same, but not what a look would add. */
static bool may_look(struct look *l)
{
	return l->looks < LOOKS && ++l->looks;
}

/* Who runs where something was installed, and what was changed there: the command may have ended before its
 * folder could be asked for. With several folders nobody knows which one it was: nothing is taken back. */
static void add_residents(
	struct look *l, struct install *install, struct found_package *found, struct buf *changes)
{
	bool several = false;
	uint64_t changed;
	char home[256];

	for (unsigned n = 0; n < SERVICES; n++) {
		const struct program *program = &l->programs[n];

		if (!program->place[0] ||
			environment_find(program->place, home, sizeof(home), &changed) < 0 ||
			changed < install->time)
			continue;
		if (!install->what.home[0])
			text_copy(install->what.home, sizeof(install->what.home), home);
		several |= strcmp(install->what.home, home) != 0;
		add_user(found, program->service, "");
		environments_end(&l->environments, home, true, changes);
	}
	if (several)
		buf_reset(changes);
}

static void tell_install(struct look *l, struct install *install)
{
	bool look = may_look(l);

	_cleanup_buf_ struct buf changes = {0};
	struct found_package found = {0};
	struct infer_package package;
	char path[256], undo[EVENT_UNDO];

	for (unsigned n = 0; look && n < SERVICES; n++)
		if (l->programs[n].key &&
			packages_replaced(l->programs[n].pid, install->time, path, sizeof(path)) == 0)
			add_user(&found, l->programs[n].service, path);
	if (install->what.service[0] && !found.user_count)
		add_user(&found, install->what.service, "");
	if (look && install->what.node)
		add_residents(l, install, &found, &changes);
	else
		environments_end(&l->environments, install->what.home, false, &changes);
	undo_of(&install->what, &changes, undo);
	package = package_of(&found);
	infer_installed(l->infer, &install->what, &package, undo, install->time);
}

/* Of each word of the line that sets something, what it was; of one that is as it was, nothing. False: one is
 * not as the line says, or it is not known what it was. */
static bool undo_settings(
	const struct look *l, const struct sysctls *now, const char *line, char undo[EVENT_UNDO])
{
	char words[sizeof(((struct infer_install *)NULL)->line)], *rest = words, *word;

	text_copy(words, sizeof(words), line);
	while ((word = strsep(&rest, " "))) {
		char *equals = strchr(word, '=');
		const char *before, *after;

		if (!equals || *word == '-')
			continue;
		*equals = '\0';
		before = sysctls_get(l->sysctls, word);
		after = sysctls_get(now, word);
		if (!before || !after || strcmp(after, equals + 1) != 0)
			return false;
		if (strcmp(before, after) != 0 && !infer_undo_sysctl(word, before, undo))
			return false;
	}
	return true;
}

/* In another network namespace it may have set others than the host's: those are as they were. */
static void tell_settings(struct look *l, const struct install *install)
{
	static const struct infer_package none = {.path = ""};
	struct sysctls *now = NULL;
	char undo[EVENT_UNDO] = "";
	bool look = l->here && may_look(l);
	bool known = look && sysctls_read(&now) == 0 && undo_settings(l, now, install->what.line, undo);

	infer_installed(l->infer, &install->what, &none, known ? undo : "", install->time);
	sysctls_free(known ? l->sysctls : now);
	if (known)
		l->sysctls = now;
	l->unseen |= l->here && !look;
}

/* What was set without a look is what was before the next one. */
static void look_at_unseen(struct look *l)
{
	struct sysctls *now = NULL;

	if (!l->unseen || sysctls_read(&now) < 0)
		return;
	sysctls_free(l->sysctls);
	l->sysctls = now;
	l->unseen = false;
}

static void tell_ended(struct look *l, struct install *install)
{
	if (install->what.tuning)
		tell_settings(l, install);
	else
		tell_install(l, install);
}

void look_install(struct look *l, uint32_t pid, const struct infer_install *what, uint64_t time)
{
	struct install install = {.time = time, .pid = pid, .what = *what};

	if (!may_look(l))
		install.what.home[0] = '\0';
	else if (l->here)
		environments_begin(&l->environments, what->home, false, time);
	/* What a wrapper becomes is the same one. */
	for (unsigned n = 0; n < l->install_count; n++)
		if (l->installs[n].pid == pid && host_is_running(pid)) {
			l->installs[n].what = *what;
			return;
		}
	if (l->install_count < INSTALLS)
		l->installs[l->install_count++] = install;
	else
		tell_ended(l, &install);
}

void look_at_installs(struct look *l, bool all)
{
	for (unsigned n = 0; n < l->install_count;) {
		struct install install = l->installs[n];

		if (!all && host_is_running(install.pid)) {
			n++;
			continue;
		}
		l->installs[n] = l->installs[--l->install_count];
		tell_ended(l, &install);
	}
	look_at_unseen(l);
}

void look_node(struct look *l, const struct enrich_start *start, char *place, size_t size)
{
	const struct infer_start told = {
		.exe = start->exec->exe, .args = start->args, .args_len = start->args_len};
	uint32_t pid = start->exec->task.key.pid;
	char home[256];
	uint64_t changed;

	place[0] = '\0';
	if (!l->here || start->service->container_id[0] || !infer_runs_node(&told, place, size)) {
		place[0] = '\0';
		return;
	}
	if (!place[0] && (host_cwd(pid, place, size) < 0 || strlen(place) == size - 1))
		place[0] = '\0';
	if (place[0] && environment_find(place, home, sizeof(home), &changed) == 0)
		environments_note(&l->environments, home, true);
}

void look_environment(struct look *l, const struct enrich_start *start)
{
	const struct infer_start told = {.args = start->args, .args_len = start->args_len};
	char home[256];
	const char *path;
	size_t len = l->here && !start->service->container_id[0] ? infer_home(&told, &path) : 0;

	if (!len || len >= sizeof(home))
		return;
	snprintf(home, sizeof(home), "%.*s", (int)len, path);
	environments_note(&l->environments, home, false);
}
