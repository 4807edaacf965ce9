/* SPDX-License-Identifier: Apache-2.0 */
/* events, crashes, markers, show and mark, run in processes of their own over one database. */
#include "unit/list_test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"

#define ARGS_MAX 16

struct run {
	int status; /* exit status, or -signal */
	char out[65536];
	char error[1024];
};

typedef int (*main_fn)(int argc, char **argv);

static char state_dir[64];

static void slurp(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
}

static pid_t spawn(main_fn command, const char *const *words, int out, int error)
{
	char *argv[ARGS_MAX + 3] = {NULL};
	int argc = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (; argc < ARGS_MAX && words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc++] = (char *)"--state";
	argv[argc++] = state_dir;
	dup2(out, STDOUT_FILENO);
	dup2(error, STDERR_FILENO);
	/* The read ends are the test's alone: a pipe without a reader must be seen as such. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	optind = 0;
	_exit(command(argc, argv));
}

static int finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static const struct run *run(main_fn command, const char *const *words)
{
	static struct run result;
	int out[2], error[2];
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(error, O_CLOEXEC), 0);
	pid = spawn(command, words, out[1], error[1]);
	close(out[1]);
	close(error[1]);
	slurp(out[0], result.out, sizeof(result.out));
	slurp(error[0], result.error, sizeof(result.error));
	result.status = finish(pid);
	return &result;
}

#define RUN(command, ...) run(command, (const char *const[]){__VA_ARGS__, NULL})

static struct store *open_to_add(void)
{
	struct store *store;

	assert_int_equal(open_store(&store, state_dir, STORE_APPEND), 0);
	return store;
}

static int setup(void **state)
{
	(void)state;
	strcpy(state_dir, "/tmp/lastwords-list-XXXXXX");
	return mkdtemp(state_dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/lastwords.db%s", state_dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/lastwords.lock", state_dir);
	unlink(path);
	return rmdir(state_dir);
}

/* Ten events, one a second, crashes and markers in turn. */
static void fill(void)
{
	struct store *store = open_to_add();

	for (uint64_t n = 0; n < 10; n++)
		add(store, n, BASE + n * NS_PER_SEC, n % 2 ? "marker" : "crash", n < 5 ? "a" : "b");
	assert_int_equal(store_commit(store, NULL), 0);
	store_close(store);
}

/* The numbers n of a list as JSON, "0 1 2 ". */
static void assert_numbers(const char *text, const char *expected)
{
	json_t *root = json_loads(text, 0, NULL), *event;
	_cleanup_buf_ struct buf numbers = {0};
	size_t i;

	assert_true(json_is_array(root));
	json_array_foreach(root, i, event)
		buf_printf(&numbers, "%lld ", json_integer_value(json_object_get(event, "n")));
	assert_string_equal(buf_text(&numbers), expected);
	json_decref(root);
}

static void test_orders_and_filters(void **state)
{
	(void)state;
	fill();
	assert_numbers(RUN(command_events, "events", "-o", "json")->out, "0 1 2 3 4 5 6 7 8 9 ");
	assert_numbers(RUN(command_events, "events", "-o", "json", "-n", "3")->out, "7 8 9 ");
	assert_numbers(RUN(command_events, "events", "-o", "json", "-n0")->out, "0 1 2 3 4 5 6 7 8 9 ");
	assert_numbers(RUN(command_crashes, "crashes", "-o", "json")->out, "8 6 4 2 0 ");
	assert_numbers(RUN(command_crashes, "crashes", "-o", "json", "-n", "2")->out, "8 6 ");
	assert_numbers(RUN(command_crashes, "crashes", "-o", "json", "--kind", "kill")->out, "");
	assert_numbers(RUN(command_markers, "markers", "-o", "json", "--service", "a")->out, "3 1 ");
	assert_numbers(
		RUN(command_events, "events", "-o", "json", "--kind", "kill,marker", "--kind", "gap")->out,
		"1 3 5 7 9 ");
	assert_numbers(RUN(command_events, "events", "-o", "json", "--since", "@1700000002", "--until",
			       "@1700000005")
			       ->out,
		"2 3 4 ");
	assert_string_equal(
		RUN(command_events, "events", "--service", "none")->error, "lastwords: no events match\n");
	assert_int_equal(RUN(command_events, "events", "--service", "none")->status, EXIT_DONE);
	assert_non_null(
		strstr(RUN(command_events, "events", "-n1")->out, "2023-11-14 22:13:29.000  marker "));
}

static void test_wrong_usage(void **state)
{
	static const struct {
		const char *words[5], *message;
	} cases[] = {
		{{"events", "--kind", "bang"},
			"unknown kind 'bang': use crash, oom_kill, kill, exit_failure, exception, "},
		{{"events", "--kind", "kill,"}, "unknown kind ''"},
		{{"events", "--since", "soon"}, "--since: 'soon' is no time"},
		{{"events", "-n", "-1"}, "-n: '-1' is no number"},
		{{"events", "x"}, "unexpected argument 'x'"},
		{{"events", "-f", "--until", "1h"}, "exclude each other"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct run *result = run(command_events, cases[i].words);

		assert_int_equal(result->status, EXIT_USAGE);
		assert_string_equal(result->out, "");
		if (!strstr(result->error, cases[i].message))
			fail_msg("'%s' is not in %s", cases[i].message, result->error);
	}
	assert_int_equal(RUN(command_crashes, "crashes", "--kind", "marker")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_crashes, "crashes", "-f")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_show, "show")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_show, "show", "01ABC")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_mark, "mark", "deploy")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_mark, "mark", "--service", "a")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_mark, "mark", "boom", "--service", "a")->status, EXIT_USAGE);
	assert_int_equal(RUN(command_mark, "mark", "flag", "--service", "a\033")->status, EXIT_USAGE);
	assert_int_equal(
		RUN(command_mark, "mark", "flag", "--service", "a", "--at", "2200-01-01T00:00:00Z")->status,
		EXIT_USAGE);
}

static void test_help(void **state)
{
	(void)state;
	assert_int_equal(
		strncmp(RUN(command_events, "events", "--help")->out, "Usage: lastwords events", 23), 0);
	assert_int_equal(
		strncmp(RUN(command_crashes, "crashes", "--help")->out, "Usage: lastwords crashes", 24), 0);
	assert_int_equal(
		strncmp(RUN(command_markers, "markers", "--help")->out, "Usage: lastwords markers", 24), 0);
	assert_int_equal(strncmp(RUN(command_show, "show", "--help")->out, "Usage: lastwords show", 21), 0);
	assert_int_equal(strncmp(RUN(command_mark, "mark", "--help")->out, "Usage: lastwords mark", 21), 0);
}

static void test_no_database(void **state)
{
	(void)state;
	assert_int_equal(RUN(command_events, "events")->status, EXIT_FAILED);
	assert_int_equal(RUN(command_events, "events", "-f")->status, EXIT_FAILED);
	assert_int_equal(RUN(command_show, "show", "01ABCDEF")->status, EXIT_FAILED);
	assert_non_null(strstr(RUN(command_events, "events")->error, state_dir));
}

static void test_mark_and_show(void **state)
{
	const struct run *result = RUN(command_mark, "mark", "deploy", "--service", "checkout", "--version",
		"42", "--note", "second \"try\"", "--at", "2026-01-02T03:04:05Z");
	char id[ID_SIZE];
	json_t *event;

	(void)state;
	assert_int_equal(result->status, EXIT_DONE);
	assert_int_equal(strncmp(result->out, "marked deploy checkout 42 as 01", 31), 0);
	assert_int_equal(sscanf(result->out, "marked deploy checkout 42 as %26s", id), 1);
	assert_true(id_valid(id));
	result = RUN(command_show, "show", id);
	assert_non_null(strstr(result->out, "\nnote              second \"try\"\n"));
	id[6] = '\0';
	for (char *p = id; *p; p++)
		*p |= (char)(*p >= 'A' ? 0x20 : 0);
	event = json_loads(RUN(command_show, "show", "-o", "json", id)->out, 0, NULL);
	assert_string_equal(
		json_string_value(json_object_get(event, "time")), "2026-01-02T03:04:05.000000000Z");
	json_decref(event);
	result = RUN(command_mark, "mark", "flag", "--service", "é", "-o", "json");
	event = json_loads(result->out, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(event, "kind")), "marker");
	result = RUN(command_show, "show", "-o", "jsonl", json_string_value(json_object_get(event, "id")));
	json_t *stored = json_loads(result->out, 0, NULL);
	assert_true(json_equal(event, stored));
	json_decref(event);
	json_decref(stored);
}

static void test_show_unknown(void **state)
{
	const struct run *result;

	(void)state;
	fill();
	result = RUN(command_show, "show", "7zzzzz\033[31m");
	assert_int_equal(result->status, EXIT_FAILED);
	assert_string_equal(
		result->error, "lastwords: no event, issue or incident has the id 7ZZZZZ\\x1b[31M\n");
	result = RUN(command_show, "show", "01HF7Y");
	assert_int_equal(result->status, EXIT_FAILED);
	assert_non_null(strstr(result->error, "more than one event"));
}

static void test_full_and_closed_output(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const char *const words[] = {"events", NULL};
	int pipes[2];

	(void)state;
	fill();
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	assert_int_equal(finish(spawn(command_events, words, full, null)), EXIT_FAILED);
	assert_int_equal(finish(spawn(command_events, words, pipes[1], null)), EXIT_DONE);
	close(pipes[1]);
	close(full);
	close(null);
}

static pid_t start_following(int *ret_fd, const char *kind)
{
	const char *const words[] = {"events", "-f", "-o", "jsonl", "--kind", kind, NULL};
	int out[2];
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = spawn(command_events, words, out[1], STDERR_FILENO);
	close(out[1]);
	*ret_fd = out[0];
	return pid;
}

/* Reads whole lines that arrive until n are there. */
static void assert_lines(int fd, int n)
{
	char c;

	while (n && read(fd, &c, 1) == 1)
		n -= c == '\n';
	assert_int_equal(n, 0);
}

static void test_follow(void **state)
{
	struct store *store;
	pid_t pid;
	int fd;

	(void)state;
	fill();
	pid = start_following(&fd, "crash");
	assert_lines(fd, 5);
	store = open_to_add();
	for (uint64_t n = 100; n < 1400; n++)
		add(store, n, BASE - n, n % 2 ? "marker" : "crash", "c");
	assert_int_equal(store_commit(store, NULL), 0);
	assert_lines(fd, 650);
	add(store, 2000, BASE, "crash", "c");
	assert_int_equal(store_commit(store, NULL), 0);
	assert_lines(fd, 1);
	store_close(store);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_lines(fd, 0);
	assert_int_equal(finish(pid), EXIT_DONE);
	close(fd);
}

static void test_follow_reader_gone(void **state)
{
	pid_t pid;
	int fd;

	(void)state;
	fill();
	pid = start_following(&fd, "crash");
	assert_lines(fd, 5);
	close(fd);
	assert_int_equal(finish(pid), EXIT_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_orders_and_filters),
		TEST(test_wrong_usage),
		TEST(test_help),
		TEST(test_no_database),
		TEST(test_mark_and_show),
		TEST(test_show_unknown),
		TEST(test_full_and_closed_output),
		TEST(test_follow),
		TEST(test_follow_reader_gone),
	};

	return cmocka_run_group_tests_name("command_list", tests, NULL, NULL);
}
