/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that name files of configuration, and those that frameworks look for where they are started. */
#include "command/reads.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "host/host.h"

#define ARGS_MAX 32

/* Not what programs keep their data in, too, such as JSON. */
static bool is_configuration(const char *path)
{
	static const char *const endings[] = {".conf", ".cnf", ".cfg", ".ini", ".toml", ".yaml", ".yml",
		".properties", ".env", ".pem", ".crt", ".key"};
	const char *dot = strrchr(path, '.');

	for (size_t n = 0; dot && n < sizeof(endings) / sizeof(*endings); n++)
		if (strcmp(dot, endings[n]) == 0)
			return true;
	return false;
}

/* "--config=app.conf" and "-Dconfig=app.conf" name what is behind the last sign. */
static const char *value_of(const char *argument)
{
	const char *equals = strrchr(argument, '=');

	return equals ? equals + 1 : argument;
}

/* Where it lies, seen from the folder that the service works in; false: not known. */
static bool path_of(const struct enrich_start *start, const char *value, char *buf, size_t size)
{
	char folder[PATH_MAX];
	int len;

	if (*value == '/')
		return snprintf(buf, size, "%s", value) < (int)size;
	if (host_cwd(start->exec->task.key.pid, folder, sizeof(folder)) < 0)
		return false;
	value += strncmp(value, "./", 2) == 0 ? 2 : 0;
	len = snprintf(buf, size, "%s/%s", folder[1] ? folder : "", value);
	return len < (int)size;
}

/* Of dotenv, Spring, .NET, Rails, node-config, gunicorn, and what many call theirs. */
static const char *const by_convention[] = {".env", ".env.local", ".env.production", "appsettings.json",
	"appsettings.Production.json", "application.properties", "application.yaml", "application.yml",
	"config.ini", "config.json", "config.toml", "config.yaml", "config.yml",
	"config/application.properties", "config/application.yaml", "config/application.yml",
	"config/config.yaml", "config/config.yml", "config/database.yml", "config/default.json",
	"config/local.json", "config/production.json", "config/settings.yml", "gunicorn.conf.py",
	"settings.ini", "settings.toml", "settings.yaml", "settings.yml", NULL};

struct reading {
	struct infer *infer;
	const char *service;
};

static void found(void *context, const char *path)
{
	const struct reading *reading = context;

	infer_reads(reading->infer, path, reading->service);
}

/* The system's own services are started in the root. */
static void look_where_started(struct configs *configs, struct infer *infer, const struct enrich_start *start)
{
	struct reading reading = {infer, start->service->name};
	char folder[PATH_MAX];

	if (host_cwd(start->exec->task.key.pid, folder, sizeof(folder)) == 0 && folder[1] &&
		strncmp(folder, "/etc/", 5) != 0)
		configs_add_below(configs, reading.service, folder, by_convention, found, &reading);
}

void reads_started(struct configs *configs, struct infer *infer, const struct enrich_start *start)
{
	uint32_t at = (uint32_t)strnlen(start->args, start->args_len) + 1;
	char path[PATH_MAX];

	if (!infer_is_service(start->service) || start->service->container_id[0])
		return;
	for (unsigned n = 0; n < ARGS_MAX && at < start->args_len; n++) {
		const char *value = value_of(start->args + at);

		at += (uint32_t)strlen(start->args + at) + 1;
		if (is_configuration(value) && path_of(start, value, path, sizeof(path)) &&
			strncmp(path, "/etc/", 5) != 0 && configs_add(configs, path) == 0)
			infer_reads(infer, path, start->service->name);
	}
	look_where_started(configs, infer, start);
}
