/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords record: the probes' stream into a capture file. */
#include "command/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "command/config.h"
#include "command/live.h"
#include "probe/capture.h"

static const char help[] =
	"Usage: lastwords record [OPTIONS] FILE\n"
	"Captures what the probes send, until interrupted; `lastwords run --from FILE` reads it.\n\n"
	"  --for DURATION        stop after this time, such as 30s\n"
	"  --config FILE         default " CONFIG_DEFAULT " and conf.d beside it\n";

enum { OPTION_FOR = OPTION_OWN, OPTION_CONFIG };

struct recording {
	struct loop *loop;
	struct capture *capture;
	uint64_t end; /* boottime; 0: none */
	uint64_t messages;
	int error;
};

static void on_message(void *context, const void *message, size_t size)
{
	struct recording *r = context;

	r->messages++;
	r->error = capture_add(r->capture, message, size);
}

static void on_flush(void *context)
{
	struct recording *r = context;

	if (r->error < 0 || (r->end && clock_boottime() >= r->end))
		loop_stop(r->loop, EXIT_DONE);
}

static void on_stop_signal(void *context, int signo)
{
	struct recording *r = context;

	(void)signo;
	loop_stop(r->loop, EXIT_DONE);
}

static int record(const char *path, const char *config_path, uint64_t duration, struct recording *r)
{
	_cleanup_buf_ struct buf error = {0};
	struct enrich *rules;
	struct config config = {0};
	struct live *live = NULL;
	int result;

	/* The exit rules of the configuration are checked, though only a reader of the capture uses them. */
	result = enrich_new(&rules, NULL, NULL);
	if (result < 0)
		return result;
	result = config_read(
		&config, config_path ? config_path : CONFIG_DEFAULT, config_path != NULL, rules, &error);
	enrich_free(rules);
	if (result == 0)
		result = capture_create(&r->capture, path, &error);
	if (result < 0) {
		log_error("%s", error.len ? buf_text(&error) : strerror(-result));
		config_free(&config);
		return result;
	}
	r->end = duration ? clock_boottime() + duration : 0;
	result = live_start(&live, r->loop, &config.probe, on_message, on_flush, NULL, r);
	if (result < 0) {
		capture_abandon(r->capture);
	} else {
		log_info("watching this host; recording to %s", path);
		loop_run(r->loop);
		live_stop(live);
		result = capture_finish(r->capture, &error);
		if (result < 0)
			log_error("%s", buf_text(&error));
		else
			log_info("%llu messages in %s", (unsigned long long)r->messages, path);
	}
	config_free(&config);
	return result;
}

int command_record(int argc, char **argv)
{
	static const struct option options[] = {COMMON_LONG_OPTIONS,
		{"for", required_argument, NULL, OPTION_FOR},
		{"config", required_argument, NULL, OPTION_CONFIG}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	const char *config = NULL;
	struct recording r = {0};
	uint64_t duration = 0;
	int c, result;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
		if (c == OPTION_CONFIG)
			config = optarg;
		else if (c == OPTION_FOR && (clock_parse_duration(optarg, &duration) < 0 || !duration))
			return usage_error(argv, "--for takes a duration such as 30s, not '%s'", optarg);
	}
	if (common.help)
		return help_print(help);
	if (optind + 1 != argc)
		return usage_error(argv, "name one file to record to");
	result = loop_new(&r.loop);
	if (result == 0)
		result = loop_add_signal(r.loop, SIGINT, on_stop_signal, &r);
	if (result == 0)
		result = loop_add_signal(r.loop, SIGTERM, on_stop_signal, &r);
	if (result < 0)
		log_error("cannot make an event loop: %s", strerror(-result));
	else
		result = record(argv[optind], config, duration, &r);
	loop_free(r.loop);
	return result < 0 ? EXIT_FAILED : EXIT_DONE;
}
