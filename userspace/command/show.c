/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords show: everything about one event, marker, issue or incident. */
#include "command/command.h"

#include <errno.h>
#include <string.h>

#include "base/json_tree.h"
#include "base/log.h"
#include "command/story.h"
#include "model/body.h"
#include "store/finding.h"

static const char help[] =
	"Usage: lastwords show [OPTIONS] ID\n"
	"Everything about one event, marker, issue or incident. ID may be cut to 6 characters or more.\n\n"
	"  -o, --output FORMAT   text, json or jsonl (the event as it is stored)\n"
	"  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n";

static int print_row(void *context, const struct store_row *row)
{
	const enum report_format *format = context;
	_cleanup_buf_ struct buf page = {0};

	if (*format == REPORT_TEXT) {
		report_event_page(row->body, report_wants_colour(stdout), &page);
	} else {
		buf_str(&page, row->body);
		buf_char(&page, '\n');
	}
	/* A failed write shows when the output is finished. */
	fwrite(buf_text(&page), 1, page.len, stdout);
	return page.failed ? -ENOMEM : 0;
}

static int take_finding(void *context, const struct store_finding *finding)
{
	buf_str(context, finding->body);
	return 0;
}

static int put_finding_page(struct store *store, const char *body, struct buf *page)
{
	bool colour = report_wants_colour(stdout);
	json_t *finding = json_tree(body, strlen(body)), *issues[STORY_ISSUES];
	bool incident = strcmp(body_text(finding, "kind"), "incident") == 0;
	unsigned count = incident ? story_issues(store, finding, issues) : 0;

	report_finding_page(body, issues, count, colour, page);
	while (count > 0)
		json_decref(issues[--count]);
	json_decref(finding);
	return incident ? story_of_incident(store, body, colour, page)
			: story_of_issue(store, body, colour, page);
}

static int print_finding(struct store *store, const char *id, enum report_format format)
{
	_cleanup_buf_ struct buf page = {0}, body = {0};
	int r = store_finding_get(store, id, take_finding, &body);

	if (r < 0)
		return r;
	if (format == REPORT_TEXT)
		r = put_finding_page(store, buf_text(&body), &page);
	else
		buf_printf(&page, "%s\n", buf_text(&body));
	fwrite(buf_text(&page), 1, page.len, stdout);
	return page.failed ? -ENOMEM : r;
}

static int show(const struct common_options *common, const char *id)
{
	enum report_format format = common->format;
	struct store *store;
	int r = open_store(&store, common->state, STORE_READ);

	if (r < 0)
		return EXIT_FAILED;
	r = store_get(store, id, print_row, &format);
	if (r == -ENOENT)
		r = print_finding(store, id, format);
	store_close(store);
	if (r == -ENOENT)
		log_error("no event, issue or incident has the id %s", id);
	else if (r == -ENOTUNIQ)
		log_error("more than one event has an id that begins with %s: give more of it", id);
	else if (r < 0)
		log_error("cannot read the event: %s", strerror(-r));
	return r < 0 ? EXIT_FAILED : output_finish(0);
}

int command_show(int argc, char **argv)
{
	struct common_options common = COMMON_OPTIONS_INIT;
	int status = common_options(&common, argc, argv, help);
	char id[ID_TEXT];

	if (status >= 0)
		return status;
	status = id_argument(argc, argv, id);
	return status ? status : show(&common, id);
}
