/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords COMMAND: the table of commands. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"

static const struct command commands[] = {
	{"run", "the daemon, in the foreground", command_run},
	{"exec", "run a command under watch, without a daemon", command_exec},
	{"events", "list or follow everything that is stored", command_events},
	{"crashes", "what died, newest first", command_crashes},
	{"markers", "what was changed, newest first", command_markers},
	{"issues", "failures of one cause, newest first", command_issues},
	{"incidents", "what went wrong together, newest first", command_incidents},
	{"status", "the check list: what is broken, what changed, what to do", command_status},
	{"show", "everything about one event, marker, issue or incident", command_show},
	{"core", "a core file of a death, for gdb, lldb and eu-stack", command_core},
	{"mark", "declare a change", command_mark},
	{"record", "capture the stream of the probes in a file", command_record},
	{"replay", "recorded events through correlation", command_replay},
	{"doctor", "what this kernel and this user can do", command_doctor},
	{"config", "check the configuration", command_config},
	{"deliver", NULL, command_deliver}, /* started by the daemon */
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *stream)
{
	fputs("Usage: lastwords COMMAND [OPTIONS]\n"
	      "Says what died or failed on this host, what killed it, and what had changed before.\n\n",
		stream);
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\nlastwords COMMAND --help tells more; lastwords --version its version.\n", stream);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	}
	if (strcmp(name, "--version") == 0) {
		puts("lastwords " LW_VERSION);
		return output_finish(0);
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return output_finish(0);
	}
	if (argc < 2)
		print_help(stderr);
	else
		log_error("unknown command '%s'; see 'lastwords --help'", name);
	return EXIT_USAGE;
}
