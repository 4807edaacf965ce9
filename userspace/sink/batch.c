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
	unsigned limit;  /* entries, and what is set aside */
	unsigned before; /* that were set aside */
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

/* Whether the object still tells the name that a sink would put beside it. */
static bool names_service(const json_t *object)
{
	const json_t *first = json_array_get(json_object_get(object, "services"), 0);

	return json_object_get(json_object_get(object, "service"), "name") ||
	       json_object_get(json_object_get(object, "marker"), "service") ||
	       (json_is_object(first) ? json_object_get(first, "name") : first);
}

/* Returns 1: the sink does not want it. */
static int add_parsed(struct sink *sink, struct sink_item *item)
{
	char *text = NULL;
	int r;

	item->object = json_scratch(item->body, item->len);
	if (model_severity(item->object, &item->severity) < 0)
		return -EBADMSG;
	if (!filter_wants_severity(sink->filter, item->severity.otel_open))
		return 1;
	if (filter_remove(sink->filter, item->object)) {
		text = json_dumps(item->object, JSON_COMPACT);
		if (!text)
			return -ENOMEM;
		item->body = text;
		item->len = strlen(text);
		if (!names_service(item->object))
			item->service = NULL;
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
	bool is_event = at->finding == sink->sent.finding;
	int r;

	text_copy(item.id, sizeof(item.id), id);
	if (sink->raw && !filter_looks_inside(sink->filter))
		r = encode(sink, &item);
	else
		r = add_parsed(sink, &item);
	json_scratch_free(item.object);
	if (r <= 0 && is_event && !sink->repeating)
		sink->events++;
	if (r < 0 && !sink->repeating)
		aside_add(sink, at, id, r == -EBADMSG ? "it is not the JSON of an event" : strerror(-r), 1);
	if (r != 0)
		return 1;
	*entry = (struct entry){.at = *at, .events = sink->events};
	memcpy(entry->id, item.id, sizeof(entry->id));
	sink->count++;
	return 0;
}

static unsigned taken(const struct look *look)
{
	return look->sink->count + look->sink->aside_count - look->before;
}

static bool is_full(const struct look *look)
{
	return taken(look) >= look->limit || look->sink->body.len >= look->sink->options->batch_size;
}

bool sink_is_full(const struct sink *sink)
{
	return sink->count >= sink->limit || sink->body.len >= sink->options->batch_size;
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

struct skipping {
	struct sink *sink;
	uint64_t to;
	unsigned seen;
};

static int on_skipped(void *context, const struct store_row *row)
{
	struct skipping *skipping = context;
	struct sink *sink = skipping->sink;

	if (row->seq > skipping->to)
		return 1;
	skipping->seen++;
	sink->sent.event = row->seq;
	if (filter_wants_body(sink->filter, row->kind, row->service, row->body)) {
		sink->tally.skipped++;
		sink->tally.events++;
	}
	return 0;
}

/* Passes over what is behind the backlog, and counts what was wanted of it. Returns 1 when there is more than
 * can be looked at in one go. */
static int skip_oldest(struct sink *sink)
{
	const struct store_filter filter = {.by_seq = true, .after_seq = sink->sent.event, .limit = LOOK_MAX};
	uint64_t last, backlog = sink->options->backlog;
	struct skipping skipping = {.sink = sink};
	int r = backlog ? store_last_seq(sink->all->store, &last) : 0;

	if (!backlog || r < 0 || last < backlog || last - backlog <= sink->sent.event)
		return r;
	skipping.to = last - backlog;
	r = store_query(sink->all->store, &filter, on_skipped, &skipping);
	if (r >= 0 && skipping.seen < LOOK_MAX)
		sink->sent.event = skipping.to;
	/* Else the next attempt would count them again. */
	sender_pass(sink);
	return r < 0 ? r : skipping.seen == LOOK_MAX;
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

static void begin(struct sink *sink)
{
	sink->count = 0;
	sink->events = 0;
	sink->read = sink->sent;
	buf_reset(&sink->body);
}

int batch_read_open(struct sink *sink)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open"};
	struct look look = {.sink = sink, .limit = sink->limit, .before = sink->aside_count};
	int r;

	begin(sink);
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
	int r = sink->all->store ? skip_oldest(sink) : 0;

	begin(sink);
	if (r != 0)
		return r < 0 ? r : 0;
	if (!sink->all->store) {
		add_probe(sink);
		return 0;
	}
	aside_forget(sink);
	look.before = sink->aside_count;
	filter.after_seq = sink->sent.event;
	r = store_query(sink->all->store, &filter, on_event, &look);
	sink->more = r == 1 || look.seen == LOOK_MAX;
	if (r < 0 || taken(&look) == sink->limit)
		return r < 0 ? r : 0;
	look.limit = sink->limit;
	look.seen = 0;
	r = store_findings_after(sink->all->store, sink->sent.finding, LOOK_MAX, on_finding, &look);
	sink->more |= r == 1 || look.seen == LOOK_MAX;
	return r < 0 ? r : 0;
}
