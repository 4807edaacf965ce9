/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords status: the check list of an incident in one screen. */
#include "command/command.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/finding.h"

#define CHANGES_SINCE (24 * 3600 * NS_PER_SEC)
#define CHANGES       10
#define PEERS_SINCE   (600 * NS_PER_SEC)
#define PEERS         5
#define ENDED         3

static const char help[] = "Usage: lastwords status [OPTIONS]\n"
			   "What is broken on this host now, what changed before, and what to do.\n\n"
			   "  -o, --output FORMAT   text, json or jsonl (one object)\n"
			   "  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n";

/* A part of the page, or an array of the document. */
struct part {
	struct buf *out;
	struct json *json; /* NULL: text */
	void (*text)(const char *body, bool colour, struct buf *out);
	uint64_t count;
};

static int put(struct part *part, const char *body)
{
	part->count++;
	if (part->json)
		json_raw(part->json, NULL, body);
	else
		part->text(body, report_wants_colour(stdout), part->out);
	return 0;
}

static int put_finding(void *context, const struct store_finding *finding)
{
	return put(context, finding->body);
}

static int put_event(void *context, const struct store_row *row)
{
	return put(context, row->body);
}

/* Each part: its title, what it says when it is empty, and where it comes from. */
static int part_begin(struct part *part, const char *key, const char *title)
{
	part->count = 0;
	if (part->json)
		json_array_begin(part->json, key);
	else
		buf_printf(part->out, "%s\n", title);
	return 0;
}

static void part_end(struct part *part, const char *none)
{
	if (part->json)
		json_array_end(part->json);
	else
		buf_printf(part->out, "%s\n", part->count ? "" : none);
}

static int put_incidents(struct store *store, struct part *part)
{
	struct store_finding_filter open = {.kind = "incident", .state = "open"},
				    ended = {.kind = "incident", .state = "closed", .limit = ENDED};
	int r;

	part->text = report_finding_page;
	part_begin(part, "incidents", "now");
	r = store_findings(store, &open, put_finding, part);
	part_end(part, "  nothing is broken, as far as can be seen from here\n");
	part->text = report_finding_line;
	part_begin(part, "ended", "ended last");
	if (r == 0)
		r = store_findings(store, &ended, put_finding, part);
	part_end(part, "  none\n");
	return r;
}

static int put_changes(struct store *store, struct part *part, uint64_t now)
{
	static const char *const kinds[] = {"marker"};
	struct store_filter filter = {.since = now - CHANGES_SINCE,
		.kinds = kinds,
		.kind_count = 1,
		.newest_first = true,
		.limit = CHANGES};
	int r;

	part->text = report_event_line;
	part_begin(part, "changes", "changed in the last 24 hours");
	r = store_query(store, &filter, put_event, part);
	part_end(part, "  nothing that was declared or noticed\n");
	return r;
}

static int put_third_parties(struct store *store, struct part *part, uint64_t now)
{
	static const char *const kinds[] = {"connect_failure", "tcp_reset"};
	struct store_filter filter = {.since = now - PEERS_SINCE,
		.kinds = kinds,
		.kind_count = 2,
		.newest_first = true,
		.limit = PEERS};
	int r;

	part->text = report_event_line;
	part_begin(part, "third_parties", "connections that failed in the last 10 minutes");
	r = store_query(store, &filter, put_event, part);
	part_end(part, "  none\n");
	return r;
}

static int put_all(struct store *store, struct part *part)
{
	uint64_t now = clock_realtime();
	char text[CLOCK_TEXT_SIZE];
	int r;

	clock_format(now, text);
	if (part->json) {
		json_begin(part->json, part->out);
		json_object_begin(part->json, NULL);
		json_str(part->json, "time", text);
	}
	r = put_incidents(store, part);
	if (r == 0)
		r = put_changes(store, part, now);
	if (r == 0)
		r = put_third_parties(store, part, now);
	if (part->json) {
		json_object_end(part->json);
		buf_char(part->out, '\n');
	}
	return r;
}

static int status(const struct common_options *common)
{
	_cleanup_buf_ struct buf error = {0}, out = {0};
	struct json json;
	struct part part = {.out = &out, .json = common->format == REPORT_TEXT ? NULL : &json};
	struct store *store;
	int r = store_open(&store, common->state, STORE_READ, &error);

	if (r < 0) {
		log_error("%s", buf_text(&error));
		return EXIT_FAILED;
	}
	r = put_all(store, &part);
	store_close(store);
	if (r < 0 || out.failed) {
		log_error("cannot read the state: %s", strerror(r < 0 ? -r : ENOMEM));
		return EXIT_FAILED;
	}
	fwrite(buf_text(&out), 1, out.len, stdout);
	return output_finish(0);
}

int command_status(int argc, char **argv)
{
	static const struct option options[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	int c;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
	}
	output_begin();
	if (common.help) {
		fputs(help, stdout);
		return output_finish(0);
	}
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	return status(&common);
}
