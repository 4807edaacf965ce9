/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of stored events: options to a filter, and the rows to the writer. */
#include "command/list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "store/finding.h"

#define LIMIT_MAX 1000000000ull

enum { OPTION_SINCE = OPTION_OWN, OPTION_UNTIL, OPTION_KIND, OPTION_SERVICE, OPTION_ISSUE };

struct list {
	const struct list_spec *spec;
	struct common_options common;
	struct store_filter filter;
	unsigned kinds; /* set of LIST_KIND; 0: none was named */
	const char *names[EVENT_KINDS];
	const char *issue;                      /* NULL: any */
	struct store_fingerprints fingerprints; /* of it */
	bool follow;
	bool limited; /* -n was given */
};

static void kind_names(unsigned kinds, struct buf *out)
{
	for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
		if (kinds & LIST_KIND(kind))
			buf_printf(out, "%s%s", out->len ? ", " : "", event_kind_name(kind));
	}
}

static int take_kinds(struct list *list, char **argv, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *name;

	while ((name = strsep(&rest, ","))) {
		int kind = event_kind_parse(name);

		if (kind < 0 || !(list->spec->kinds & LIST_KIND(kind))) {
			_cleanup_buf_ struct buf names = {0};

			kind_names(list->spec->kinds, &names);
			return usage_error(argv, "unknown kind '%s': use %s", name, buf_text(&names));
		}
		list->kinds |= LIST_KIND(kind);
	}
	return 0;
}

/* Returns 0 or an exit status that was reported. */
static int take_option(struct list *list, int c, char **argv)
{
	int taken = common_option(&list->common, c, argv);

	if (taken)
		return taken < 0 ? EXIT_USAGE : 0;
	switch (c) {
	case OPTION_SINCE: return time_option(argv, "--since", &list->filter.since);
	case OPTION_UNTIL: return time_option(argv, "--until", &list->filter.until);
	case OPTION_KIND: return take_kinds(list, argv, optarg);
	case OPTION_SERVICE: list->filter.service = optarg; return 0;
	case OPTION_ISSUE: list->issue = optarg; return 0;
	case 'f':
		list->follow = true;
		return list->spec->can_follow ? 0 : usage_error(argv, "only events can be followed");
	default:
		list->limited = true;
		if (text_parse_u64(optarg, LIMIT_MAX, &list->filter.limit) == 0)
			return 0;
		return usage_error(argv, "-n: '%s' is no number of events", optarg);
	}
}

static int parse(struct list *list, int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS,
		{"since", required_argument, NULL, OPTION_SINCE},
		{"until", required_argument, NULL, OPTION_UNTIL},
		{"kind", required_argument, NULL, OPTION_KIND},
		{"service", required_argument, NULL, OPTION_SERVICE},
		{"issue", required_argument, NULL, OPTION_ISSUE},
		{"follow", no_argument, NULL, 'f'},
		{"lines", required_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, ":fn:o:", options, NULL)) != -1)
		status = take_option(list, c, argv);
	if (status || list->common.help)
		return status;
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	if (list->follow && list->filter.until)
		return usage_error(argv, "--until and --follow exclude each other");
	return 0;
}

static void complete_filter(struct list *list)
{
	struct store_filter *filter = &list->filter;
	unsigned kinds = list->kinds ? list->kinds : list->spec->kinds;

	for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
		if (kinds & LIST_KIND(kind))
			list->names[filter->kind_count++] = event_kind_name(kind);
	}
	/* All kinds are no condition: a newer daemon may have stored others. */
	filter->kinds = kinds == LIST_ALL_KINDS ? NULL : list->names;
	if (!filter->kinds)
		filter->kind_count = 0;
	filter->newest_first = list->spec->newest_first;
	if (!list->limited)
		filter->limit = list->spec->limit;
}

static int find_issue(struct list *list, struct store *store)
{
	int r = list->issue ? store_fingerprints(store, list->issue, &list->fingerprints) : 0;

	if (r == -ENOENT)
		log_error("there is no issue %s", list->issue);
	else if (r == -ENOTUNIQ)
		log_error("more than one issue begins with %s", list->issue);
	else if (r < 0)
		log_error("cannot read the issues: %s", strerror(-r));
	list->filter.of = list->issue ? &list->fingerprints : NULL;
	return r;
}

static int run(struct list *list, struct store *store)
{
	struct report_list out;
	uint64_t count = 0;
	int r, end;

	report_list_begin(&out, stdout, list->common.format);
	if (list->follow)
		r = list_follow(store, &list->filter, &out);
	else if (list->filter.limit && !list->spec->newest_first)
		r = list_print_last(store, &list->filter, UINT64_MAX, &out, &count);
	else
		r = list_print(store, &list->filter, UINT64_MAX, &out, &count);
	end = report_list_end(&out);
	if (r < 0 && !end) {
		output_finish(0);
		log_error("cannot read the events: %s", strerror(-r));
		return EXIT_FAILED;
	}
	if (!end && !count && !list->follow && list->common.format == REPORT_TEXT)
		log_info("no events match");
	return output_finish(end);
}

int list_main(const struct list_spec *spec, int argc, char **argv)
{
	struct list list = {.spec = spec, .common = COMMON_OPTIONS_INIT};
	struct store *store;
	int status = parse(&list, argc, argv);

	if (status)
		return status;
	if (list.common.help)
		return help_print(spec->help);
	output_begin();
	complete_filter(&list);
	if (open_store(&store, list.common.state, STORE_READ) < 0)
		return EXIT_FAILED;
	status = find_issue(&list, store) < 0 ? EXIT_FAILED : run(&list, store);
	store_close(store);
	return status;
}
