/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: one escaped line each on standard error. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

struct capture {
	int file;
	int saved;
};

static struct capture capture_begin(void)
{
	struct capture c = {memfd_create("stderr", 0), dup(STDERR_FILENO)};

	dup2(c.file, STDERR_FILENO);
	return c;
}

static void capture_end(struct capture c, char *text, size_t size)
{
	dup2(c.saved, STDERR_FILENO);
	ssize_t len = pread(c.file, text, size - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	close(c.saved);
	close(c.file);
}

static void messages_are_single_escaped_lines(void **state)
{
	char text[1024];
	struct capture c = capture_begin();

	(void)state;
	log_error("cannot read %s", "a\x1B[2Jb\nlastwords: forged");
	log_warn("low on %d", 5);
	log_info("hello");
	capture_end(c, text, sizeof(text));
	assert_string_equal(text, "lastwords: cannot read a\\x1b[2Jb\\nlastwords: forged\n"
				  "lastwords: warning: low on 5\n"
				  "lastwords: hello\n");
}

static void long_messages_are_cut(void **state)
{
	static char text[65536], message[20000];
	struct capture c = capture_begin();

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	log_error("%s", message);
	capture_end(c, text, sizeof(text));
	assert_true(strlen(text) > 1000 && strlen(text) < 5000);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_single_escaped_lines),
		cmocka_unit_test(long_messages_are_cut),
	};

	return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
