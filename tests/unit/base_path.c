/* SPDX-License-Identifier: Apache-2.0 */
/* Which paths lead to one file. */
#include "unit/store_test.h"
#include "base/path.h"

static bool same(const char *dir, const char *one, const char *other)
{
	char paths[2][512];

	path_of(paths[0], sizeof(paths[0]), dir, one);
	path_of(paths[1], sizeof(paths[1]), dir, other);
	assert_int_equal(path_same(paths[0], paths[1]), path_same(paths[1], paths[0]));
	return path_same(paths[0], paths[1]);
}

static void link_to(const char *dir, const char *target, const char *name)
{
	char path[512];

	path_of(path, sizeof(path), dir, name);
	assert_int_equal(symlink(target, path), 0);
}

static void one_file(void **state)
{
	static const char *const cases[][2] = {
		{"a", "a"},
		{"a", "folder/../a"},
		{"a", "./a"},
		{"a", "folder//..//a"},
		{"a", "up/a"},
		{"folder/none", "link/none"},
		{"folder/none", "link/../folder/none"},
		/* Neither is there, nor the folder. */
		{"none/b/c", "none//b/./c"},
		{"none/b/c", "none/d/../b/c"},
		{"none/b/c", "up/none/b/c"},
		/* A link to what is not there yet. */
		{"to_none", "none"},
		{"to_none/c", "none/c"},
		{"to_to_none", "none"},
		{"absolute", "/nowhere/x"},
		{"", "up"},
	};
	static const char *const others[][2] = {
		{"a", "b"},
		{"a", "a2"},
		{"none/b", "none/c"},
		{"none/b", "none/b/c"},
		{"to_none", "folder/none"},
		{"round", "a"},
		{"round", "other_round"},
	};
	const char *dir = *state;
	char path[512];

	path_of(path, sizeof(path), dir, "folder");
	assert_int_equal(mkdir(path, 0700), 0);
	path_of(path, sizeof(path), dir, "a");
	write_whole(path, "a", 1);
	link_to(dir, ".", "up");
	link_to(dir, "folder", "link");
	link_to(dir, "none", "to_none");
	link_to(dir, "./to_none", "to_to_none");
	link_to(dir, "/nowhere/x", "absolute");
	link_to(dir, "round", "round");
	link_to(dir, "other_round", "other_round");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *other = cases[i][1];

		if (*other != '/') {
			assert_true(same(dir, cases[i][0], other));
			continue;
		}
		path_of(path, sizeof(path), dir, cases[i][0]);
		assert_true(path_same(path, other));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(same(dir, others[i][0], others[i][1]));
	assert_true(path_same("/", "//"));
	assert_true(path_same("/nowhere/..", "/"));
	assert_false(path_same("/", "/nowhere"));
}

static void long_paths(void **state)
{
	char one[6000], other[6000];

	(void)state;
	memset(one, 'a', sizeof(one));
	for (size_t i = 0; i < sizeof(one); i += 100)
		one[i] = '/';
	one[sizeof(one) - 1] = '\0';
	memcpy(other, one, sizeof(one));
	assert_true(path_same(one, other));
	other[50] = 'b';
	assert_false(path_same(one, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_file, dir_make, dir_remove),
		cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests_name("base_path", tests, NULL, NULL);
}
