/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands share: common options, wrong usage, the end of the output, and the store. */
#include "command/command.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define ID_PREFIX_MIN 6

int usage_error(char **argv, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_error("%s; see 'lastwords %s --help'", message, argv[0]);
	return EXIT_USAGE;
}

/* getopt_long tells a long option only by its place, and a short one only by its character. */
static int bad_option(int c, char **argv)
{
	const char *text = argv[optind - 1];
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *problem = c == ':' ? "needs a value" : "is unknown or ambiguous";

	if (optopt > 0 && optopt < OPTION_HELP)
		text = letter;
	else if (c == '?' && optopt)
		problem = "takes no value";
	usage_error(argv, "option '%.*s' %s", (int)strcspn(text, "="), text, problem);
	return -1;
}

int common_option(struct common_options *options, int c, char **argv)
{
	int format;

	switch (c) {
	case OPTION_HELP: options->help = true; return 1;
	case OPTION_STATE:
		options->state = optarg;
		if (optarg[0])
			return 1;
		usage_error(argv, "--state needs a directory");
		return -1;
	case 'o':
		format = report_format_parse(optarg);
		if (format < 0) {
			usage_error(argv, "unknown output '%s': use text, json or jsonl", optarg);
			return -1;
		}
		options->format = (enum report_format)format;
		return 1;
	case '?':
	case ':': return bad_option(c, argv);
	default: return 0;
	}
}

int common_options(struct common_options *options, int argc, char **argv, const char *help)
{
	static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		if (common_option(options, c, argv) < 0)
			return EXIT_USAGE;
	}
	if (options->help)
		return help_print(help);
	output_begin();
	return -1;
}

int time_option(char **argv, const char *name, uint64_t *ret)
{
	if (clock_parse(optarg, clock_realtime(), ret) == 0)
		return 0;
	return usage_error(
		argv, "%s: '%s' is no time: use 15m, today, 10:46 or 2026-11-22T10:46:09Z", name, optarg);
}

void output_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
}

int help_print(const char *help)
{
	output_begin();
	fputs(help, stdout);
	return output_finish(0);
}

int output_finish(int error)
{
	if (fflush(stdout) != 0 && !error)
		error = -errno;
	if (!error && ferror(stdout))
		error = -EIO;
	if (!error || error == -EPIPE)
		return EXIT_DONE;
	log_error("cannot write the output: %s", strerror(-error));
	return EXIT_FAILED;
}

int open_store(struct store **ret, const char *state, enum store_mode mode)
{
	_cleanup_buf_ struct buf error = {0};
	int r = store_open(ret, state, mode, &error);

	if (r < 0)
		log_error("%s", buf_text(&error));
	return r;
}

bool id_typed(const char *typed, char id[ID_TEXT])
{
	text_copy(id, ID_TEXT, typed);
	for (char *p = id; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return strlen(typed) >= ID_PREFIX_MIN;
}

int id_argument(int argc, char **argv, char id[ID_TEXT])
{
	if (argc - optind != 1)
		return usage_error(argv, "give one id");
	if (!id_typed(argv[optind], id))
		return usage_error(argv, "an id needs at least 6 characters");
	return 0;
}
