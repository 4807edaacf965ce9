/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change something when they run, known by their name and arguments. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "marker/infer_internal.h"

#define ONCE_IN  (60 * NS_PER_SEC)
#define ARGS_MAX 32
#define RUNS_IN  4 /* arguments: "ruby /usr/bin/bundle exec rake" */

/* Functions, triggers, types and policies break programs as tables do. */
#define DDL "~alter |~create |~drop |~rename |~truncate "

/* words: one of them, separated by |, is among the arguments as a whole, or, after '~', within one in any
 * case of letters. */
static const struct command {
	enum detector detector;
	const char *kind;
	const char *program; /* base name of the executable or of the script that an interpreter runs */
	const char *words;
} commands[] = {
	{DETECT_MIGRATION, "schema", "rails", "db:migrate|db:rollback|db:schema:load"},
	{DETECT_MIGRATION, "schema", "rake", "db:migrate|db:rollback|db:schema:load"},
	{DETECT_MIGRATION, "schema", "alembic", "upgrade|downgrade"},
	{DETECT_MIGRATION, "schema", "manage.py", "migrate"},
	{DETECT_MIGRATION, "schema", "django-admin", "migrate"},
	{DETECT_MIGRATION, "schema", "flyway", "migrate|undo"},
	{DETECT_MIGRATION, "schema", "liquibase", "update|rollback"},
	{DETECT_MIGRATION, "schema", "prisma", "migrate|db"},
	{DETECT_MIGRATION, "schema", "knex", "migrate:latest|migrate:up|migrate:rollback"},
	{DETECT_MIGRATION, "schema", "goose", "up|down|up-by-one|redo"},
	{DETECT_MIGRATION, "schema", "psql", DDL},
	{DETECT_MIGRATION, "schema", "mysql", DDL},
	{DETECT_MIGRATION, "schema", "mariadb", DDL},
	/* What dpkg unpacks is seen by its lists, with who uses it. */
	{DETECT_PACKAGE, "infra", "dpkg", "--remove|--purge|-r|-P"},
	{DETECT_PACKAGE, "infra", "rpm",
		"-i|-U|-e|-F|-Uvh|-ivh|-evh|-Fvh|--install|--upgrade|--freshen|--reinstall|--erase"},
	{DETECT_PACKAGE, "infra", "dnf", "install|reinstall|upgrade|update|remove|downgrade|distro-sync"},
	{DETECT_PACKAGE, "infra", "yum", "install|reinstall|upgrade|update|remove|downgrade|distro-sync"},
	{DETECT_PACKAGE, "infra", "microdnf", "install|reinstall|upgrade|update|remove|downgrade"},
	{DETECT_PACKAGE, "infra", "zypper", "install|in|update|up|patch|dist-upgrade|dup|remove|rm"},
	{DETECT_PACKAGE, "infra", "apk", "add|del|upgrade"},
	{DETECT_PACKAGE, "infra", "pip", "install|uninstall"},
	{DETECT_PACKAGE, "infra", "pip3", "install|uninstall"},
	{DETECT_PACKAGE, "infra", "npm", "install|i|add|ci|update|up|uninstall|un|remove|rm"},
	{DETECT_PACKAGE, "infra", "gem", "install|update|uninstall"},
	{DETECT_TUNING, "infra", "sysctl", "-w|-p|--write|--load|--system"},
	{DETECT_TUNING, "infra", "modprobe", "~"},
	{DETECT_TUNING, "infra", "insmod", "~"},
	{DETECT_TUNING, "infra", "rmmod", "~"},
};

/* Those of the above that replace files of services: what they did is looked at when they have ended. */
static const char *const installers[] = {"rpm", "dnf", "yum", "microdnf", "zypper", "apk"};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether the program is one of the first arguments: "python3 manage.py", "ruby bin/rails". */
static bool runs(const struct infer_start *start, const char *program)
{
	uint32_t at = 0;

	if (strcmp(base_name(start->exe), program) == 0)
		return true;
	for (unsigned n = 0; n < RUNS_IN && at < start->args_len; n++) {
		if (strcmp(base_name(start->args + at), program) == 0)
			return true;
		at += (uint32_t)strlen(start->args + at) + 1;
	}
	return false;
}

static bool word_fits(const char *word, size_t len, const char *argument)
{
	if (*word != '~')
		return strlen(argument) == len && strncmp(argument, word, len) == 0;
	for (word++, len--; *argument || !len; argument++)
		if (strncasecmp(argument, word, len) == 0)
			return true;
	return false;
}

static bool has_word(const struct infer_start *start, const char *words)
{
	uint32_t at = (uint32_t)strlen(start->args) + 1;

	for (; at < start->args_len; at += (uint32_t)strlen(start->args + at) + 1) {
		for (const char *word = words;; word++) {
			size_t len = strcspn(word, "|");

			if (word_fits(word, len, start->args + at))
				return true;
			word += len;
			if (!*word)
				break;
		}
	}
	return false;
}

static void command_line(const struct infer_start *start, struct buf *out)
{
	for (uint32_t at = 0, n = 0; at < start->args_len && n < ARGS_MAX; n++) {
		buf_printf(out, "%s%s", n ? " " : "", start->args + at);
		at += (uint32_t)strlen(start->args + at) + 1;
	}
}

uint64_t infer_home(const struct infer_start *start)
{
	static const char *const folders[] = {"/bin/", "/node_modules/"};
	uint32_t at = 0;

	for (unsigned n = 0; n < RUNS_IN && at < start->args_len; n++) {
		const char *path = start->args + at;

		for (size_t i = 0; *path == '/' && i < sizeof(folders) / sizeof(*folders); i++) {
			const char *end = strstr(path, folders[i]);
			size_t len = end ? (size_t)(end - path) : 0;

			if (len && !(len == 4 && memcmp(path, "/usr", 4) == 0) &&
				!(len == 10 && memcmp(path, "/usr/local", 10) == 0))
				return id_hash(1, path, len);
		}
		at += (uint32_t)strlen(path) + 1;
	}
	return 0;
}

/* A schema belongs to the service that the tool runs in, of what a person runs to the host; a package to the
 * one that runs from the folder that it is installed in, else to the host. */
static const char *service_of(
	const struct infer *infer, const struct infer_start *start, const struct command *command)
{
	uint64_t home = command->detector == DETECT_PACKAGE ? infer_home(start) : 0;

	if (command->detector == DETECT_MIGRATION && infer_is_service(start->service))
		return start->service->name;
	for (unsigned n = 0; home && n < INFER_SERVICES; n++)
		if (infer->ran[n].key && infer->ran[n].home == home)
			return infer->ran[n].service;
	return "host";
}

static const struct command *find_command(const struct infer_start *start)
{
	for (size_t n = 0; start->args_len && n < sizeof(commands) / sizeof(*commands); n++)
		if (runs(start, commands[n].program) && has_word(start, commands[n].words))
			return &commands[n];
	return NULL;
}

static bool is_installer(const struct command *command)
{
	for (size_t n = 0; n < sizeof(installers) / sizeof(*installers); n++)
		if (strcmp(installers[n], command->program) == 0)
			return true;
	return false;
}

bool infer_installs(const struct infer_start *start, struct buf *line)
{
	const struct command *c = start->before ? NULL : find_command(start);

	if (!c || !is_installer(c))
		return false;
	buf_printf(line, "%s ran: ", c->program);
	command_line(start, line);
	return true;
}

void infer_command(struct infer *infer, const struct infer_start *start)
{
	const struct command *c = find_command(start);
	_cleanup_buf_ struct buf line = {.max = 400};

	if (!c || is_installer(c))
		return;
	command_line(start, &line);
	infer_tell(infer, c->detector, c->kind, service_of(infer, start, c), "", start->time, ONCE_IN,
		"%s ran: %s", c->program, buf_text(&line));
}
