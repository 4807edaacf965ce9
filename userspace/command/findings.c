/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords issues, incidents: lists of what was concluded. */
#include "command/command.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/decide.h"
#include "store/finding.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000000000ull

enum { OPTION_SINCE = OPTION_OWN, OPTION_UNTIL, OPTION_SERVICE, OPTION_STATE_OF };

struct findings {
	struct common_options common;
	struct store_finding_filter filter;
};

static const char issue_states[] = "new, ongoing, regressed, resolved, ignored, merged",
		  incident_states[] = "open, closed";

static const char *states_of(const char *kind)
{
	return strcmp(kind, "issue") == 0 ? issue_states : incident_states;
}

static void print_help(const char *kind)
{
	if (strcmp(kind, "issue") == 0)
		fputs("Usage: lastwords issues resolve|ignore ISSUE\n"
		      "       lastwords issues merge ISSUE INTO\n"
		      "Decides about an issue: it is resolved until it comes back; it makes no incidents; it "
		      "is the\n"
		      "same as another one. Ids may be cut to 6 characters or more.\n\n",
			stdout);
	printf("Usage: lastwords %ss [OPTIONS]\n"
	       "Lists %ss, newest first.\n\n"
	       "  --since T, --until T  last seen from, to: 15m, 2h ago, today, 10:46, 2026-11-22T10:46:09Z "
	       "(UTC)\n"
	       "  --service S           only this service\n"
	       "  --only STATE          only this state: %s\n"
	       "  -n, --lines N         at most so many, default 100; 0: all\n"
	       "  -o, --output FORMAT   text, json (an array) or jsonl (one object a line)\n"
	       "  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n",
		kind, kind, states_of(kind));
}

/* A whole word of the list. */
static int take_state(struct findings *f, char **argv)
{
	const char *states = states_of(f->filter.kind), *at = states;
	size_t len = strlen(optarg);

	for (; *at; at += strspn(at, ", ")) {
		size_t word = strcspn(at, ",");

		if (word == len && strncmp(at, optarg, len) == 0) {
			f->filter.state = optarg;
			return 0;
		}
		at += word;
	}
	return usage_error(argv, "unknown state '%s': use %s", optarg, states);
}

static int take_option(struct findings *f, int c, char **argv)
{
	int taken = common_option(&f->common, c, argv);

	if (taken)
		return taken < 0 ? EXIT_USAGE : 0;
	switch (c) {
	case OPTION_SINCE: return time_option(argv, "--since", &f->filter.since);
	case OPTION_UNTIL: return time_option(argv, "--until", &f->filter.until);
	case OPTION_SERVICE: f->filter.service = optarg; return 0;
	case OPTION_STATE_OF: return take_state(f, argv);
	default:
		if (text_parse_u64(optarg, LIMIT_MAX, &f->filter.limit) == 0)
			return 0;
		return usage_error(argv, "-n: '%s' is no number", optarg);
	}
}

static int print_finding(void *context, const struct store_finding *finding)
{
	return report_list_event(context, finding->body);
}

static int list(const struct findings *f)
{
	struct report_list out;
	struct store *store;
	int r, end;

	if (open_store(&store, f->common.state, STORE_READ) < 0)
		return EXIT_FAILED;
	report_list_begin(&out, stdout, f->common.format);
	out.findings = true;
	r = store_findings(store, &f->filter, print_finding, &out);
	end = report_list_end(&out);
	store_close(store);
	if (r < 0 && !end) {
		output_finish(0);
		log_error("cannot read the %ss: %s", f->filter.kind, strerror(-r));
		return EXIT_FAILED;
	}
	if (!end && out.first && f->common.format == REPORT_TEXT)
		log_info("no %ss match", f->filter.kind);
	return output_finish(end);
}

static int findings_main(const char *kind, int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS,
		{"since", required_argument, NULL, OPTION_SINCE},
		{"until", required_argument, NULL, OPTION_UNTIL},
		{"service", required_argument, NULL, OPTION_SERVICE},
		{"only", required_argument, NULL, OPTION_STATE_OF},
		{"lines", required_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	struct findings f = {.common = COMMON_OPTIONS_INIT, .filter = {.kind = kind, .limit = LIMIT_DEFAULT}};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, ":n:o:", options, NULL)) != -1)
		status = take_option(&f, c, argv);
	if (status)
		return status;
	output_begin();
	if (f.common.help) {
		print_help(kind);
		return output_finish(0);
	}
	if (optind < argc && strcmp(kind, "issue") == 0 && decide_is_action(argv[optind])) {
		if (argc - optind != (strcmp(argv[optind], "merge") == 0 ? 3 : 2))
			return usage_error(argv, "resolve and ignore take an issue, merge takes two");
		return decide(f.common.state, argv + optind, f.common.format != REPORT_TEXT);
	}
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	return list(&f);
}

int command_issues(int argc, char **argv)
{
	return findings_main("issue", argc, argv);
}

int command_incidents(int argc, char **argv)
{
	return findings_main("incident", argc, argv);
}
