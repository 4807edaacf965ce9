/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at when a package manager has ended. */
#include "unit/store_test.h"

#include <sys/mman.h>

#include "base/clock.h"
#include "base/text.h"
#include "command/look_internal.h"

struct told {
	unsigned count;
	unsigned with_service;
};

static void on_marker(void *context, const struct event_marker *marker, uint64_t time)
{
	struct told *told = context;

	(void)time;
	told->count++;
	told->with_service += strcmp(marker->service, "shop") == 0;
}

/* We have a file mapped in whose place there is another one. */
static void replace_library(const char *dir)
{
	char path[160], other[160];
	void *map;
	int fd;

	path_of(path, sizeof(path), dir, "lib.so");
	path_of(other, sizeof(other), dir, "lib.so.new");
	write_whole(path, "old", 3);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_true(fd >= 0 && map != MAP_FAILED);
	close(fd);
	write_whole(other, "new", 3);
	assert_int_equal(rename(other, path), 0);
}

static void run(struct look *l, uint64_t time)
{
	static unsigned number;
	struct infer_install what = {0};

	snprintf(what.line, sizeof(what.line), "pip ran: pip install p%u", number++);
	look_install(l, 0, &what, time);
}

/* Each is told, but the files of all services are looked at so often only. */
static void looks_are_bounded(void **state)
{
	uint64_t before = clock_realtime() - NS_PER_SEC;
	struct told told = {0};
	struct infer *infer;
	struct look *l;

	assert_int_equal(infer_new(&infer, on_marker, &told), 0);
	assert_int_equal(look_new(&l, infer), 0);
	l->programs[0] = (struct program){.key = 1, .pid = (uint32_t)getpid(), .service = "shop"};
	replace_library(*state);
	for (unsigned n = 0; n < 100; n++)
		run(l, before);
	look_second(l);
	assert_int_equal(told.count, 100);
	assert_in_range(told.with_service, 1, 2 * LOOKS);
	told = (struct told){0};
	run(l, before);
	look_second(l);
	assert_int_equal(told.with_service, 1);
	look_free(l);
	infer_free(infer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looks_are_bounded, dir_make, dir_remove),
	};

	return cmocka_run_group_tests_name("command_look", tests, NULL, NULL);
}
