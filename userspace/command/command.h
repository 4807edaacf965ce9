/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands: one file each; main.c holds the table. */
#ifndef LW_COMMAND_COMMAND_H
#define LW_COMMAND_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/report.h"
#include "store/store.h"

#define STATE_DIR_DEFAULT "/var/lib/lastwords"
#define CONFIG_DEFAULT    "/etc/lastwords/lastwords.conf"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *summary;                /* for `lastwords --help` */
	int (*main)(int argc, char **argv); /* argv[0] is the command's name; returns an exit status */
};

int command_run(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_events(int argc, char **argv);
int command_crashes(int argc, char **argv);
int command_markers(int argc, char **argv);
int command_show(int argc, char **argv);
int command_core(int argc, char **argv);
int command_mark(int argc, char **argv);
int command_record(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_issues(int argc, char **argv);
int command_incidents(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_status(int argc, char **argv);
int command_config(int argc, char **argv);
int command_deliver(int argc, char **argv);

/* Options that every command has. Long options of a command's own start at OPTION_OWN. */
enum { OPTION_HELP = 256, OPTION_STATE, OPTION_OWN };
#define COMMON_LONG_OPTIONS                                                                                  \
	{"help", no_argument, NULL, OPTION_HELP}, {"state", required_argument, NULL, OPTION_STATE},          \
	{                                                                                                    \
		"output", required_argument, NULL, 'o'                                                       \
	}

struct common_options {
	const char *state;
	enum report_format format;
	bool help;
};

#define COMMON_OPTIONS_INIT                                                                                  \
	{                                                                                                    \
		.state = STATE_DIR_DEFAULT, .format = REPORT_TEXT                                            \
	}

/* Takes option c of getopt_long, whose short options start with ':' so that it prints nothing itself, when it
 * is a common one. Returns 1: taken; 0: not mine; -1: bad value, already reported; also -1 for '?' and ':'
 * after telling which option is unknown or lacks its value and where the help is. */
int common_option(struct common_options *options, int c, char **argv);

/* Takes the options of a command that has the common ones alone, and writes its help when that is asked for.
 * Returns -1 when it goes on, else the exit status; what was wrong is reported. */
int common_options(struct common_options *options, int argc, char **argv, const char *help);

/* Takes optarg as a point in time, ns since the epoch: "15m" is so long ago. name is the option's. Returns 0
 * or an exit status that was reported. */
int time_option(char **argv, const char *name, uint64_t *ret);

#define ID_TEXT 64 /* room for an id; those that are longer are nobody's */

/* What was typed, as ids are stored. Returns whether it is long enough to be the beginning of one. */
bool id_typed(const char *typed, char id[ID_TEXT]);

/* Takes the one argument of a command that is an id, or its first 6 characters or more, as ids are stored.
 * Returns 0 or an exit status that was reported. */
int id_argument(int argc, char **argv, char id[ID_TEXT]);

/* Reports a wrong use of the command argv[0] and where its help is. Returns EXIT_USAGE. */
int usage_error(char **argv, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Before a command writes its result: a reader that goes away is a failed write then, not a signal. */
void output_begin(void);
/* Writes the help of a command. Returns an exit status. */
int help_print(const char *help);
/* Flushes standard output; error is what a writer returned so far, 0 or -errno. Returns EXIT_DONE, also when
 * the reader has gone away (-EPIPE), else EXIT_FAILED after a message. */
int output_finish(int error);

/* store_open of a state directory that tells why it failed. Returns 0 or -errno. */
int open_store(struct store **ret, const char *state, enum store_mode mode);

#endif
