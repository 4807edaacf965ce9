/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords mark: declares a change, to the daemon or, when none runs, to its database. */
#include "command/command.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/direct.h"
#include "marker/control.h"
#include "marker/marker.h"
#include "store/store.h"

enum { OPTION_SERVICE = OPTION_OWN, OPTION_VERSION, OPTION_NOTE, OPTION_LINK, OPTION_AT };

static const char help[] =
	"Usage: lastwords mark KIND --service S [OPTIONS]\n"
	"Declares a change, so that what fails after it can be held against it.\n\n"
	"KIND is deploy, rollback, infra, schema, config, flag, restart or third-party.\n\n"
	"  --service S           what was changed\n"
	"  --version V           to which version\n"
	"  --note TEXT           what a colleague should know\n"
	"  --link URL            where there is more\n"
	"  --at TIME             when, if not now: 15m, today, 10:46, 2026-11-22T10:46:09Z (UTC)\n"
	"  -o, --output FORMAT   text, json or jsonl\n"
	"  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n";

struct mark {
	struct common_options common;
	struct event_marker marker;
	uint64_t time; /* ns since the epoch */
};

/* Returns 0 or an exit status that was reported. */
static int take_option(struct mark *mark, int c, char **argv)
{
	static const char *const fields[] = {
		[OPTION_SERVICE - OPTION_OWN] = "service",
		[OPTION_VERSION - OPTION_OWN] = "version",
		[OPTION_NOTE - OPTION_OWN] = "note",
		[OPTION_LINK - OPTION_OWN] = "link",
	};
	int taken = common_option(&mark->common, c, argv);
	const char *message;

	if (taken)
		return taken < 0 ? EXIT_USAGE : 0;
	if (c != OPTION_AT) {
		message = marker_set(&mark->marker, fields[c - OPTION_OWN], optarg);
		return message ? usage_error(argv, "%s", message) : 0;
	}
	if (clock_parse(optarg, mark->time, &mark->time) == 0)
		return 0;
	return usage_error(argv, "--at: '%s' is no time: use 15m, 10:46 or 2026-11-22T10:46:09Z", optarg);
}

static int parse(struct mark *mark, int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS,
		{"service", required_argument, NULL, OPTION_SERVICE},
		{"version", required_argument, NULL, OPTION_VERSION},
		{"note", required_argument, NULL, OPTION_NOTE},
		{"link", required_argument, NULL, OPTION_LINK},
		{"at", required_argument, NULL, OPTION_AT},
		{NULL, 0, NULL, 0},
	};
	const char *message;
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, ":o:", options, NULL)) != -1)
		status = take_option(mark, c, argv);
	if (status || mark->common.help)
		return status;
	if (argc - optind != 1)
		return usage_error(argv, "give one kind of change");
	message = marker_set(&mark->marker, "kind", argv[optind]);
	if (!message)
		message = marker_check(&mark->marker);
	if (!message)
		message = marker_check_time(mark->time, clock_realtime());
	return message ? usage_error(argv, "%s", message) : 0;
}

static void make_event(const struct mark *mark, struct event *ret)
{
	struct event_host host;
	uint64_t entropy = 0;

	direct_host(&host);
	if (getrandom(&entropy, sizeof(entropy), GRND_NONBLOCK) != sizeof(entropy))
		entropy = id_hash(clock_boottime(), &mark->marker, sizeof(mark->marker));
	marker_event(&mark->marker, mark->time, entropy, &host, ret);
	marker_declare(&ret->marker, geteuid(), getpid());
}

static int store_directly(const char *state, const struct event *event)
{
	struct store *store;
	int r = open_store(&store, state, STORE_APPEND);

	if (r < 0)
		return r;
	r = direct_add(store, event);
	store_close(store);
	if (r < 0)
		log_error("the marker was not stored: %s", strerror(-r));
	else
		direct_say(state);
	return r;
}

/* Through the daemon, who gives the id, or past it. Reports its failure. */
static int declare(const struct mark *mark, struct event *event)
{
	_cleanup_buf_ struct buf error = {0};
	int r = control_send_mark(mark->common.state, &mark->marker, mark->time, event->id, &error);

	if (r == -ENOENT || r == -ECONNREFUSED)
		return store_directly(mark->common.state, event);
	if (r == 0 && error.len)
		log_warn("%s: %s", event->marker.service, buf_text(&error));
	else if (r == -EACCES)
		log_error("%s/control.sock: permission denied: be root or a member of its group",
			mark->common.state);
	else if (error.len)
		log_error("the daemon refused it: %s", buf_text(&error));
	else if (r < 0)
		log_error("the daemon did not answer: %s", strerror(-r));
	return r;
}

static void print(const struct event *event, enum report_format format)
{
	const char *const words[] = {
		"marked", event->marker.kind, event->marker.service, event->marker.version};
	_cleanup_buf_ struct buf out = {0};

	if (format != REPORT_TEXT) {
		event_json(event, &out);
	} else {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			text_escape(&out, words[i], strlen(words[i]));
			buf_str(&out, words[i][0] ? " " : "");
		}
		buf_printf(&out, "as %s", event->id);
	}
	puts(buf_text(&out));
}

int command_mark(int argc, char **argv)
{
	struct mark mark = {.common = COMMON_OPTIONS_INIT, .time = clock_realtime()};
	struct event event;
	int status = parse(&mark, argc, argv);

	if (status)
		return status;
	if (mark.common.help)
		return help_print(help);
	output_begin();
	make_event(&mark, &event);
	if (declare(&mark, &event) < 0)
		return EXIT_FAILED;
	print(&event, mark.common.format);
	return output_finish(0);
}
