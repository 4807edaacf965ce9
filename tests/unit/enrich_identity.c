/* SPDX-License-Identifier: Apache-2.0 */
/* Control-group paths of real hosts against tests/golden/cgroup_paths.tsv, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/identity.h"

#define GOLDEN    "tests/golden/cgroup_paths.tsv"
#define CASES_MIN 90

enum { V2, V1, EXE, COMM, NAME, UNIT, SLICE, ID, RUNTIME, POD, QOS, USER, FIELDS };

static const char *const field_names[FIELDS] = {
	"v2", "v1", "exe", "comm", "name", "unit", "slice", "container", "runtime", "pod", "qos", "user"};

/* Decodes %XX in place; "-" is empty. */
static char *decode(char *field)
{
	char *out = field;

	if (strcmp(field, "-") == 0)
		*field = '\0';
	for (const char *c = field; *c; c++) {
		unsigned code;

		if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2]) &&
			sscanf(c + 1, "%2x", &code) == 1) {
			*out++ = (char)code;
			c += 2;
		} else {
			*out++ = *c;
		}
	}
	*out = '\0';
	return field;
}

static struct event_service identify(const char *v2, const char *v1, const char *exe, const char *comm)
{
	struct record_cgroup cgroup = {0};
	struct event_service service;

	memset(&service, 'x', sizeof(service));
	snprintf(cgroup.v2, sizeof(cgroup.v2), "%s", v2);
	snprintf(cgroup.v1, sizeof(cgroup.v1), "%s", v1);
	identity_from_cgroup(&cgroup, exe, comm, &service);
	return service;
}

static unsigned check_line(char *line, unsigned number)
{
	char *field[FIELDS];
	unsigned n = 0, failed = 0;
	struct event_service s;

	line[strcspn(line, "\n")] = '\0';
	for (char *rest = line; rest && n < FIELDS; n++)
		field[n] = decode(strsep(&rest, "\t"));
	if (n != FIELDS) {
		print_error("%s:%u: %u fields\n", GOLDEN, number, n);
		return 1;
	}
	s = identify(field[V2], field[V1], field[EXE], field[COMM]);

	const char *got[FIELDS] = {[NAME] = s.name,
		[UNIT] = s.unit,
		[SLICE] = s.slice,
		[ID] = s.container_id,
		[RUNTIME] = s.container_runtime,
		[POD] = s.pod_uid,
		[QOS] = s.pod_qos,
		[USER] = s.user};
	for (unsigned i = NAME; i < FIELDS; i++) {
		if (strcmp(got[i], field[i]) == 0)
			continue;
		print_error("%s:%u: v2 %s v1 %s: %s is \"%s\", expected \"%s\"\n", GOLDEN, number, field[V2],
			field[V1], field_names[i], got[i], field[i]);
		failed++;
	}
	return failed;
}

static void golden_paths(void **state)
{
	FILE *f = fopen(GOLDEN, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0, cases = 0, failed = 0;

	(void)state;
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		cases++;
		failed += check_line(line, number);
	}
	free(line);
	fclose(f);
	assert_int_equal(failed, 0);
	assert_true(cases >= CASES_MIN);
}

static void long_parts_are_cut_or_ignored(void **state)
{
	char path[RECORD_PATH] = "/system.slice/", name[257];
	struct event_service s;

	(void)state;
	memset(name, 'a', 256);
	strcpy(name + 247, ".service"); /* 255 bytes: the longest name of a file */
	strcat(path, name);
	s = identify(path, "", "/bin/x", "x");
	assert_string_equal(s.unit, name);
	assert_int_equal(strlen(s.name), 247);

	memset(name, 'a', 256);
	strcpy(name + 248, ".service");
	strcpy(path, "/system.slice/");
	strcat(path, name);
	s = identify(path, "", "/bin/x", "x");
	assert_string_equal(s.unit, "");
	assert_string_equal(s.slice, "system.slice");
	assert_string_equal(s.name, "x");

	memset(path, '/', sizeof(path) - 1);
	s = identify(path, path, "", "comm");
	assert_string_equal(s.name, "comm");

	for (size_t i = 0; i + 1 < sizeof(path); i++)
		path[i] = i % 2 ? 'a' : '/';
	s = identify(path, "", "/bin/x", "x");
	assert_string_equal(s.name, "x");
}

static void no_names_at_all(void **state)
{
	struct record_cgroup cgroup = {0};
	struct event_service s = {0};

	(void)state;
	strcpy(s.version, "42");
	identity_from_cgroup(&cgroup, NULL, NULL, &s);
	assert_string_equal(s.name, "");
	assert_string_equal(s.cgroup, "");
	assert_string_equal(s.version, "42");
}

static void the_path_is_kept(void **state)
{
	struct event_service s = identify("/", "/system.slice/a.service (deleted)", "", "");

	(void)state;
	assert_string_equal(s.cgroup, "/system.slice/a.service");
	s = identify("/", "", "", "");
	assert_string_equal(s.cgroup, "/");
	s = identify("/x", "/y", "", "");
	assert_string_equal(s.cgroup, "/x");
}

/* Pieces that mean something, in any order: whatever comes out must be bounded and, but for the executable,
 * printable. */
static void random_paths_stay_bounded(void **state)
{
	static const char *const pieces[] = {"/", "docker-", "0123456789abcdef0123456789abcdef", ".scope",
		".slice", "kubepods", "-burstable", "-pod", "pod", ":", "lxc.payload.", "lxc", "machine-",
		"qemu\\x2d1\\x2d", "\\x1b", "\\x2", "user@1000.service", "app-", "@", ".service",
		"dbus-:", "-", "_", "\x1b[2J", "\xff", "supervisor", "systemd-nspawn@",
		"12345678-1234-1234-1234-123456789abc", "libpod-payload-", ".", ".."};
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		char path[RECORD_PATH] = "";
		struct event_service s;
		size_t len = 0;

		for (unsigned n = round % 40; n--;) {
			seed = seed * 1664525 + 1013904223;
			const char *piece = pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];

			if (len + strlen(piece) < sizeof(path)) {
				strcpy(path + len, piece);
				len += strlen(piece);
			}
		}
		s = identify(path, path, "/bin/x", "x");
		assert_null(strchr(s.name, '\x1b'));
		assert_null(strchr(s.unit, '\x1b'));
		assert_true(s.name[0] != '\0');
		assert_true(strlen(s.container_id) < sizeof(s.container_id));
		assert_true(!s.pod_uid[0] || strlen(s.pod_uid) == 36 || strlen(s.pod_uid) == 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_paths),
		cmocka_unit_test(long_parts_are_cut_or_ignored),
		cmocka_unit_test(no_names_at_all),
		cmocka_unit_test(the_path_is_kept),
		cmocka_unit_test(random_paths_stay_bounded),
	};

	return cmocka_run_group_tests_name("enrich_identity", tests, NULL, NULL);
}
