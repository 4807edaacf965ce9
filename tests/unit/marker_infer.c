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
	_cleanup_buf_ struct buf line = {.max = 400};
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
	/* It ends at once, and replaced no file of anybody. */
	if (infer_installs(&x, &line))
		infer_installed(s->infer, buf_text(&line), &(struct infer_package){0}, s->now);
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

/* As above, of a file that the caller describes; an hour after the last one. */
static void start_file(struct seen *s, uint64_t inode, uint64_t mtime, uint64_t content)
{
	struct event_service service = {.name = "app", .unit = "app.service"};

	infer_started(s->infer, &(struct infer_start){.time = s->now += 3600 * NS_PER_SEC,
					.service = &service,
					.exe = "/srv/app",
					.args = "app",
					.args_len = 4,
					.inode = inode,
					.mtime = mtime,
					.content = content,
					.supervised = true});
}

/* Written in place, or with a time that is set; a container's files have other inodes when it comes again. */
static void content_tells_files_apart(void **state)
{
	struct seen *s = *state;

	start_file(s, 1, 1, 7);
	start_file(s, 1, 1, 8);
	assert_last(s, 1, "deploy", "app", "");
	assert_non_null(strstr(s->markers[0].evidence, "another file than it was, though its time"));
	start_file(s, 2, 1, 8);
	assert_last(s, 2, "restart", "app", "");
	start_file(s, 2, 1, 0);
	assert_last(s, 3, "restart", "app", "");
	start_file(s, 3, 1, 8);
	assert_last(s, 4, "deploy", "app", "");
}

/* A later daemon, which has read what the one before saved. */
static void begin_again(struct seen *s)
{
	_cleanup_buf_ struct buf bytes = {0};

	assert_true(infer_is_changed(s->infer));
	assert_false(infer_is_changed(s->infer));
	infer_save(s->infer, &bytes);
	infer_free(s->infer);
	assert_int_equal(infer_new(&s->infer, on_marker, s), 0);
	assert_int_equal(infer_load(s->infer, buf_text(&bytes), bytes.len - 1), -22);
	assert_int_equal(infer_load(s->infer, buf_text(&bytes), bytes.len), 0);
}

/* What a daemon finds to run when it starts, started at that second. */
static void finds(struct seen *s, uint64_t inode, uint64_t second)
{
	struct event_service service = {.name = "app", .unit = "app.service"};

	s->now = second * NS_PER_SEC;
	infer_started(s->infer, &(struct infer_start){.time = s->now,
					.service = &service,
					.exe = "/srv/app",
					.args = "app",
					.args_len = 4,
					.inode = inode,
					.mtime = 1,
					.before = true,
					.supervised = true});
}

static void it_is_known_after_a_restart_of_the_daemon(void **state)
{
	const struct infer_container c = {"web", "nginx:1.25", "a"}, other = {"web", "nginx:1.26", "b"};
	struct seen *s = *state;

	start_file(s, 1, 1, 0);
	infer_image(s->infer, &c, "0123456789ab", true, s->now);
	begin_again(s);
	/* Another file is a deploy; the first start of all that this daemon sees is none, and no restart. */
	start_file(s, 1, 1, 0);
	assert_int_equal(s->count, 0);
	start_file(s, 2, 1, 0);
	assert_last(s, 1, "deploy", "app", "");
	infer_image(s->infer, &other, "0123456789ab", false, s->now);
	assert_last(s, 2, "deploy", "0123456789ab", "1.26");
}

static void a_deploy_while_no_daemon_ran(void **state)
{
	const struct infer_container c = {"web", "nginx:1.25", "a"}, other = {"web", "nginx:1.26", "b"};
	struct seen *s = *state;

	finds(s, 1, 1000);
	finds(s, 2, 900); /* an old worker */
	infer_image(s->infer, &c, "0123456789ab", true, s->now = 1000 * NS_PER_SEC);
	begin_again(s);
	finds(s, 2, 900);
	finds(s, 1, 1000);
	assert_int_equal(s->count, 0);
	finds(s, 3, 2000);
	assert_last(s, 1, "deploy", "app", "");
	finds(s, 3, 2000);
	infer_image(s->infer, &c, "0123456789ab", true, s->now = 1000 * NS_PER_SEC);
	assert_int_equal(s->count, 1);
	infer_image(s->infer, &other, "ba9876543210", true, s->now = 2000 * NS_PER_SEC);
	assert_last(s, 2, "deploy", "ba9876543210", "1.26");
	start_file(s, 3, 1, 0);
	assert_last(s, 3, "restart", "app", "");
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

static void services_that_are_known(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "worker@1.service", "/srv/worker", 1, "worker", true);
	assert_true(infer_knows(s->infer, "app"));
	assert_true(infer_knows(s->infer, "app.service"));
	assert_true(infer_knows(s->infer, "worker"));
	assert_true(infer_knows(s->infer, "worker@1"));
	assert_true(infer_knows(s->infer, "host"));
	assert_false(infer_knows(s->infer, "ap"));
	assert_false(infer_knows(s->infer, "apps"));
	assert_false(infer_knows(s->infer, "worker@2"));
}

static void a_release_folder_names_the_version(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/41/bin/app", true);
	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/42/bin/app", true);
	assert_last(s, 1, "deploy", "app", "42");
	assert_string_equal(s->markers[0].before, "41");
}

/* A shell of the release's becomes the program. */
static void a_deploy_is_no_restart_too(void **state)
{
	struct seen *s = *state;

	for (int release = 41; release <= 42; release++) {
		start(s, "app.service", "/usr/bin/sh", 1,
			release == 41 ? "sh /srv/app/releases/41/run" : "sh /srv/app/releases/42/run", true);
		s->now -= 3600 * NS_PER_SEC;
		start(s, "app.service", "/usr/bin/node", 2, "node server.js", true);
	}
	assert_last(s, 1, "deploy", "app", "42");
	start(s, "app.service", "/usr/bin/node", 2, "node server.js", true);
	assert_last(s, 2, "restart", "app", "");
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
		{"/usr/bin/psql", "psql -c CREATE_OR_REPLACE_FUNCTION_f()", "schema"},
		{"/usr/bin/mysql", "mysql -e create_trigger_t_before_insert", "schema"},
		{"/usr/bin/psql", "psql -c SELECT_created_FROM_drops", NULL},
		{"/usr/bin/psql", "psql -c SELECT_1", NULL},
		{"/usr/bin/node", "node /app/node_modules/.bin/prisma migrate deploy", "schema"},
		{"/usr/bin/dpkg", "dpkg --purge nginx", "infra"},
		{"/usr/bin/dpkg", "dpkg --unpack /var/cache/nginx.deb", NULL},
		{"/usr/bin/dpkg", "dpkg -l", NULL},
		{"/usr/bin/pip", "pip install requests", "infra"},
		{"/usr/bin/pip", "pip list", NULL},
		{"/usr/sbin/sysctl", "sysctl -w vm.swappiness=1", "infra"},
		{"/usr/sbin/sysctl", "sysctl -a", NULL},
		{"/usr/sbin/modprobe", "modprobe dummy", "infra"},
		{"/usr/bin/ruby", "ruby /usr/bin/bundle exec rake db:migrate", "schema"},
		{"/usr/bin/python3", "python3 /usr/bin/django-admin migrate", "schema"},
		{"/usr/bin/bash", "bash /opt/flyway/flyway migrate", "schema"},
		{"/usr/bin/bash", "bash /opt/flyway/flyway info", NULL},
		{"/usr/bin/bash", "bash /opt/liquibase/liquibase update", "schema"},
		{"/usr/bin/bash", "bash /opt/liquibase/liquibase status", NULL},
		{"/usr/bin/node", "node /app/node_modules/.bin/knex migrate:latest", "schema"},
		{"/usr/bin/node", "node /app/node_modules/.bin/knex seed:run", NULL},
		{"/usr/local/bin/goose", "goose postgres dsn up", "schema"},
		{"/usr/local/bin/goose", "goose postgres dsn status", NULL},
		{"/usr/bin/mysql", "mysql -e ALTER_TABLE_users_DROP_COLUMN_email", "schema"},
		{"/usr/bin/mariadb", "mariadb -e create_index_i_on_t(c)", "schema"},
		{"/usr/bin/rpm", "rpm -Uvh nginx.rpm", "infra"},
		{"/usr/bin/rpm", "rpm -qa", NULL},
		{"/usr/bin/dnf5", "yum reinstall nginx", "infra"},
		{"/usr/bin/python3", "python3 /usr/bin/dnf upgrade openssl", "infra"},
		{"/sbin/apk", "apk add openssl", "infra"},
		{"/sbin/apk", "apk info", NULL},
		{"/usr/bin/python3", "python3 -m pip install requests", "infra"},
		{"/usr/bin/python3", "python3 /usr/bin/pip3 uninstall requests", "infra"},
		{"/usr/bin/node", "node /usr/bin/npm ci", "infra"},
		{"/usr/bin/node", "node /usr/bin/npm i express", "infra"},
		{"/usr/bin/node", "node /usr/bin/npm test", NULL},
		{"/usr/bin/ruby", "ruby /usr/bin/gem install pg", "infra"},
		{"/usr/bin/ruby", "ruby /usr/bin/gem list", NULL},
		{"/usr/sbin/insmod", "insmod dummy.ko", "infra"},
		{"/usr/sbin/rmmod", "rmmod dummy", "infra"},
		{"/usr/bin/vim", "vim manage.py migrate.txt", NULL},
		{"/usr/bin/grep", "grep -r migrate .", NULL},
		/* Who names a tool does not run it. */
		{"/usr/bin/grep", "grep -n migrate manage.py", NULL},
		{"/usr/bin/ssh", "ssh db2 alembic upgrade head", NULL},
		{"/usr/bin/ssh", "ssh db2.example.org sysctl -w vm.swappiness=1", NULL},
		{"/usr/bin/bash", "bash -c alembic_upgrade_head", NULL},
		{"/usr/bin/python3", "python3 -c import_x alembic upgrade", NULL},
		{"/usr/bin/python3", "python3 app.py alembic upgrade", NULL},
		{"/usr/bin/node", "node prisma migrate status", NULL},
		{"/usr/bin/node", "node prisma db pull", NULL},
		{"/usr/bin/node", "node prisma db push", "schema"},
		{"/usr/bin/psql", "psql -c select_x_from_y_where_z_like_'please_create_an_account%'", NULL},
		{"/usr/bin/psql", "psql -c insert_into_t_values_(';_drop_it')", NULL},
		{"/usr/bin/psql", "psql -c begin;__drop_table_t;_commit", "schema"},
		{"/usr/bin/psql", "psql --command=_drop_table_t", "schema"},
		{"/usr/bin/psql", "psql -cDROP_TABLE_t", "schema"},
		{"/usr/bin/ruby", "ruby bin/rails db:prepare", "schema"},
		{"/usr/bin/ruby", "ruby -I lib bin/rails db:setup", "schema"},
		{"/usr/bin/ruby3.1", "ruby bin/rails db:reset", "schema"},
		{"/usr/bin/ruby", "ruby bin/rails db:migrate:status", NULL},
		{"/usr/bin/node", "node -r dotenv/config node_modules/.bin/knex migrate:down", "schema"},
		{"/usr/local/bin/goose", "goose postgres dsn up-to 20261122", "schema"},
		{"/usr/bin/bash", "bash /opt/liquibase/liquibase update-count --count=1", "schema"},
		{"/usr/bin/bash", "bash -x /opt/liquibase/liquibase rollback-count 1", "schema"},
		{"/usr/bin/bash", "bash /opt/liquibase/liquibase update-sql", NULL},
		{"/usr/bin/python3.12", "python3 -m django migrate", "schema"},
		{"/usr/bin/python3.12", "python3 -W ignore manage.py migrate", "schema"},
		{"/usr/bin/python3.12", "/usr/bin/python3.12 /usr/bin/pip3.12 install x", "infra"},
		{"/usr/sbin/sysctl", "sysctl vm.swappiness=60", "infra"},
		{"/usr/sbin/sysctl", "sysctl vm.swappiness", NULL},
		{"/usr/sbin/sysctl", "sysctl -a --pattern=vm", NULL},
		{"/usr/bin/kmod", "modprobe dummy", "infra"},
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

/* Each of several changes, and each once: a wrapper becomes the tool, or a shell starts it. */
static void changes_within_a_minute(void **state)
{
	static const struct {
		const char *exe, *args;
		unsigned count;
	} tools[] = {
		{"/usr/bin/psql", "psql -c ALTER_TABLE_first_ADD_c_int", 1},
		{"/usr/bin/psql", "psql -c ALTER_TABLE_second_ADD_c_int", 2},
		{"/usr/bin/psql", "psql -c ALTER_TABLE_second_ADD_c_int", 2},
		{"/usr/sbin/sysctl", "sysctl -w vm.swappiness=1", 3},
		{"/usr/sbin/modprobe", "modprobe dummy", 4},
		{"/usr/bin/pip", "pip install x", 5},
		{"/usr/bin/ruby", "ruby /usr/bin/gem install x", 6},
		{"/usr/bin/ruby", "ruby /usr/bin/bundle exec rake db:migrate", 7},
		{"/usr/bin/ruby", "ruby bin/rake db:migrate", 7},
		{"/usr/bin/dnf", "dnf upgrade a", 8},
		{"/usr/bin/dnf", "dnf upgrade b", 9},
	};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		start(s, "session-3.scope", tools[i].exe, 1, tools[i].args, false);
		s->now -= 3600 * NS_PER_SEC;
		if (s->count != tools[i].count)
			fail_msg("%s: %u markers", tools[i].args, s->count);
	}
}

/* Some of the files that are written together tell enough. */
static void files_within_seconds(void **state)
{
	struct seen *s = *state;
	char path[64];

	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 1);
	infer_file(s->infer, "/etc/nginx/conf.d/shop.conf", INFER_WRITTEN, s->now);
	assert_string_equal(s->markers[1].evidence, "/etc/nginx/conf.d/shop.conf was written");
	for (int n = 0; n < 100; n++) {
		snprintf(path, sizeof(path), "/etc/nginx/conf.d/%d.conf", n);
		infer_file(s->infer, path, INFER_WRITTEN, s->now);
	}
	assert_int_equal(s->count, 4);
	infer_file(s->infer, "/etc/redis/redis.conf", INFER_WRITTEN, s->now);
	assert_last(s, 5, "config", "redis", "");
}

static void what_becomes_of_files(void **state)
{
	struct seen *s = *state;

	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_REMOVED, s->now);
	assert_last(s, 1, "config", "nginx", "");
	assert_string_equal(s->markers[0].evidence, "/etc/nginx/sites-enabled/shop was removed");
	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 2);
	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_OWNED, s->now);
	assert_int_equal(s->count, 2);
	infer_file(s->infer, "/etc/redis/redis.conf", INFER_OWNED, s->now);
	assert_last(s, 3, "config", "redis", "");
	assert_string_equal(
		s->markers[2].evidence, "owner, permissions or times of /etc/redis/redis.conf were changed");
}

static void files_that_a_service_reads(void **state)
{
	struct seen *s = *state;

	infer_file(s->infer, "/srv/app/app.conf", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 0);
	infer_reads(s->infer, "/srv/app/app.conf", "app");
	infer_reads(s->infer, "/srv/app/tls.pem", "app");
	infer_file(s->infer, "/srv/app/app.conf", INFER_WRITTEN, s->now);
	assert_last(s, 1, "config", "app", "");
	infer_switch(s->infer, "certificate", false);
	infer_file(s->infer, "/srv/app/tls.pem", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 1);
	infer_switch(s->infer, "certificate", true);
	infer_file(s->infer, "/srv/app/tls.pem", INFER_REMOVED, s->now);
	assert_last(s, 2, "config", "app", "");
}

/* What a package manager replaced is told of who uses it, each command once. */
static void what_was_installed(void **state)
{
	struct infer_package p = {
		.path = "/usr/lib64/libssl.so.3", .users = {"shop", "web"}, .user_count = 2};
	struct seen *s = *state;

	infer_installed(s->infer, "dnf ran: dnf upgrade", &p, s->now);
	infer_installed(s->infer, "dnf ran: dnf upgrade", &p, s->now);
	assert_last(s, 2, "infra", "web", "");
	assert_string_equal(s->markers[0].service, "shop");
	assert_string_equal(s->markers[0].evidence,
		"dnf ran: dnf upgrade; /usr/lib64/libssl.so.3 that shop uses is another file since");
	p.user_count = INFER_USERS + 1;
	infer_installed(s->infer, "dnf ran: dnf upgrade", &p, s->now);
	assert_last(s, 3, "infra", "host", "");
	assert_string_equal(s->markers[2].evidence, "dnf ran: dnf upgrade");
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
		{"/etc/systemd/system/php8.1-fpm.service", "config", "php8.1-fpm"},
		{"/etc/systemd/system/multi-user.target.wants/job@1.service", "config", "job@1"},
		{"/etc/nginx/tls/shop.crt", "config", "nginx"},
		{"/etc/ssl/private/shop.key", "config", "host"},
		{"/etc/letsencrypt/archive/shop/fullchain2.pem", "config", "host"},
		{"/etc/modprobe.d/net.conf", "infra", "host"},
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
		infer_file(s->infer, files[i].path, INFER_WRITTEN, s->now);
		if (s->count - before != (files[i].kind ? 1 : 0))
			fail_msg("%s: %u markers", files[i].path, s->count - before);
		if (files[i].kind)
			assert_last(s, s->count, files[i].kind, files[i].service, "");
	}
}

/* pip in the virtual environment that a service runs from. */
static void packages_of_one_service(void **state)
{
	struct seen *s = *state;

	start(s, "shop.service", "/usr/bin/python3", 1, "/srv/shop/venv/bin/python /srv/shop/app.py", true);
	start(s, "session-3.scope", "/usr/bin/python3", 1,
		"/srv/shop/venv/bin/python /srv/shop/venv/bin/pip install x", false);
	assert_last(s, 1, "infra", "shop", "");
	start(s, "session-3.scope", "/usr/bin/python3", 1, "/usr/bin/python3 /usr/bin/pip install x", false);
	assert_last(s, 2, "infra", "host", "");
}

static void limits_of_a_service(void **state)
{
	struct seen *s = *state;

	infer_limit(s->infer, "shop", "memory.max", "512M", "64M", s->now);
	assert_last(s, 1, "infra", "shop", "");
	assert_string_equal(s->markers[0].evidence, "memory.max of shop from 512M to 64M");
	/* What tunes it every second is told once a minute, another limit at once. */
	infer_limit(s->infer, "shop", "memory.max", "64M", "65M", s->now += NS_PER_SEC);
	assert_int_equal(s->count, 1);
	infer_limit(s->infer, "shop", "pids.max", "max", "10", s->now);
	assert_last(s, 2, "infra", "shop", "");
}

static void another_image_is_a_deploy(void **state)
{
	static const struct {
		const char *name, *image, *digest;
		bool before;
		const char *version; /* NULL: no change */
		const char *version_before;
		const char *evidence;
	} starts[] = {
		{"web", "nginx:1.25", "sha256:a", true, NULL, NULL, NULL},
		{"web", "nginx:1.25", "sha256:a", false, NULL, NULL, NULL},
		{"web", "nginx:1.26", "sha256:b", false, "1.26", "1.25",
			"container web runs nginx:1.26, before nginx:1.25"},
		{"web", "nginx:1.26", "sha256:c", false, "1.26", "",
			"container web runs another image that is called nginx:1.26"},
		{"db", "registry:5000/x/postgres", "", false, NULL, NULL, NULL},
		{"db", "registry:5000/x/postgres@sha256:d", "", false, "", "",
			"container db runs registry:5000/x/postgres@sha256:d, before "
			"registry:5000/x/postgres"},
	};
	struct seen *s = *state;
	unsigned count = 0;

	for (size_t n = 0; n < sizeof(starts) / sizeof(*starts); n++) {
		const struct infer_container c = {starts[n].name, starts[n].image, starts[n].digest};

		s->now += 3600 * NS_PER_SEC;
		infer_image(s->infer, &c, "0123456789ab", starts[n].before, s->now);
		if (!starts[n].evidence) {
			assert_int_equal(s->count, count);
			continue;
		}
		assert_last(s, ++count, "deploy", "0123456789ab", starts[n].version);
		assert_string_equal(s->markers[count - 1].before, starts[n].version_before);
		assert_string_equal(s->markers[count - 1].evidence, starts[n].evidence);
	}
}

static void packages_by_who_uses_them(void **state)
{
	struct infer_package p = {
		.name = "libssl3", .path = "/usr/lib/libssl.so.3", .users = {"shop", "web"}, .user_count = 2};
	struct seen *s = *state;

	infer_package(s->infer, &p, s->now);
	assert_int_equal(s->count, 2);
	assert_string_equal(s->markers[0].service, "shop");
	assert_last(s, 2, "infra", "web", "");
	infer_package(s->infer, &p, s->now);
	assert_int_equal(s->count, 2);
	p = (struct infer_package){.name = "libc6",
		.path = "/usr/lib/libc.so.6",
		.users = {"a", "b", "c", "d"},
		.user_count = 31};
	infer_package(s->infer, &p, s->now);
	assert_last(s, 3, "infra", "host", "");
	assert_string_equal(s->markers[2].evidence,
		"package libc6 was changed, /usr/lib/libc.so.6 of it is used by a, b, c, d and 27 more");
	infer_unused(s->infer, "cowsay", s->now);
	assert_last(s, 4, "infra", "packages", "");
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

/* What was told on a clock that went ahead is no reason to be silent until the right one is as far. */
static void the_clock_is_set_back(void **state)
{
	struct seen *s = *state;

	s->now += 3600 * NS_PER_SEC;
	infer_clock(s->infer, 3600 * (int64_t)NS_PER_SEC, s->now);
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 2);
	s->now -= 3599 * NS_PER_SEC;
	infer_clock(s->infer, -3600 * (int64_t)NS_PER_SEC, s->now);
	assert_last(s, 3, "infra", "host", "");
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	assert_last(s, 4, "config", "nginx", "");
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	assert_int_equal(s->count, 4);
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
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, s->now);
	infer_booted(s->infer, "b", "a", "6.2", "6.1", s->now);
	infer_clock(s->infer, (int64_t)NS_PER_SEC * 9, s->now);
	infer_limit(s->infer, "a", "memory.max", "1", "2", s->now);
	infer_image(s->infer, &(struct infer_container){"a", "b:1", ""}, "a", true, s->now);
	infer_image(s->infer, &(struct infer_container){"a", "b:2", ""}, "a", false, s->now);
	infer_package(s->infer,
		&(struct infer_package){.name = "a", .path = "", .users = {"a"}, .user_count = 1}, s->now);
	infer_unused(s->infer, "a", s->now);
	assert_int_equal(s->count, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(another_binary_is_a_deploy),
		CASE(content_tells_files_apart),
		CASE(it_is_known_after_a_restart_of_the_daemon),
		CASE(a_deploy_while_no_daemon_ran),
		CASE(the_same_binary_again_is_a_restart),
		CASE(services_that_are_known),
		CASE(a_release_folder_names_the_version),
		CASE(a_deploy_is_no_restart_too),
		CASE(what_a_person_runs_is_no_service),
		CASE(tools_that_change_something),
		CASE(what_was_installed),
		CASE(changes_within_a_minute),
		CASE(files_within_seconds),
		CASE(what_becomes_of_files),
		CASE(files_that_a_service_reads),
		CASE(files_of_configuration),
		CASE(packages_of_one_service),
		CASE(limits_of_a_service),
		CASE(another_image_is_a_deploy),
		CASE(packages_by_who_uses_them),
		CASE(facts_of_the_host),
		CASE(the_clock_is_set_back),
		CASE(each_can_be_switched_off),
	};

	return cmocka_run_group_tests_name("marker_infer", tests, NULL, NULL);
}
