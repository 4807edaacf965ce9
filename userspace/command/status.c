/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords status: the check list of an incident in one screen. */
#include "command/command.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "command/alive.h"
#include "command/status_page.h"
#include "store/finding.h"

static const char help[] = "Usage: lastwords status [OPTIONS]\n"
			   "What is broken on this host now, what changed before, and what to do.\n\n"
			   "  -o, --output FORMAT   text, json or jsonl (one object)\n"
			   "  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n";

struct rows {
	struct json *j;
	bool all;
	uint64_t count;
};

static int put_finding(void *context, const struct store_finding *finding)
{
	json_raw(context, NULL, finding->body);
	return 0;
}

static int put_event(void *context, const struct store_row *row)
{
	struct rows *rows = context;

	rows->count++;
	if (rows->all || status_is_third_party(row->body))
		json_raw(rows->j, NULL, row->body);
	return 0;
}

static int put_incidents(
	struct store *store, const char *key, const char *state, uint64_t limit, struct json *j)
{
	const struct store_finding_filter filter = {.kind = "incident", .state = state, .limit = limit};
	int r;

	json_array_begin(j, key);
	r = store_findings(store, &filter, put_finding, j);
	json_array_end(j);
	return r;
}

/* An array of those that are wanted, and whether there were more than were looked at. */
static int put_events(struct store *store, const struct store_filter *filter, const char *key,
	const char *cut, struct json *j)
{
	struct rows rows = {.j = j, .all = filter->kind_count == 1};
	int r;

	json_array_begin(j, key);
	r = store_query(store, filter, put_event, &rows);
	json_array_end(j);
	json_bool(j, cut, rows.count >= STATUS_ROWS);
	return r;
}

/* All of it, for programs to choose from. */
static int status_json(struct store *store, const struct alive *alive, uint64_t now, struct buf *out)
{
	static const char *const changes[] = {"marker"}, *const peers[] = {"connect_failure", "tcp_reset"};
	struct store_filter filter = {.since = now - STATUS_CHANGES_SINCE,
		.kinds = changes,
		.kind_count = 1,
		.newest_first = true,
		.limit = STATUS_ROWS};
	char text[CLOCK_TEXT_SIZE];
	struct json j;
	int r;

	clock_format(now, text);
	json_begin(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "time", text);
	alive_json(alive, &j);
	r = put_incidents(store, "incidents", "open", 0, &j);
	if (r == 0)
		r = put_incidents(store, "ended", "closed", STATUS_ENDED, &j);
	if (r == 0)
		r = put_events(store, &filter, "changes", "changes_cut", &j);
	filter.since = now - STATUS_PEERS_SINCE;
	filter.kinds = peers;
	filter.kind_count = 2;
	if (r == 0)
		r = put_events(store, &filter, "third_parties", "third_parties_cut", &j);
	json_object_end(&j);
	buf_char(out, '\n');
	return r;
}

static int status(const struct common_options *common)
{
	_cleanup_buf_ struct buf out = {0};
	uint64_t now = clock_realtime();
	struct alive alive;
	struct store *store;
	int r = open_store(&store, common->state, STORE_READ);

	if (r < 0)
		return EXIT_FAILED;
	alive_look(&alive, store, common->state, now);
	if (common->format == REPORT_TEXT)
		r = status_page(store, &alive, now, report_wants_colour(stdout), &out);
	else
		r = status_json(store, &alive, now, &out);
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
	struct common_options common = COMMON_OPTIONS_INIT;
	int r = common_options(&common, argc, argv, help);

	if (r >= 0)
		return r;
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	return status(&common);
}
