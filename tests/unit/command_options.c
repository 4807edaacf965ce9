/* SPDX-License-Identifier: Apache-2.0 */
/* Common options, wrong usage, and outputs that end badly. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"

#define ARGS_MAX 8

enum { OPTION_WORD = OPTION_OWN };

/* Runs getopt over the words; returns the first result of common_option that is not 1, or 2 at the end. */
static int parse(struct common_options *options, const char *const *words)
{
	static const struct option longs[] = {
		COMMON_LONG_OPTIONS, {"word", required_argument, NULL, OPTION_WORD}, {NULL, 0, NULL, 0}};
	char *argv[ARGS_MAX + 1] = {NULL};
	int argc = 0, c;

	for (; argc < ARGS_MAX && words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	*options = (struct common_options)COMMON_OPTIONS_INIT;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":fo:", longs, NULL)) != -1) {
		int r = common_option(options, c, argv);

		if (r != 1)
			return r;
	}
	return 2;
}

/* The same, with what it wrote to standard error. */
static int parse_loud(const char *const *words, char *text, size_t size)
{
	struct common_options options;
	int saved = dup(STDERR_FILENO), pipes[2], r;
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	r = parse(&options, words);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	n = read(pipes[0], text, size - 1);
	close(pipes[0]);
	text[n > 0 ? n : 0] = '\0';
	return r;
}

#define WORDS(...) ((const char *const[]){"events", __VA_ARGS__, NULL})

static void test_defaults(void **state)
{
	struct common_options options;

	(void)state;
	assert_int_equal(parse(&options, (const char *const[]){"events", NULL}), 2);
	assert_string_equal(options.state, "/var/lib/lastwords");
	assert_int_equal(options.format, REPORT_TEXT);
	assert_false(options.help);
}

static void test_taken(void **state)
{
	struct common_options options;

	(void)state;
	assert_int_equal(parse(&options, WORDS("--state", "/tmp/x", "-o", "jsonl", "--help")), 2);
	assert_string_equal(options.state, "/tmp/x");
	assert_int_equal(options.format, REPORT_JSONL);
	assert_true(options.help);
	assert_int_equal(parse(&options, WORDS("--output=json")), 2);
	assert_int_equal(options.format, REPORT_JSON);
}

static void test_not_mine(void **state)
{
	struct common_options options;

	(void)state;
	assert_int_equal(parse(&options, WORDS("--word", "x")), 0);
	assert_int_equal(parse(&options, WORDS("-f")), 0);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words[4], *message;
	} cases[] = {
		{{"events", "--bad"}, "option '--bad' is unknown"},
		{{"events", "--bad=x"}, "option '--bad' is unknown"},
		{{"events", "--b\033[31m"}, "option '--b\\x1b[31m' is unknown"},
		{{"events", "-x"}, "option '-x' is unknown"},
		{{"events", "--state=a", "-xf"}, "option '-x' is unknown"},
		{{"events", "-o"}, "option '-o' needs a value"},
		{{"events", "--state"}, "option '--state' needs a value"},
		{{"events", "--word"}, "option '--word' needs a value"},
		{{"events", "--help=x"}, "option '--help' takes no value"},
		{{"events", "--state="}, "--state needs a directory"},
		{{"events", "-o", "xml"}, "unknown output 'xml': use text, json or jsonl"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_loud(cases[i].words, text, sizeof(text)), -1);
		assert_int_equal(strncmp(text, "lastwords: ", 11), 0);
		assert_non_null(strstr(text, "; see 'lastwords events --help'\n"));
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		if (!strstr(text, cases[i].message))
			fail_msg("'%s' is not in %s", cases[i].message, text);
	}
}

/* The exit status of a process that writes to fd in place of standard output. */
static int status_of_writing(int fd, int error)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		output_begin();
		for (int i = 0; i < 100000; i++)
			puts("a line of text");
		_exit(output_finish(error));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_output_ends(void **state)
{
	int pipes[2];
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	assert_int_equal(status_of_writing(null, 0), EXIT_DONE);
	assert_int_equal(status_of_writing(pipes[1], 0), EXIT_DONE);
	assert_int_equal(status_of_writing(full, 0), EXIT_FAILED);
	assert_int_equal(status_of_writing(null, -ENOSPC), EXIT_FAILED);
	assert_int_equal(status_of_writing(null, -EPIPE), EXIT_DONE);
	close(pipes[1]);
	close(full);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_not_mine),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_output_ends),
	};

	return cmocka_run_group_tests_name("command_options", tests, NULL, NULL);
}
