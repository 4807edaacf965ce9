/* SPDX-License-Identifier: Apache-2.0 */
/* What is installed, by the files of dpkg and the folders of pip; and copies of what is changed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "host/backup.h"
#include "host/environment.h"
#include "host/sysctls.h"
#include "host/versions.h"

static char top[] = "/tmp/lwtest-installed-XXXXXX";

static const char *in(const char *name)
{
	static char path[2][256];
	static unsigned turn;

	snprintf(path[++turn % 2], sizeof(path[0]), "%s/%s", top, name);
	return path[turn % 2];
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(in(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(top + strlen(top) - 6, "XXXXXX");
	return mkdtemp(top) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void versions_of_dpkg(void **state)
{
	struct versions *v = NULL;

	(void)state;
	assert_int_equal(versions_read(top, &v), -2);
	assert_null(versions_get(NULL, "bash"));
	put("status",
		"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: foreign\n"
		"Version: 5.2-2\nDescription: a shell\n Version: none of it\n\n"
		"Package: libtax1\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: "
		"same\nVersion: "
		"1.2-3\n\n"
		"Package: libtax1\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: "
		"same\nVersion: "
		"1.2-2\n\n"
		"Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 7\n");
	assert_int_equal(versions_read(top, &v), 0);
	assert_string_equal(versions_get(v, "bash"), "5.2-2");
	assert_string_equal(versions_get(v, "libtax1:amd64"), "1.2-3");
	assert_string_equal(versions_get(v, "libtax1:i386"), "1.2-2");
	assert_null(versions_get(v, "libtax1"));
	assert_null(versions_get(v, "gone"));
	versions_free(v);
}

/* Its file is written at the end of a run. */
static void dpkg_is_at_work(void **state)
{
	struct versions *v = NULL;

	(void)state;
	put("status", "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n");
	assert_int_equal(mkdir(in("updates"), 0755), 0);
	put("updates/0001", "Package: bash\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 3\n");
	put("updates/0000",
		"Package: bash\nStatus: install ok half-installed\nArchitecture: amd64\nVersion: 2\n");
	put("updates/tmp.i",
		"Package: bash\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 9\n#padding\n");
	assert_int_equal(versions_read(top, &v), 0);
	assert_string_equal(versions_get(v, "bash"), "3");
	versions_free(v);
}

static void packages_of_pip(void **state)
{
	static const char *const folders[] = {"lib", "lib/python3.11", "lib/python3.11/site-packages",
		"lib/python3.11/site-packages/typing_extensions-4.8.0.dist-info",
		"lib/python3.11/site-packages/requests-2.31.0.dist-info",
		"lib/python3.11/site-packages/odd-1-2.dist-info", "lib/python3.11/site-packages/requests",
		"lib/python3.11/site-packages/two\nlines-1.dist-info",
		"lib/python3.11/site-packages/two words-1.dist-info", "bin"};
	_cleanup_buf_ struct buf names = {0}, none = {0};
	char link[256];
	uint64_t changed;

	(void)state;
	assert_int_equal(environment_read(top, false, &none, &changed), -2);
	for (size_t n = 0; n < sizeof(folders) / sizeof(*folders); n++)
		assert_int_equal(mkdir(in(folders[n]), 0755), 0);
	assert_int_equal(environment_read(top, false, &names, &changed), 0);
	assert_non_null(strstr(buf_text(&names), "typing_extensions 4.8.0\n"));
	assert_non_null(strstr(buf_text(&names), "requests 2.31.0\n"));
	assert_int_equal(names.len, strlen("typing_extensions 4.8.0\nrequests 2.31.0\n"));
	assert_true(changed > clock_realtime() - 60 * NS_PER_SEC && changed <= clock_realtime());
	snprintf(link, sizeof(link), "%s", in("link"));
	assert_int_equal(symlink(top, link), 0);
	assert_int_equal(environment_read(link, false, &names, &changed), 0);
	/* Somebody else's programs. */
	assert_int_equal(chmod(in("bin"), 0777), 0);
	assert_int_equal(environment_read(top, false, &none, &changed), -2);
	assert_int_equal(environment_read(link, false, &none, &changed), -2);
	assert_int_equal(chmod(in("bin"), 01777), 0);
	assert_int_equal(environment_read(top, false, &none, &changed), -2);
	assert_int_equal(chmod(in("bin"), 0755), 0);
	assert_int_equal(chmod(in("lib/python3.11/site-packages"), 0775), 0);
	assert_int_equal(environment_read(top, false, &none, &changed), -2);
	assert_int_equal(environment_read(top + 1, false, &none, &changed), -2);
}

static void packages_of_npm(void **state)
{
	_cleanup_buf_ struct buf names = {0}, none = {0};
	uint64_t changed;
	char link[256];

	(void)state;
	assert_int_equal(environment_read(top, true, &none, &changed), -2);
	assert_int_equal(mkdir(in("node_modules"), 0755), 0);
	put("node_modules/.package-lock.json",
		"{\"name\":\"shop\",\"lockfileVersion\":3,\"packages\":{"
		"\"\":{\"version\":\"9.9.9\"},"
		"\"node_modules/left-pad\":{\"version\":\"1.3.0\",\"license\":[\"MIT\"]},"
		"\"node_modules/@types/node\":{\"dev\":true,\"version\":\"20.1.0-rc.1\"},"
		"\"node_modules/left-pad/node_modules/inner\":{\"version\":\"1.0.0\"},"
		"\"node_modules/two words\":{\"version\":\"1.0.0\"},"
		"\"node_modules/lines\":{\"version\":\"1\\n2\"},"
		"\"node_modules/linked\":{\"resolved\":\"../linked\",\"link\":true}},\"requires\":true}");
	assert_int_equal(environment_read(top, true, &names, &changed), 0);
	assert_string_equal(buf_text(&names), "left-pad 1.3.0\n@types/node 20.1.0-rc.1\n");
	assert_true(changed > clock_realtime() - 60 * NS_PER_SEC && changed <= clock_realtime());
	assert_int_equal(environment_read(top, false, &none, &changed), -2);
	snprintf(link, sizeof(link), "%s", in("current"));
	assert_int_equal(symlink(top, link), 0);
	buf_reset(&names);
	assert_int_equal(environment_read(link, true, &names, &changed), 0);
	assert_non_null(strstr(buf_text(&names), "left-pad 1.3.0\n"));
	assert_int_equal(chmod(in("node_modules"), 0777), 0);
	assert_int_equal(environment_read(top, true, &none, &changed), -2);
	assert_int_equal(chmod(in("node_modules"), 0755), 0);
	put("node_modules/.package-lock.json", "{\"packages\":{\"node_modules/a\":{\"version\":\"1\"}");
	assert_int_equal(environment_read(top, true, &none, &changed), -22);
	assert_int_equal(unlink(in("node_modules/.package-lock.json")), 0);
	assert_int_equal(symlink("/dev/zero", in("node_modules/.package-lock.json")), 0);
	assert_int_equal(environment_read(top, true, &none, &changed), -2);
}

static void settings_of_the_kernel(void **state)
{
	FILE *file = fopen("/proc/sys/vm/swappiness", "re");
	struct sysctls *s = NULL;
	char value[32];

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(value, sizeof(value), file));
	fclose(file);
	value[strcspn(value, "\n")] = '\0';
	assert_int_equal(sysctls_read(&s), 0);
	assert_string_equal(sysctls_get(s, "vm.swappiness"), value);
	assert_null(sysctls_get(s, "net.ipv4.tcp_rmem")); /* three numbers */
	assert_null(sysctls_get(s, "net.ipv4.conf.lo.rp_filter"));
	assert_non_null(sysctls_get(s, "net.ipv4.conf.all.rp_filter"));
	assert_null(sysctls_get(s, "vm.nothing"));
	assert_null(sysctls_get(NULL, "vm.swappiness"));
	sysctls_free(s);
}

static void copies(void **state)
{
	char path[256], old[256];
	uint64_t now = clock_realtime();

	(void)state;
	snprintf(path, sizeof(path), "%s", in("app.conf"));
	put("app.conf", "new");
	assert_int_equal(backup_find(path, now, old, sizeof(old)), -2);
	put("app.conf~", "old");
	assert_int_equal(backup_find(path, now + NS_PER_SEC, old, sizeof(old)), 0);
	assert_string_equal(old, in("app.conf~"));
	usleep(20000);
	assert_int_equal(rename(in("app.conf~"), in("app.conf.dpkg-old")), 0);
	put("app.conf.bak", "older");
	usleep(20000);
	assert_int_equal(link(in("app.conf.dpkg-old"), in("app.conf.x")), 0); /* its last change */
	assert_int_equal(backup_find(path, clock_realtime(), old, sizeof(old)), 0);
	assert_string_equal(old, in("app.conf.dpkg-old"));
	/* Of long ago, or of what the change made. */
	assert_int_equal(backup_find(path, now + 3600 * NS_PER_SEC, old, sizeof(old)), -2);
	assert_int_equal(backup_find(path, now - 60 * NS_PER_SEC, old, sizeof(old)), -2);
	assert_int_equal(chmod(top, 01777), 0);
	assert_int_equal(backup_find(path, clock_realtime(), old, sizeof(old)), -2);
	assert_int_equal(chmod(top, 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(top, 65534, 65534), 0);
		assert_int_equal(backup_find(path, clock_realtime(), old, sizeof(old)), -2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(versions_of_dpkg, setup, teardown),
		cmocka_unit_test_setup_teardown(dpkg_is_at_work, setup, teardown),
		cmocka_unit_test_setup_teardown(packages_of_pip, setup, teardown),
		cmocka_unit_test_setup_teardown(packages_of_npm, setup, teardown),
		cmocka_unit_test(settings_of_the_kernel),
		cmocka_unit_test_setup_teardown(copies, setup, teardown),
	};

	return cmocka_run_group_tests_name("host_installed", tests, NULL, NULL);
}
