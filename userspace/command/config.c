/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: its files, and the sections of which there may be many. */
#include "command/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/http_listen.h"
#include "command/config_keys.h"
#include "command/fold.h"
#include "host/files.h"

static const char *set_service(struct config_reading *r, const char *name, const char *key, const char *value)
{
	if (!key)
		return NULL;
	return *name ? enrich_output_rule(r->enrich, name, key, value) : "a service's name in [service NAME]";
}

static const char *set_sink(struct config_reading *r, const char *name, const char *key, const char *value)
{
	return sink_options_set(&r->config->sinks, name, key, value);
}

/* Sections of which there may be many, each with a name. */
static const struct {
	const char *prefix;
	const char *(*set)(struct config_reading *r, const char *name, const char *key, const char *value);
} named[] = {
	{"service ", set_service},
	{"sink ", set_sink},
};

/* NAME may have quotes. Returns whether the section is one of these. */
static bool set_named(struct config_reading *r, const char *section, const char *key, const char *value,
	const char **ret_expected)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		size_t len = strlen(named[i].prefix);

		if (strncmp(section, named[i].prefix, len) != 0)
			continue;
		_cleanup_free_ char *name = strdup(section + len + strspn(section + len, " \t\""));
		if (name)
			name[strcspn(name, "\"")] = '\0';
		*ret_expected = name ? named[i].set(r, name, key, value) : "more memory";
		return true;
	}
	return false;
}

/* Looked at behind each section: the one that was just read is then at fault. */
static const char *check_addresses(struct config *config, const char *section)
{
	struct sink_list *list = &config->sinks;

	for (size_t i = 0; config->http.listen[0] && i < list->count; i++) {
		if (!list->sinks[i].listen || !http_listen_same(list->sinks[i].listen, config->http.listen))
			continue;
		if (strcmp(section, "http") != 0)
			return "listen = another one than that of [http]";
		snprintf(list->message, sizeof(list->message), "listen = another one than that of [sink %s]",
			list->sinks[i].name);
		return list->message;
	}
	return NULL;
}

static const char *on_key(void *context, const char *section, const char *key, const char *value)
{
	struct config_reading *reading = context;
	const char *expected;

	if (!set_named(reading, section, key, value, &expected))
		expected = config_set(reading, section, key, value);
	return expected || key ? expected : check_addresses(reading->config, section);
}

int config_read(
	struct config *config, const char *path, bool required, struct enrich *enrich, struct buf *error)
{
	struct config_reading reading = {.config = config, .enrich = enrich};
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;
	int r;

	*config = (struct config){
		.retention = {.max_age = STORE_MAX_AGE_DEFAULT, .max_size = STORE_MAX_SIZE_DEFAULT},
		.files = FILES_LIMIT,
		.repeat = FOLD_INTERVAL,
		.debuginfo = {.size = DEBUGINFO_SIZE},
		.control = {.mode = 0600, .group = (gid_t)-1},
	};
	r = policy_new(&config->policy);
	if (r < 0)
		return r;
	config->probe.policy = config->policy;
	if (asprintf(&dir, "%.*sconf.d", slash ? (int)(slash - path) + 1 : 0, path) < 0) {
		dir = NULL;
		return -ENOMEM;
	}
	r = conf_read_all(path, dir, on_key, &reading, error);
	if (r == -ENOENT && !required) {
		buf_reset(error);
		return 0;
	}
	if (r == -ENOENT && error->len == 0)
		buf_printf(error, "%s: no such file", path);
	return r;
}

int config_read_sinks(struct sink_list *ret, const char *path, struct buf *error)
{
	struct config config;
	struct enrich *enrich;
	int r = enrich_new(&enrich, NULL, NULL);

	if (r < 0)
		return r;
	r = config_read(&config, path, false, enrich, error);
	if (r == 0) {
		*ret = config.sinks;
		config.sinks = (struct sink_list){0};
	}
	config_free(&config);
	enrich_free(enrich);
	return r;
}

void config_free(struct config *config)
{
	sink_options_free(&config->sinks);
	policy_free(config->policy);
	free(config->debuginfo.urls);
	config->policy = NULL;
	config->debuginfo.urls = NULL;
}
