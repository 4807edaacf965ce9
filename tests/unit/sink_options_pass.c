/* SPDX-License-Identifier: Apache-2.0 */
/* Options come out of the memory that is passed as they went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/kind.h"
#include "sink/options_pass.h"

static void set(struct sink_list *list, const char *name, const char *key, const char *value)
{
	assert_null(sink_options_set(list, name, key, value));
}

static void all_is_taken(void **state)
{
	struct sink_list list = {0};

	(void)state;
	set(&list, "a", "type", "http");
	set(&list, "a", "url", "https://example.org/x?y=1");
	set(&list, "a", "header", "X-A: b \"c\" # d");
	set(&list, "a", "timeout", "5s");
	set(&list, "a", "backlog", "18446744073");
	set(&list, "a", NULL, NULL);
	set(&list, "b", "type", "stdout");
	set(&list, "b", NULL, NULL);
	/* As a password_file does. */
	list.sinks[0].password = strdup("s3cret = [sink]");

	int fd = sink_options_pass(&list);
	assert_true(fd >= 0);
	for (unsigned again = 0; again < 2; again++) {
		struct sink_list got = {0};

		assert_int_equal(sink_options_take(&got, fd), 0);
		assert_int_equal(got.count, 2);
		assert_string_equal(got.sinks[0].name, "a");
		assert_ptr_equal(got.sinks[0].kind, list.sinks[0].kind);
		assert_string_equal(got.sinks[0].url, list.sinks[0].url);
		assert_string_equal(got.sinks[0].header, list.sinks[0].header);
		assert_string_equal(got.sinks[0].password, "s3cret = [sink]");
		assert_null(got.sinks[0].user);
		assert_true(got.sinks[0].timeout == 5 * NS_PER_SEC);
		assert_true(got.sinks[0].backlog == 18446744073ull);
		assert_true(got.sinks[0].batch_size == list.sinks[0].batch_size);
		assert_string_equal(got.sinks[1].name, "b");
		assert_string_equal(got.sinks[1].kind->name, "stdout");
		assert_false(got.open);
		sink_options_free(&got);
	}
	close(fd);
	sink_options_free(&list);
}

static void a_cut_one_is_not(void **state)
{
	static const char whole[] = "a\0file\0path\0/x\0\0";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		struct sink_list got = {0};
		int fd = memfd_create("cut", MFD_CLOEXEC);
		bool good = len == 0 || len == sizeof(whole) - 1;

		assert_true(write(fd, whole, len) == (ssize_t)len);
		assert_int_equal(sink_options_take(&got, fd) == 0, good);
		sink_options_free(&got);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_taken),
		cmocka_unit_test(a_cut_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
