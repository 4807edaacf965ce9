/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that change something when they run, and what package managers replace. */
#include "unit/infer_test.h"

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

/* What services for containers do all the time tells nothing. */
static void rules_of_the_network(void **state)
{
	static const struct {
		const char *exe, *args;
		bool changes;
	} tools[] = {
		{"/usr/sbin/xtables-nft-multi", "iptables -A OUTPUT -j REJECT", true},
		{"/usr/sbin/xtables-nft-multi", "iptables -L -n", false},
		{"/usr/sbin/xtables-nft-multi", "iptables-restore /etc/iptables/rules.v4", true},
		{"/usr/sbin/nft", "nft -f /etc/nftables.conf", true},
		{"/usr/sbin/nft", "nft list ruleset", false},
		{"/usr/bin/python3", "python3 /usr/sbin/ufw deny out 443", true},
		{"/usr/bin/ip", "ip route del default", true},
		{"/usr/bin/ip", "ip route show", false},
	};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		unsigned before = s->count;

		start(s, "docker.service", tools[i].exe, 1, tools[i].args, false);
		assert_int_equal(s->count, before);
		start(s, "session-3.scope", tools[i].exe, 1, tools[i].args, false);
		if (s->count - before != tools[i].changes)
			fail_msg("%s: %u markers", tools[i].args, s->count - before);
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

/* What a package manager replaced is told of who uses it, each command once. */
static void what_was_installed(void **state)
{
	struct infer_package p = {
		.path = "/usr/lib64/libssl.so.3", .users = {"shop", "web"}, .user_count = 2};
	const struct infer_install what = {.line = "dnf ran: dnf upgrade"};
	struct seen *s = *state;

	infer_installed(s->infer, &what, &p, "", s->now);
	infer_installed(s->infer, &what, &p, "", s->now);
	assert_last(s, 2, "infra", "web", "");
	assert_string_equal(s->markers[0].service, "shop");
	assert_string_equal(s->markers[0].evidence,
		"dnf ran: dnf upgrade; /usr/lib64/libssl.so.3 that shop uses is another file since");
	p.user_count = INFER_USERS + 1;
	infer_installed(s->infer, &what, &p, "", s->now);
	assert_last(s, 3, "infra", "host", "");
	assert_string_equal(s->markers[2].evidence, "dnf ran: dnf upgrade");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tools_that_change_something),
		CASE(what_was_installed),
		CASE(rules_of_the_network),
		CASE(changes_within_a_minute),
		CASE(packages_of_one_service),
		CASE(packages_by_who_uses_them),
	};

	return cmocka_run_group_tests_name("marker_infer_command", tests, NULL, NULL);
}
