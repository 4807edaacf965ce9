/* SPDX-License-Identifier: Apache-2.0 */
/* What is noticed as a change, and what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "marker/infer.h"
#include "marker/marker.h"

#define MAX_MARKERS 64

struct seen {
	struct infer *infer;
	unsigned count;
	struct event_marker markers[MAX_MARKERS];
	uint64_t now;
};

static void on_marker(void *context, const struct event_marker *marker, uint64_t time)
{
	struct seen *s = context;

	assert_int_equal(time, s->now);
	assert_null(marker_check(marker));
	assert_true(s->count < MAX_MARKERS);
	s->markers[s->count++] = *marker;
}

static int setup(void **state)
{
	static struct seen seen;

	seen = (struct seen){.now = 1000 * NS_PER_SEC};
	*state = &seen;
	return infer_new(&seen.infer, on_marker, &seen);
}

static int teardown(void **state)
{
	infer_free(((struct seen *)*state)->infer);
	return 0;
}

/* A start of a unit's program an hour after the last one; args are words between blanks. */
static void start(
	struct seen *s, const char *unit, const char *exe, uint64_t inode, const char *args, bool supervised)
{
	struct event_service service = {0};
	struct infer_start x = {.time = s->now += 3600 * NS_PER_SEC,
		.service = &service,
		.exe = exe,
		.inode = inode,
		.mtime = inode * NS_PER_SEC,
		.supervised = supervised};
	char words[512];

	snprintf(service.unit, sizeof(service.unit), "%s", unit);
	snprintf(service.name, sizeof(service.name), "%.*s", (int)strcspn(unit, "."), unit);
	x.args_len = (uint32_t)snprintf(words, sizeof(words), "%s", args) + 1;
	for (char *p = words; *p; p++)
		if (*p == ' ')
			*p = '\0';
		else if (*p == '_')
			*p = ' ';
	x.args = words;
	infer_started(s->infer, &x);
}

static void assert_last(
	const struct seen *s, unsigned count, const char *kind, const char *service, const char *version)
{
	assert_int_equal(s->count, count);
	assert_string_equal(s->markers[count - 1].kind, kind);
	assert_string_equal(s->markers[count - 1].service, service);
	assert_string_equal(s->markers[count - 1].version, version);
	assert_string_equal(s->markers[count - 1].source, "inferred");
}

static void another_binary_is_a_deploy(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	assert_int_equal(s->count, 0);
	start(s, "app.service", "/srv/app", 2, "app", true);
	assert_last(s, 1, "deploy", "app", "");
	start(s, "app.service", "/srv/app", 2, "app", false);
	assert_int_equal(s->count, 1);
}

static void the_same_binary_again_is_a_restart(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "app.service", "/srv/app", 1, "app", true);
	assert_last(s, 1, "restart", "app", "");
	/* Not more than one a minute. */
	for (int i = 0; i < 100; i++) {
		s->now -= 3600 * NS_PER_SEC;
		start(s, "app.service", "/srv/app", 1, "app", true);
	}
	assert_int_equal(s->count, 1);
}

static void a_release_folder_names_the_version(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/41/bin/app", true);
	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/42/bin/app", true);
	assert_last(s, 1, "deploy", "app", "42");
}

static void what_a_person_runs_is_no_service(void **state)
{
	struct seen *s = *state;

	start(s, "session-3.scope", "/usr/bin/vi", 1, "vi", false);
	start(s, "session-3.scope", "/usr/bin/vi", 2, "vi", false);
	start(s, "user@1000.service", "/usr/bin/vi", 3, "vi", false);
	start(s, "user@1000.service", "/usr/bin/vi", 4, "vi", false);
	assert_int_equal(s->count, 0);
}

static void tools_that_change_something(void **state)
{
	static const struct {
		const char *exe;
		const char *args; /* '_' is a blank inside an argument */
		const char *kind; /* NULL: no change */
	} tools[] = {
		{"/usr/bin/ruby", "ruby bin/rails db:migrate", "schema"},
		{"/usr/bin/python3", "python3 manage.py migrate", "schema"},
		{"/usr/bin/python3", "/usr/bin/python3 /usr/bin/alembic upgrade head", "schema"},
		{"/usr/bin/psql", "psql -c ALTER_TABLE_users_DROP_COLUMN_email", "schema"},
		{"/usr/bin/psql", "psql -c alter_table_x", "schema"},
		{"/usr/bin/psql", "psql -c SELECT_1", NULL},
		{"/usr/bin/node", "node /app/node_modules/.bin/prisma migrate deploy", "schema"},
		{"/usr/bin/dpkg", "dpkg --unpack /var/cache/nginx.deb", "infra"},
		{"/usr/bin/dpkg", "dpkg -l", NULL},
		{"/usr/bin/pip", "pip install requests", "infra"},
		{"/usr/bin/pip", "pip list", NULL},
		{"/usr/sbin/sysctl", "sysctl -w vm.swappiness=1", "infra"},
		{"/usr/sbin/sysctl", "sysctl -a", NULL},
		{"/usr/sbin/modprobe", "modprobe dummy", "infra"},
		{"/usr/bin/vim", "vim manage.py migrate.txt", NULL},
		{"/usr/bin/grep", "grep -r migrate .", NULL},
	};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		unsigned before = s->count;

		start(s, "job.service", tools[i].exe, 1, tools[i].args, false);
		if (s->count - before != (tools[i].kind ? 1 : 0))
			fail_msg("%s: %u markers", tools[i].args, s->count - before);
		if (tools[i].kind)
			assert_string_equal(s->markers[before].kind, tools[i].kind);
	}
}

static void files_of_configuration(void **state)
{
	static const struct {
		const char *path;
		const char *kind; /* NULL: no change */
		const char *service;
	} files[] = {
		{"/etc/nginx/nginx.conf", "config", "nginx"},
		{"/etc/redis/redis.conf", "config", "redis"},
		{"/etc/default/cron", "config", "cron"},
		{"/etc/systemd/system/app.service", "config", "app"},
		{"/etc/systemd/system/web.service.d/limits.conf", "config", "web"},
		{"/etc/sysctl.d/99-x.conf", "infra", "host"},
		{"/etc/nginx/.nginx.conf.swp", NULL, NULL},
		{"/etc/nginx/nginx.conf~", NULL, NULL},
		{"/etc/apt/x.dpkg-new", NULL, NULL},
		{"/srv/data", NULL, NULL},
	};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		unsigned before = s->count;

		s->now += 3600 * NS_PER_SEC;
		infer_written(s->infer, files[i].path, s->now);
		if (s->count - before != (files[i].kind ? 1 : 0))
			fail_msg("%s: %u markers", files[i].path, s->count - before);
		if (files[i].kind)
			assert_last(s, s->count, files[i].kind, files[i].service, "");
	}
}

static void facts_of_the_host(void **state)
{
	struct seen *s = *state;

	infer_booted(s->infer, "a", "", "6.1", "", s->now);
	infer_booted(s->infer, "a", "a", "6.1", "6.1", s->now);
	infer_clock(s->infer, 1000, s->now);
	assert_int_equal(s->count, 0);
	infer_booted(s->infer, "b", "a", "6.2", "6.1", s->now);
	assert_last(s, 2, "infra", "host", "6.2");
	infer_clock(s->infer, -3600 * (int64_t)NS_PER_SEC, s->now);
	assert_last(s, 3, "infra", "host", "");
}

static void each_can_be_switched_off(void **state)
{
	struct seen *s = *state;

	for (unsigned n = 0; infer_name(n); n++)
		assert_int_equal(infer_switch(s->infer, infer_name(n), false), 0);
	assert_int_equal(infer_switch(s->infer, "nonsense", false), -2);
	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "app.service", "/srv/app", 2, "app", true);
	start(s, "app.service", "/usr/bin/dpkg", 2, "dpkg -i x", true);
	infer_written(s->infer, "/etc/nginx/nginx.conf", s->now);
	infer_booted(s->infer, "b", "a", "6.2", "6.1", s->now);
	infer_clock(s->infer, (int64_t)NS_PER_SEC * 9, s->now);
	assert_int_equal(s->count, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(another_binary_is_a_deploy),
		CASE(the_same_binary_again_is_a_restart),
		CASE(a_release_folder_names_the_version),
		CASE(what_a_person_runs_is_no_service),
		CASE(tools_that_change_something),
		CASE(files_of_configuration),
		CASE(facts_of_the_host),
		CASE(each_can_be_switched_off),
	};

	return cmocka_run_group_tests_name("marker_infer", tests, NULL, NULL);
}
