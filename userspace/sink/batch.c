/* SPDX-License-Identifier: Apache-2.0 */
/* From the store to a batch: what comes behind the cursor, filtered, in the form of the sink's kind. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json_tree.h"
#include "base/text.h"
#include "sink/internal.h"
#include "store/finding.h"

#define LOOK_MAX 20000 /* events that are passed over in one go */

struct look {
	struct sink *sink;
	unsigned limit; /* entries */
	unsigned seen;
};

static int encode(struct sink *sink, struct sink_item *item)
{
	size_t before = sink->body.len;
	int r = sink->kind->encode(sink, item, &sink->body);

	if (r == 0 && sink->body.failed)
		r = -ENOMEM;
	if (r < 0) {
		sink->body.failed = false;
		sink->body.len = before;
	}
	return r;
}

/* Returns 1: the sink does not want it. */
static int add_parsed(struct sink *sink, struct sink_item *item)
{
	char *text = NULL;
	int r;

	item->object = json_scratch(item->body, item->len);
	if (model_severity(item->object, &item->severity) < 0)
		return -EBADMSG;
	if (!filter_wants_severity(sink->filter, item->severity.otel))
		return 1;
	if (filter_remove(sink->filter, item->object)) {
		text = json_dumps(item->object, JSON_COMPACT);
		if (!text)
			return -ENOMEM;
		item->body = text;
		item->len = strlen(text);
	}
	r = encode(sink, item);
	free(text);
	return r;
}

int batch_add(struct sink *sink, const struct sink_cursor *at, const char *id, uint64_t time,
	const char *kind, const char *service, const char *body)
{
	struct sink_item item = {
		.time = time, .kind = kind, .service = service, .body = body, .len = strlen(body)};
	struct entry *entry = &sink->entries[sink->count];
	int r;

	text_copy(item.id, sizeof(item.id), id);
	if (sink->raw && !filter_looks_inside(sink->filter))
		r = encode(sink, &item);
	else
		r = add_parsed(sink, &item);
	json_scratch_free(item.object);
	if (r < 0)
		sink_set_aside(sink, id, r == -EBADMSG ? "it is not the JSON of an event" : strerror(-r));
	if (r != 0)
		return 1;
	*entry = (struct entry){.at = *at};
	memcpy(entry->id, item.id, sizeof(entry->id));
	sink->count++;
	return 0;
}

static bool is_full(const struct look *look)
{
	return look->sink->count >= look->limit || look->sink->body.len >= look->sink->options->batch_size;
}

static int on_event(void *context, const struct store_row *row)
{
	struct look *look = context;
	struct sink *sink = look->sink;

	sink->read.event = row->seq;
	look->seen++;
	if (filter_wants(sink->filter, row->kind, row->service))
		batch_add(sink, &sink->read, row->id, row->time, row->kind, row->service, row->body);
	return is_full(look);
}

static int on_finding(void *context, const struct store_finding *finding)
{
	struct look *look = context;
	struct sink *sink = look->sink;
	char id[SINK_ID];

	sink->read.finding = finding->seq;
	look->seen++;
	snprintf(id, sizeof(id), "%s-%llu", finding->id, (unsigned long long)finding->seq);
	if (filter_wants(sink->filter, finding->kind, finding->service))
		batch_add(sink, &sink->read, id, finding->time, finding->kind,
			*finding->service ? finding->service : NULL, finding->body);
	return is_full(look);
}

static void skip(struct sink *sink, uint64_t to)
{
	sink->skipped += to - sink->sent.event;
	sink->sent.event = to;
	/* Else the next attempt would count them again. */
	sender_pass(sink);
}

/* What the store gave up meanwhile, and what is over the backlog. */
static int skip_lost(struct sink *sink)
{
	uint64_t backlog = sink->options->backlog;
	uint64_t first, last;
	int r = store_last_seq(sink->all->store, &last);

	if (r < 0 || last <= sink->sent.event)
		return r;
	r = store_first_seq(sink->all->store, &first);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT)
		first = last + 1;
	if (first > sink->sent.event + 1)
		skip(sink, first - 1);
	if (backlog && last - sink->sent.event > backlog)
		skip(sink, last - backlog);
	return 0;
}

static void add_probe(struct sink *sink)
{
	const struct store_row *row = sink->all->probe;
	const struct sink_cursor at = {.event = 1};

	sink->more = false;
	if (!sink->sent.event)
		batch_add(sink, &at, row->id, row->time, row->kind, row->service, row->body);
	sink->read = at;
}

static int on_open(void *context, const struct store_finding *finding)
{
	struct look *look = context;
	struct sink *sink = look->sink;
	char id[SINK_ID];

	snprintf(id, sizeof(id), "%s-%llu", finding->id, (unsigned long long)finding->seq);
	if (filter_wants(sink->filter, finding->kind, finding->service))
		batch_add(sink, &sink->sent, id, finding->time, finding->kind,
			*finding->service ? finding->service : NULL, finding->body);
	return is_full(look);
}

int batch_read_open(struct sink *sink)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open"};
	struct look look = {.sink = sink, .limit = sink->limit};
	int r;

	sink->count = 0;
	sink->read = sink->sent;
	buf_reset(&sink->body);
	r = store_findings(sink->all->store, &open, on_open, &look);
	return r < 0 ? r : 0;
}

/* Events take three quarters of a batch at most, so that a flood of them does not hold up the incident. In a
 * batch of one there is no room for both. */
static unsigned limit_of_events(const struct sink *sink)
{
	return sink->limit > 1 ? sink->limit * 3 / 4 : 1;
}

int batch_read(struct sink *sink)
{
	struct look look = {.sink = sink, .limit = limit_of_events(sink)};
	struct store_filter filter = {.by_seq = true, .limit = LOOK_MAX};
	int r = sink->all->store ? skip_lost(sink) : 0;

	sink->count = 0;
	sink->read = sink->sent;
	buf_reset(&sink->body);
	if (!sink->all->store) {
		add_probe(sink);
		return 0;
	}
	filter.after_seq = sink->sent.event;
	if (r == 0)
		r = store_query(sink->all->store, &filter, on_event, &look);
	sink->more = r == 1 || look.seen == LOOK_MAX;
	if (r < 0 || sink->count == sink->limit)
		return r < 0 ? r : 0;
	look.limit = sink->limit;
	look.seen = 0;
	r = store_findings_after(sink->all->store, sink->sent.finding, LOOK_MAX, on_finding, &look);
	sink->more |= r == 1 || look.seen == LOOK_MAX;
	return r < 0 ? r : 0;
}
