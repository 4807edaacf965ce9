/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that take a change back: right ones, or none. */
#include "unit/infer_test.h"

#include "marker/infer_undo.h"

static const struct infer_package used = {
	.name = "libtax1", .path = "/usr/lib/libtax.so.1", .users = {"shop"}, .user_count = 1};

static void packages(void **state)
{
	static const struct {
		const char *name, *arch, *before, *version, *undo;
	} rows[] = {
		{"libtax1", NULL, "1.2-3", "1.2-4", "apt-get install libtax1=1.2-3"},
		{"libstdc++6", "amd64", "2:12.2.0-14~deb12u1+b1", "3",
			"apt-get install libstdc++6:amd64=2:12.2.0-14~deb12u1+b1"},
		{"libtax1", NULL, "1.2-4", "1.2-4", ""},
		{"libtax1", NULL, NULL, "1.2-4", ""},
		{"libtax1", NULL, "1.2-3", NULL, ""},
		{"libtax1", NULL, "1;reboot", "2", ""},
		{"libtax1", NULL, "1.2-", "2", ""}, /* "-" at the end removes */
		{"libtax1", NULL, "1.2+", "2", ""},
		{"libtax1", NULL, "$(reboot)", "2", ""},
		{"-y", NULL, "1", "2", ""},
		{"a b", NULL, "1", "2", ""},
		{"a", "amd64 x", "1", "2", ""},
	};
	char undo[EVENT_UNDO];

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		struct infer_package p = used;

		p.name = rows[n].name;
		p.arch = rows[n].arch;
		p.before = rows[n].before;
		p.version = rows[n].version;
		undo_package(&p, undo);
		assert_string_equal(undo, rows[n].undo);
	}
}

static void versions_are_told(void **state)
{
	static const struct {
		const char *before, *version, *evidence;
	} rows[] = {
		{"1.2-3", "1.2-4", "package libtax1 was changed from 1.2-3 to 1.2-4, "},
		{"1.2-4", "1.2-4", "package libtax1 was changed and is 1.2-4 again, "},
		{NULL, "1.2-4", "package libtax1 was changed to 1.2-4, "},
		{NULL, NULL, "package libtax1 was changed, "},
	};
	struct seen *s = *state;

	for (unsigned n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		struct infer_package p = used;

		p.before = rows[n].before;
		p.version = rows[n].version;
		s->now += 3600 * NS_PER_SEC;
		infer_package(s->infer, &p, s->now);
		assert_last(s, n + 1, "infra", "shop", "");
		assert_int_equal(
			strncmp(s->markers[n].evidence, rows[n].evidence, strlen(rows[n].evidence)), 0);
		assert_string_equal(s->markers[n].undo, n ? "" : "apt-get install libtax1=1.2-3");
	}
}

static void packages_of_pip(void **state)
{
	char undo[EVENT_UNDO] = "", name[EVENT_UNDO];

	(void)state;
	assert_true(infer_undo_pip("/srv/venv", "requests", "2.31.0", undo));
	assert_true(infer_undo_pip("/srv/venv", "typing_extensions", "4.8.0+a", undo));
	assert_string_equal(undo, "/srv/venv/bin/pip install requests==2.31.0 typing_extensions==4.8.0+a");
	assert_false(infer_undo_pip("/srv/venv", "-rx", "1", undo));
	assert_string_equal(undo, "");
	assert_false(infer_undo_pip("/srv/my venv", "requests", "2", undo));
	assert_false(infer_undo_pip("/srv/venv", "requests", "2|sh", undo));
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(infer_undo_pip("/srv/venv", name, "1", undo));
	assert_string_equal(undo, "");
}

static void packages_of_npm(void **state)
{
	char undo[EVENT_UNDO] = "";

	(void)state;
	assert_true(infer_undo_npm("/srv/app", "left-pad", "1.3.0", undo));
	assert_true(infer_undo_npm("/srv/app", "@types/node", "20.1.0-rc.1", undo));
	assert_string_equal(undo, "npm --prefix /srv/app install left-pad@1.3.0 @types/node@20.1.0-rc.1");
	assert_false(infer_undo_npm("/srv/app", "@types/no/de", "1", undo));
	assert_string_equal(undo, "");
	assert_false(infer_undo_npm("/srv/app", "--global", "1", undo));
	assert_false(infer_undo_npm("/srv/app", "../up", "1", undo));
	assert_false(infer_undo_npm("/srv/app", "@/x", "1", undo));
	assert_false(infer_undo_npm("/srv/app", "left-pad", "1;sh", undo));
	assert_false(infer_undo_npm("/srv/a b", "left-pad", "1", undo));
}

static void settings(void **state)
{
	char undo[EVENT_UNDO] = "";

	(void)state;
	assert_true(infer_undo_sysctl("vm.swappiness", "60", undo));
	assert_true(infer_undo_sysctl("net.core.default_qdisc", "fq_codel", undo));
	assert_true(infer_undo_sysctl("kernel.sched_rt_runtime_us", "-1", undo));
	assert_string_equal(undo,
		"sysctl -w vm.swappiness=60 net.core.default_qdisc=fq_codel kernel.sched_rt_runtime_us=-1");
	assert_false(infer_undo_sysctl("vm.swappiness", "4096 87380", undo));
	assert_string_equal(undo, "");
	assert_false(infer_undo_sysctl("-p", "1", undo));
	assert_false(infer_undo_sysctl("vm.x;reboot", "1", undo));
}

static void limits(void **state)
{
	static const struct {
		const char *unit, *file, *before, *undo;
	} rows[] = {
		{"shop.service", "memory.max", "512M", "systemctl set-property shop.service MemoryMax=512M"},
		{"shop.service", "memory.high", "max",
			"systemctl set-property shop.service MemoryHigh=infinity"},
		{"shop.service", "memory.limit_in_bytes", "max",
			"systemctl set-property shop.service MemoryMax=infinity"},
		{"shop@1.service", "pids.max", "100", "systemctl set-property shop@1.service TasksMax=100"},
		{"shop.service", "cpu.max", "50000 100000",
			"systemctl set-property shop.service CPUQuota=50%"},
		{"shop.service", "cpu.max", "max 100000", "systemctl set-property shop.service CPUQuota="},
		{"shop.service", "cpu.max", "12345 100000", ""},
		{"shop.service", "cpu.max", "1", ""},
		{"shop.service", "cpu.cfs_quota_us", "50000", ""},
		{"shop.service", "memory.max", "5;ls", ""},
		{"a;b.service", "memory.max", "512M", ""},
		{"a\\x2db.service", "memory.max", "512M", ""},
		{"docker-0123.scope", "memory.max", "512M", ""},
		{"", "memory.max", "512M", ""},
	};
	char undo[EVENT_UNDO];

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		undo_limit(rows[n].unit, rows[n].file, rows[n].before, undo);
		assert_string_equal(undo, rows[n].undo);
	}
}

static void releases(void **state)
{
	char undo[EVENT_UNDO];

	(void)state;
	undo_release("/srv/app/current", "/srv/app/releases/42", "42", "41", undo);
	assert_string_equal(
		undo, "test -d /srv/app/releases/41 && ln -sfn /srv/app/releases/41 /srv/app/current");
	undo_release("/srv/app/current", "/srv/app/releases/42", "42", "4 1", undo);
	assert_string_equal(undo, "");
	undo_release("/srv/app/current", "/srv/app/releases/142", "42", "41", undo);
	assert_string_equal(undo, "");
	undo_release("/srv/$app/current", "/srv/app/releases/42", "42", "41", undo);
	assert_string_equal(undo, "");
}

static void files(void **state)
{
	struct seen *s = *state;

	infer_file(s->infer, "/etc/shop/shop.conf", INFER_WRITTEN, "/etc/shop/shop.conf.dpkg-old", s->now);
	assert_string_equal(s->markers[0].undo, "cp -p /etc/shop/shop.conf.dpkg-old /etc/shop/shop.conf");
	s->now += 60 * NS_PER_SEC;
	infer_file(s->infer, "/etc/systemd/system/shop.service", INFER_WRITTEN,
		"/etc/systemd/system/shop.service~", s->now);
	assert_string_equal(s->markers[1].undo,
		"cp -p /etc/systemd/system/shop.service~ "
		"/etc/systemd/system/shop.service && systemctl daemon-reload");
	s->now += 60 * NS_PER_SEC;
	infer_file(s->infer, "/etc/shop/a b.conf", INFER_REMOVED, "/etc/shop/a b.conf~", s->now);
	assert_string_equal(s->markers[2].undo, "");
	s->now += 60 * NS_PER_SEC;
	infer_file(s->infer, "/etc/sysctl.d/a.conf", INFER_WRITTEN, "/etc/sysctl.d/a.conf~", s->now);
	assert_string_equal(s->markers[3].undo, "");
	assert_int_equal(s->count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages),
		CASE(versions_are_told),
		cmocka_unit_test(packages_of_pip),
		cmocka_unit_test(packages_of_npm),
		cmocka_unit_test(settings),
		cmocka_unit_test(limits),
		cmocka_unit_test(releases),
		CASE(files),
	};

	return cmocka_run_group_tests_name("marker_infer_undo", tests, NULL, NULL);
}
