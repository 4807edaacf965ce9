/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change something when they run, known by their name and arguments. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "marker/infer_internal.h"

#define ONCE_IN  (60 * NS_PER_SEC)
#define ARGS_MAX 32
#define RUNS_IN  4 /* arguments, one of which names the folder that a program is installed in */

#define RAILS_DB                                                                                             \
	"db:migrate|db:migrate:up|db:migrate:down|db:migrate:redo|db:migrate:reset|db:rollback|db:forward|"  \
	"db:prepare|db:setup|db:reset|db:drop|db:schema:load|db:structure:load"
#define LIQUIBASE                                                                                            \
	"update|update-count|updateCount|update-to-tag|updateToTag|update-testing-rollback|"                 \
	"updateTestingRollback|rollback|rollback-count|rollbackCount|rollback-to-date|rollbackToDate|"       \
	"rollback-one-changeset|rollback-one-update|drop-all|dropAll"

/* words: one of them, separated by |, is among the arguments behind the program, as a whole, or with a blank
 * in it as two that follow each other; "=": an argument that sets something; "*": whatever they are; DDL: a
 * statement. */
#define DDL      ";"
#define IPTABLES "-A|-I|-D|-R|-F|-P|-X|--append|--insert|--delete|--replace|--flush|--policy|--delete-chain"
static const struct command {
	enum detector detector;
	const char *kind;
	const char *program; /* base name, without the number of a version behind it */
	const char *words;
} commands[] = {
	{DETECT_MIGRATION, "schema", "rails", RAILS_DB},
	{DETECT_MIGRATION, "schema", "rake", RAILS_DB},
	{DETECT_MIGRATION, "schema", "alembic", "upgrade|downgrade"},
	{DETECT_MIGRATION, "schema", "manage.py", "migrate"},
	{DETECT_MIGRATION, "schema", "django-admin", "migrate"},
	{DETECT_MIGRATION, "schema", "django", "migrate"},
	{DETECT_MIGRATION, "schema", "flyway", "migrate|undo|clean"},
	{DETECT_MIGRATION, "schema", "liquibase", LIQUIBASE},
	{DETECT_MIGRATION, "schema", "prisma", "migrate deploy|migrate dev|migrate reset|db push|db execute"},
	{DETECT_MIGRATION, "schema", "knex", "migrate:latest|migrate:up|migrate:down|migrate:rollback"},
	{DETECT_MIGRATION, "schema", "goose", "up|up-to|up-by-one|down|down-to|redo|reset"},
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
	{DETECT_PACKAGE, "infra", "npm", "install|i|add|ci|update|up|uninstall|un|remove|rm"},
	{DETECT_PACKAGE, "infra", "pnpm", "install|i|add|update|up|uninstall|un|remove|rm"},
	{DETECT_PACKAGE, "infra", "yarn", "install|add|upgrade|up|remove"},
	{DETECT_PACKAGE, "infra", "gem", "install|update|uninstall"},
	{DETECT_TUNING, "infra", "sysctl", "=|-w|-p|-f|--write|--load|--system"},
	{DETECT_TUNING, "infra", "modprobe", "*"},
	{DETECT_TUNING, "infra", "insmod", "*"},
	{DETECT_TUNING, "infra", "rmmod", "*"},
	{DETECT_NETWORK, "infra", "iptables", IPTABLES},
	{DETECT_NETWORK, "infra", "ip6tables", IPTABLES},
	{DETECT_NETWORK, "infra", "iptables-restore", "*"},
	{DETECT_NETWORK, "infra", "nft", "add|insert|replace|delete|destroy|flush|-f|--file"},
	{DETECT_NETWORK, "infra", "ufw", "allow|deny|reject|limit|delete|enable|disable|reset|reload"},
	{DETECT_NETWORK, "infra", "ip", "route add|route del|route replace|route change|route flush"},
};

/* Those of the above of which is looked at what they did when they have ended; node: in the node_modules of
 * an application. */
static const struct installer {
	const char *program;
	bool node;
} installers[] = {
	{"rpm", false},
	{"dnf", false},
	{"yum", false},
	{"microdnf", false},
	{"zypper", false},
	{"apk", false},
	{"pip", false},
	{"sysctl", false},
	{"npm", true},
	{"pnpm", true},
	{"yarn", true},
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint32_t next(const struct infer_start *start, uint32_t at)
{
	return at + (uint32_t)strlen(start->args + at) + 1;
}

/* "pip3.11" is pip. */
static bool is_called(const char *path, const char *program)
{
	const char *name = base_name(path);
	size_t len = strlen(program);

	return strncmp(name, program, len) == 0 && name[len + strspn(name + len, "0123456789.")] == '\0';
}

/* Programs that run a script, and their options before it that have a value of their own. What starts another
 * program is none: that one is seen itself, when it is started and where. */
static const struct interpreter {
	const char *name;
	const char *with_value[4];
	const char *module; /* the option that what is run follows as a name; NULL: there is none */
} interpreters[] = {
	{"python", {"-W", "-X"}, "-m"},
	{"ruby", {"-I", "-r", "-C"}, NULL},
	{"node", {"-r", "--require", "--import"}, NULL},
	{"sh", {"-o"}, NULL},
	{"bash", {"-o"}, NULL},
	{"dash", {"-o"}, NULL},
};

static const struct interpreter *interpreter_of(const struct infer_start *start)
{
	for (size_t n = 0; n < sizeof(interpreters) / sizeof(*interpreters); n++)
		if (is_called(start->exe, interpreters[n].name) ||
			is_called(start->args, interpreters[n].name))
			return &interpreters[n];
	return NULL;
}

static bool has_value(const struct interpreter *with, const char *option)
{
	for (unsigned n = 0; n < sizeof(with->with_value) / sizeof(*with->with_value); n++)
		if (with->with_value[n] && strcmp(with->with_value[n], option) == 0)
			return true;
	return false;
}

/* Where the program stands among the arguments, what an interpreter runs being the program; args_len when it
 * runs a text or what it reads. */
static uint32_t program_at(const struct infer_start *start)
{
	const struct interpreter *with = interpreter_of(start);
	uint32_t at = 0;

	if (!with)
		return 0;
	for (at = next(start, 0); at < start->args_len && start->args[at] == '-'; at = next(start, at)) {
		if (with->module && strcmp(start->args + at, with->module) == 0)
			return next(start, at);
		if (strcmp(start->args + at, "-c") == 0 || strcmp(start->args + at, "-e") == 0)
			return start->args_len;
		if (has_value(with, start->args + at))
			at = next(start, at);
	}
	/* It loads the other one into itself. */
	if (at < start->args_len && is_called(start->args + at, "bundle") &&
		next(start, at) < start->args_len && strcmp(start->args + next(start, at), "exec") == 0)
		at = next(start, next(start, at));
	return at;
}

/* One program may have several names: kmod is modprobe. */
static bool runs(const struct infer_start *start, uint32_t at, const char *program)
{
	if (at >= start->args_len)
		return false;
	return is_called(start->args + at, program) || (!at && is_called(start->exe, program));
}

static bool starts_ddl(const char *text)
{
	/* Functions, triggers, types and policies break programs as tables do. */
	static const char *const verbs[] = {"alter", "create", "drop", "rename", "truncate"};

	for (size_t n = 0; n < sizeof(verbs) / sizeof(*verbs); n++)
		if (strncasecmp(text, verbs[n], strlen(verbs[n])) == 0 &&
			isspace((unsigned char)text[strlen(verbs[n])]))
			return true;
	return false;
}

/* Whether a statement of the argument defines something; what stands between quotes is none. */
static bool has_ddl(const char *argument)
{
	static const char *const options[] = {"-c", "-e", "--command=", "--execute="};
	bool begins = true, quoted = false;

	for (size_t n = 0; n < sizeof(options) / sizeof(*options); n++) {
		size_t len = strlen(options[n]);

		if (strncmp(argument, options[n], len) == 0) {
			argument += len;
			break;
		}
	}
	for (; *argument; argument++) {
		if (begins && starts_ddl(argument))
			return true;
		if (*argument == '\'')
			quoted = !quoted;
		if (!isspace((unsigned char)*argument))
			begins = *argument == ';' && !quoted;
	}
	return false;
}

/* Whether the argument is that word of so many letters, or it and the next one are. */
static bool word_fits(const struct infer_start *start, uint32_t at, const char *word, size_t len)
{
	const char *argument = start->args + at, *blank = memchr(word, ' ', len);

	if (blank)
		return word_fits(start, at, word, (size_t)(blank - word)) &&
		       next(start, at) < start->args_len &&
		       word_fits(start, next(start, at), blank + 1, (size_t)(word + len - blank - 1));
	if (len == 1 && *word == '*')
		return true;
	if (len == 1 && *word == '=')
		return argument[0] != '-' && strchr(argument, '=');
	if (len == 1 && *word == *DDL)
		return has_ddl(argument);
	return strlen(argument) == len && strncmp(argument, word, len) == 0;
}

static bool has_word(const struct infer_start *start, uint32_t at, const char *words)
{
	for (at = next(start, at); at < start->args_len; at = next(start, at)) {
		for (const char *word = words;; word++) {
			size_t len = strcspn(word, "|");

			if (word_fits(start, at, word, len))
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

size_t infer_home(const struct infer_start *start, const char **ret_path)
{
	static const char *const folders[] = {"/bin/", "/node_modules/"};
	uint32_t at = 0;

	*ret_path = "";
	for (unsigned n = 0; n < RUNS_IN && at < start->args_len; n++) {
		const char *path = start->args + at;

		for (size_t i = 0; *path == '/' && i < sizeof(folders) / sizeof(*folders); i++) {
			const char *end = strstr(path, folders[i]);
			size_t len = end ? (size_t)(end - path) : 0;

			*ret_path = path;
			if (len && !(len == 4 && memcmp(path, "/usr", 4) == 0) &&
				!(len == 10 && memcmp(path, "/usr/local", 10) == 0))
				return len;
		}
		at += (uint32_t)strlen(path) + 1;
	}
	return 0;
}

bool infer_runs_node(const struct infer_start *start, char *place, size_t size)
{
	uint32_t at = start->args_len ? program_at(start) : 0;
	const char *slash = at && at < start->args_len ? strrchr(start->args + at, '/') : NULL;

	place[0] = '\0';
	/* One that is cut would be another one. */
	if (slash && start->args[at] == '/' && (size_t)(slash - start->args - at) < size)
		snprintf(place, size, "%.*s", (int)(slash - start->args - at), start->args + at);
	return is_called(start->exe, "node");
}

uint64_t infer_home_key(const struct infer_start *start)
{
	const char *path;
	size_t len = infer_home(start, &path);

	return len ? id_hash(1, path, len) : 0;
}

/* Who runs from the folder of that key; NULL: nobody is known. */
static const char *at_home(const struct infer *infer, uint64_t home)
{
	for (unsigned n = 0; home && n < INFER_SERVICES; n++)
		if (infer->ran[n].key && infer->ran[n].home == home)
			return infer->ran[n].service;
	return NULL;
}

/* A schema belongs to the service that the tool runs in, of what a person runs to the host; a package to the
 * one that runs from the folder that it is installed in, else to the host. */
static const char *service_of(
	const struct infer *infer, const struct infer_start *start, const struct command *command)
{
	const char *at = command->detector == DETECT_PACKAGE ? at_home(infer, infer_home_key(start)) : NULL;

	if (command->detector == DETECT_MIGRATION && infer_is_service(start->service))
		return start->service->name;
	return at ? at : "host";
}

static const struct command *find_command(const struct infer_start *start)
{
	uint32_t at = start->args_len ? program_at(start) : 0;

	for (size_t n = 0; start->args_len && n < sizeof(commands) / sizeof(*commands); n++)
		if (runs(start, at, commands[n].program) && has_word(start, at, commands[n].words))
			return &commands[n];
	return NULL;
}

static const struct installer *installer_of(const struct command *command)
{
	for (size_t n = 0; n < sizeof(installers) / sizeof(*installers); n++)
		if (strcmp(installers[n].program, command->program) == 0)
			return &installers[n];
	return NULL;
}

bool infer_installs(const struct infer *infer, const struct infer_start *start, struct infer_install *ret)
{
	const struct command *c = start->before ? NULL : find_command(start);
	const struct installer *installer = c ? installer_of(c) : NULL;
	_cleanup_buf_ struct buf line = {.max = sizeof(ret->line) - 1};
	const char *path, *service;
	size_t len;

	if (!installer)
		return false;
	len = infer_home(start, &path);
	service = at_home(infer, infer_home_key(start));
	buf_printf(&line, "%s ran: ", c->program);
	command_line(start, &line);
	ret->tuning = c->detector == DETECT_TUNING;
	text_copy(ret->line, sizeof(ret->line), buf_text(&line));
	ret->node = installer->node;
	/* The others are told of who runs from the folder of their own program. */
	snprintf(ret->home, sizeof(ret->home), "%.*s", len < sizeof(ret->home) && !ret->node ? (int)len : 0,
		path);
	text_copy(ret->service, sizeof(ret->service), service && !ret->node ? service : "");
	return true;
}

void infer_command(struct infer *infer, const struct infer_start *start)
{
	const struct command *c = find_command(start);
	_cleanup_buf_ struct buf line = {.max = 400};
	const char *service;
	uint32_t behind;
	uint64_t what;

	if (!c || installer_of(c))
		return;
	/* Services for containers and VPNs set rules and routes all the time. */
	if (c->detector == DETECT_NETWORK && infer_is_service(start->service))
		return;
	command_line(start, &line);
	service = service_of(infer, start, c);
	/* Whatever is before the program: a wrapper that becomes it is two starts of one change. */
	behind = next(start, program_at(start));
	what = id_hash(
		id_hash(1, c->program, strlen(c->program)), start->args + behind, start->args_len - behind);
	if (infer_told_of(infer, c->detector, service, &what, sizeof(what), start->time, ONCE_IN))
		return;
	infer_tell(infer, c->detector, c->kind, service, start->time, 0, "%s ran: %s", c->program,
		buf_text(&line));
}
