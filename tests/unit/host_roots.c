/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of strangers: links that lead elsewhere, and what must not be opened. */
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>

#include "unit/store_test.h"
#include "host/host.h"
#include "host/internal.h"

/* Opening a device or the like has effects, even where nothing is read. */
static void opens_regular_files_alone(void **state)
{
	char fifo[128], file[128], told[4096];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), fd;

	path_of(fifo, sizeof(fifo), *state, "fifo");
	path_of(file, sizeof(file), *state, "file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	write_whole(file, "text", 4);
	assert_true(inotify_add_watch(watch, *state, IN_OPEN) >= 0);
	assert_int_equal(host_open_file(fifo, 0), -EINVAL);
	assert_int_equal(host_open_file(*state, 0), -EINVAL);
	assert_int_equal(read(watch, told, sizeof(told)), -1);
	assert_int_equal(errno, EAGAIN);
	fd = host_open_file(file, 0);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, told, sizeof(told)), 4);
	close(fd);
	assert_true(read(watch, told, sizeof(told)) > 0);
	close(watch);
}

static const struct {
	const char *path; /* below the folder */
	enum links links;
	const char *found; /* NULL: nothing */
} places[] = {
	{"/a/b/file", LINKS_NONE, "/a/b/file"},
	{"/a//./b/file", LINKS_NONE, "/a/b/file"},
	{"/middle/file", LINKS_NONE, NULL},
	{"/middle/file", LINKS_BEFORE, "/a/b/file"},
	{"/middle/file", LINKS_ALL, "/a/b/file"},
	{"/absolute/file", LINKS_ALL, "/a/b/file"},
	{"/last", LINKS_BEFORE, "/last"},
	{"/last", LINKS_ALL, "/a/b/file"},
	{"/a/up/last", LINKS_BEFORE, "/last"},
	{"/a/up/last", LINKS_ALL, "/a/b/file"},
	{"/middle/../b/file", LINKS_ALL, "/a/b/file"}, /* of where the link led */
	{"/middle/../last", LINKS_ALL, NULL},
	{"/../../../a/b/file", LINKS_ALL, "/a/b/file"},
	{"/outside/file", LINKS_ALL, "/a/b/file"}, /* not above the root */
	{"/", LINKS_ALL, "/"},
	{"/a/b/file/more", LINKS_ALL, NULL},
	{"/nothing", LINKS_ALL, NULL},
	{"/turns", LINKS_ALL, NULL},
};

static void is_place(const struct root *root, const char *dir, size_t n)
{
	int fd = root_find(root, 0, places[n].path, places[n].links);
	struct stat wanted, found;
	char path[128];

	if (!places[n].found) {
		if (fd >= 0)
			fail_msg("%s is found", places[n].path);
		return;
	}
	path_of(path, sizeof(path), dir, places[n].found);
	assert_int_equal(lstat(path, &wanted), 0);
	if (fd < 0 || fstat(fd, &found) < 0 || found.st_ino != wanted.st_ino)
		fail_msg("%s is not %s: %d", places[n].path, places[n].found, fd);
	close(fd);
}

/* As the kernel follows them, below a root that is the folder. */
static void follows_links(void **state)
{
	struct root root = {.mounts = -1};
	char path[128];

	root.fd = open(*state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root.fd, "a", 0700), 0);
	assert_int_equal(mkdirat(root.fd, "a/b", 0700), 0);
	path_of(path, sizeof(path), *state, "a/b/file");
	write_whole(path, "text", 4);
	assert_int_equal(symlinkat("a/b", root.fd, "middle"), 0);
	assert_int_equal(symlinkat("/a/b/", root.fd, "absolute"), 0);
	assert_int_equal(symlinkat("middle/file", root.fd, "last"), 0);
	assert_int_equal(symlinkat("..", root.fd, "a/up"), 0);
	assert_int_equal(symlinkat("../../a/b", root.fd, "outside"), 0);
	assert_int_equal(symlinkat("turns", root.fd, "turns"), 0);
	for (size_t n = 0; n < sizeof(places) / sizeof(*places); n++)
		is_place(&root, *state, n);
	close(root.fd);
}

static void tells_where_a_link_leads(void **state)
{
	char path[128], to[64];

	path_of(path, sizeof(path), *state, "current");
	assert_int_equal(symlink("releases/42", path), 0);
	assert_int_equal(host_link(path, to, sizeof(to)), 0);
	assert_string_equal(to, "releases/42");
	assert_int_equal(host_link(*state, to, sizeof(to)), -EINVAL);
	path_of(path, sizeof(path), *state, "nothing");
	assert_int_equal(host_link(path, to, sizeof(to)), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens_regular_files_alone, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(follows_links, dir_make, dir_remove),
		cmocka_unit_test_setup_teardown(tells_where_a_link_leads, dir_make, dir_remove),
	};

	return cmocka_run_group_tests_name("host/roots", tests, NULL, NULL);
}
