/* SPDX-License-Identifier: Apache-2.0 */
/* Severities by kind and, for some kinds, by what is told of it. */
#include "model/severity.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum level { INFO, WARNING, ERROR, FATAL };

/* The four numbers of ECS are those of Elastic's own rules: low, medium, high, critical. */
static const struct severity levels[] = {
	[INFO] = {.otel = 9,
		.otel_text = "INFO",
		.syslog = 6,
		.sentry = "info",
		.ecs = 21,
		.log_level = "info"},
	[WARNING] = {.otel = 13,
		.otel_text = "WARN",
		.syslog = 4,
		.sentry = "warning",
		.ecs = 47,
		.log_level = "warning"},
	[ERROR] = {.otel = 17,
		.otel_text = "ERROR",
		.syslog = 3,
		.sentry = "error",
		.ecs = 73,
		.log_level = "error"},
	[FATAL] = {.otel = 21,
		.otel_text = "FATAL",
		.syslog = 2,
		.sentry = "fatal",
		.ecs = 99,
		.log_level = "critical"},
};

static const struct {
	const char *kind, *event_name, *message_id;
	enum level level;
} kinds[] = {
	{"crash", "lastwords.crash", "6c48444ddc94401280cada76e6d72a1c", FATAL},
	{"oom_kill", "lastwords.oom_kill", "1cfcdf4046a346408231c61844a1f90e", FATAL},
	{"kill", "lastwords.kill", "f4876e98a9a14a95bd53af6be23daeb5", ERROR},
	{"exit_failure", "lastwords.exit_failure", "30238e6e5ff0455fb4600d91c4e0beed", ERROR},
	{"exception", "lastwords.exception", "d8d672ae12944283b6abb3dcd31d13f7", ERROR},
	{"syscall_errors", "lastwords.syscall_errors", "0bc4128afb7944c489ff3a938b365f60", WARNING},
	{"tcp_reset", "lastwords.tcp_reset", "2d25773230ae4b9499c02ca6fbc88796", WARNING},
	{"connect_failure", "lastwords.connect_failure", "30c51d3d525a43a1b6bcd1b77027cc61", WARNING},
	{"marker", "lastwords.marker", "c20b8974ed09406ca5128344780c107a", INFO},
	{"gap", "lastwords.gap", "98568efbd2f043b69a5d50053b9d2971", WARNING},
	{"decision", "lastwords.decision", "80ecff15d27e4718ad7e860e18018594", INFO},
	{"listen", "lastwords.listen", "bd0b8da173cf4b608741a4b46f1d7f5d", WARNING},
	{"issue", "lastwords.issue", "03b7c1923fe7453fa377ec727582641a", WARNING},
	{"incident", "lastwords.incident", "906ec916f36e4d6db0f5f599388b8a25", ERROR},
};

/* Another level than the kind's, the first row that fits; NULL fits all. A supervisor that asks a process to
 * end does its daily work; one that has to kill it does not. */
static const struct {
	const char *kind, *signal, *class, *state;
	enum level level;
} special[] = {
	{"kill", NULL, "userspace_oom", NULL, FATAL},
	{"kill", "SIGKILL", "supervisor", NULL, ERROR},
	{"kill", "SIGABRT", "supervisor", NULL, ERROR},
	{"kill", NULL, "supervisor", NULL, INFO},
	{"kill", NULL, "parent", NULL, WARNING},
	{"issue", NULL, NULL, "regressed", ERROR},
	{"issue", NULL, NULL, "resolved", INFO},
	{"issue", NULL, NULL, "ignored", INFO},
	{"issue", NULL, NULL, "merged", INFO},
	{"incident", NULL, NULL, "closed", INFO},
};

static bool fits(const char *wanted, const json_t *value)
{
	const char *text = json_string_value(value);

	return !wanted || (text && strcmp(wanted, text) == 0);
}

/* Other values of state belong to other kinds, and do no harm. */
static enum level level_of(const json_t *object, size_t kind, const json_t *state)
{
	const json_t *signal = json_object_get(json_object_get(object, "signal"), "name");
	const json_t *class = json_object_get(json_object_get(object, "killer"), "class");

	for (size_t i = 0; i < COUNT(special); i++)
		if (strcmp(special[i].kind, kinds[kind].kind) == 0 && fits(special[i].signal, signal) &&
			fits(special[i].class, class) && fits(special[i].state, state))
			return special[i].level;
	return kinds[kind].level;
}

/* An end is told at a lower level than what it ends. Of an incident, and of an issue that was new or ongoing,
 * that had the level of the kind. */
static unsigned otel_open(const json_t *object, size_t kind, unsigned otel)
{
	unsigned open = levels[level_of(object, kind, json_object_get(object, "state_before"))].otel;
	bool has_end = strcmp(kinds[kind].kind, "issue") == 0 || strcmp(kinds[kind].kind, "incident") == 0;

	return has_end && open > otel ? open : otel;
}

int model_severity(const json_t *object, struct severity *ret)
{
	const char *name = json_string_value(json_object_get(object, "kind"));
	size_t kind = 0;

	if (!name || !*name)
		return -EINVAL;
	while (kind < COUNT(kinds) && strcmp(kinds[kind].kind, name) != 0)
		kind++;
	if (kind == COUNT(kinds))
		return -ENOTSUP;
	*ret = levels[level_of(object, kind, json_object_get(object, "state"))];
	ret->otel_open = otel_open(object, kind, ret->otel);
	ret->event_name = kinds[kind].event_name;
	ret->message_id = kinds[kind].message_id;
	return 0;
}
