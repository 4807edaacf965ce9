/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords exec: run a command under watch; when anything in its tree dies badly, tell. */
#include "command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/loop.h"
#include "command/config.h"
#include "command/live.h"
#include "command/names.h"
#include "symbolize/symbolize.h"
#include "command/pipeline.h"

static const char help[] = "Usage: lastwords exec [OPTIONS] -- COMMAND [ARGUMENT...]\n"
			   "Runs a command without a daemon; prints a page for each death in its tree, and "
			   "ends with its exit status.\n\n"
			   "  -o, --output FORMAT   text (default): pages on standard error; jsonl, json: "
			   "all events on standard output\n"
			   "  --config FILE         default " CONFIG_DEFAULT " and conf.d beside it\n";

enum { OPTION_CONFIG = OPTION_OWN };

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

struct exec {
	struct pipeline pipeline;
	struct loop *loop;
	struct names names;
	pid_t child;
	int status; /* of wait(2) */
	bool ended;
	int gate;     /* -1: the command runs, or cannot */
	bool not_run; /* it cannot: what died is lastwords' own child */
	struct report_list list;
	enum report_format format;
	bool colour;
};

/* Whether it is known by now if the command runs. On a file system that does not answer that may take for
 * ever: it is never waited for. What is said comes after the child's exec, or before its end. */
static bool is_decided(struct exec *exec)
{
	char failed;
	ssize_t n = exec->gate < 0 ? 0 : recv(exec->gate, &failed, 1, MSG_DONTWAIT);

	if (n < 0)
		return false;
	exec->not_run |= n == 1;
	if (exec->gate >= 0)
		close(exec->gate);
	exec->gate = -1;
	return true;
}

/* Events tell of what has happened by then. */
static bool has_run(struct exec *exec)
{
	is_decided(exec);
	return !exec->not_run;
}

static void print_page(void *context, const struct event *event, const char *body, struct buf *out)
{
	struct exec *exec = context;

	if (event_is_death(event->kind) && has_run(exec))
		report_event_page(body, exec->colour, out);
}

static void print_list(void *context, const struct event *event, const char *body, struct buf *out)
{
	struct exec *exec = context;

	(void)event;
	(void)out;
	if (has_run(exec))
		report_list_event(&exec->list, body);
}

static void on_message(void *context, const void *message, size_t size)
{
	struct exec *exec = context;

	pipeline_message(&exec->pipeline, message, size);
}

static void on_flush(void *context)
{
	struct exec *exec = context;

	pipeline_commit(&exec->pipeline);
}

static void on_child(void *context, int signo)
{
	struct exec *exec = context;

	(void)signo;
	if (waitpid(exec->child, &exec->status, WNOHANG) == exec->child) {
		exec->ended = true;
		loop_stop(exec->loop, EXIT_DONE);
	}
}

/* Whether the command has not begun yet: then nothing is left to be told, and the child goes when it can. */
static bool give_up(struct exec *exec, int signo)
{
	if (is_decided(exec))
		return false;
	kill(exec->child, SIGKILL);
	exec->status = signo;
	exec->ended = true;
	loop_stop(exec->loop, EXIT_DONE);
	return true;
}

/* A terminal sends these to the command too; we stay to tell how it ended. */
static void on_terminal_signal(void *context, int signo)
{
	give_up(context, signo);
}

static void on_forwarded_signal(void *context, int signo)
{
	struct exec *exec = context;

	if (!give_up(exec, signo))
		kill(exec->child, signo);
}

static int watch_signals(struct exec *exec)
{
	int r = loop_add_signal(exec->loop, SIGCHLD, on_child, exec);

	if (r == 0)
		r = loop_add_signal(exec->loop, SIGINT, on_terminal_signal, exec);
	if (r == 0)
		r = loop_add_signal(exec->loop, SIGQUIT, on_terminal_signal, exec);
	if (r == 0)
		r = loop_add_signal(exec->loop, SIGTERM, on_forwarded_signal, exec);
	if (r == 0)
		r = loop_add_signal(exec->loop, SIGHUP, on_forwarded_signal, exec);
	return r;
}

#define OWN_FILES 4096 /* at most */

/* In the child: what exec would close. That may never happen, and lastwords waits until nobody has the
 * helpers' sockets any more. */
static void close_own(int but)
{
	for (int fd = STDERR_FILENO + 1; fd < OWN_FILES; fd++)
		if (fd != but && fcntl(fd, F_GETFD) == FD_CLOEXEC)
			close(fd);
}

/* In the child: waits until it is watched, and becomes the command, which closes the gate. */
static _Noreturn void become(int gate, const sigset_t *mask, char **command)
{
	char go;
	int error;

	close_own(gate);
	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	error = errno;
	log_error("cannot run %s: %s", command[0], strerror(error));
	if (write(gate, "", 1) != 1)
		_exit(EXIT_FAILED);
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* Forks a child that becomes the command once the gate opens. Returns 0 or -errno. */
static int start_child(struct exec *exec, const sigset_t *mask, char **command)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	exec->child = fork();
	if (exec->child == 0)
		become(ends[1], mask, command);
	r = exec->child < 0 ? -errno : 0;
	close(ends[1]);
	if (r < 0)
		close(ends[0]);
	else
		exec->gate = ends[0];
	return r;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int watch(struct exec *exec, const struct config *config, char **command)
{
	struct live *live = NULL;
	sigset_t mask;
	int r;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	r = loop_new(&exec->loop);
	if (r == 0)
		r = watch_signals(exec);
	if (r < 0)
		return r;
	names_watch(&exec->names, &exec->pipeline, config->files);
	r = live_start(&live, exec->loop, &config->probe, on_message, on_flush, NULL, exec);
	if (r < 0)
		return r;
	names_attach(&exec->names, exec->loop, NULL);
	r = start_child(exec, &mask, command);
	if (r == 0) {
		enrich_watch(exec->pipeline.enrich, (uint32_t)exec->child);
		r = write(exec->gate, "", 1) == 1 ? 0 : -errno;
	}
	r = r < 0 ? r : loop_run(exec->loop);
	live_stop(live);
	enrich_finish(exec->pipeline.enrich);
	live_settle(exec->loop, exec->pipeline.enrich);
	pipeline_commit(&exec->pipeline);
	return r;
}

static int run_command(struct exec *exec, const char *config_path, char **command)
{
	_cleanup_buf_ struct buf error = {0};
	struct config config = {0};
	int r;

	r = config_read(&config, config_path ? config_path : CONFIG_DEFAULT, config_path != NULL,
		exec->pipeline.enrich, &error);
	if (r < 0) {
		log_error("%s", error.len ? buf_text(&error) : strerror(-r));
	} else {
		if (exec->format == REPORT_TEXT) {
			exec->pipeline.stream = stderr;
			exec->pipeline.print = print_page;
			exec->colour = report_wants_colour(stderr);
		} else {
			exec->pipeline.print = print_list;
			report_list_begin(&exec->list, stdout, exec->format);
		}
		exec->pipeline.print_context = exec;
		names_start(&exec->names, NULL);
		config.probe.nursery_pid = (uint32_t)symbolizer_nursery(exec->names.symbolizer);
		r = watch(exec, &config, command);
		names_stop(&exec->names);
		if (exec->format != REPORT_TEXT)
			report_list_end(&exec->list);
		if (r < 0 && r != -EPERM)
			log_error("%s was not run: %s", command[0], strerror(-r));
	}
	config_free(&config);
	return exec->ended ? exit_status(exec->status) : EXIT_FAILED;
}

int command_exec(int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS, {"config", required_argument, NULL, OPTION_CONFIG}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	const char *config = NULL;
	struct exec exec = {.gate = -1};
	int c, r;

	while ((c = getopt_long(argc, argv, "+:o:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
		if (c == OPTION_CONFIG)
			config = optarg;
	}
	if (common.help)
		return help_print(help);
	if (optind == argc)
		return usage_error(argv, "name a command to run");
	if (pipeline_init(&exec.pipeline) < 0) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	exec.format = common.format;
	r = run_command(&exec, config, argv + optind);
	loop_free(exec.loop);
	pipeline_free(&exec.pipeline);
	return r;
}
