/* SPDX-License-Identifier: Apache-2.0 */
/* Engine and store together. */
#include "command/correlation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "command/leftover.h"
#include "correlate/engine.h"
#include "model/event.h"
#include "report/report.h"
#include "store/finding.h"

#define BLOB       "correlation"
#define SAVE_EVERY (60 * NS_PER_SEC)
#define LINE_EVERY (60 * NS_PER_SEC)
#define LINES_KEPT 64                       /* incidents that a line was printed of */
#define HISTORY    (24 * 3600 * NS_PER_SEC) /* read again when there is no memory of it */

/* What precedes the compressed bytes. */
struct saved {
	uint64_t size; /* uncompressed */
	uint64_t seq;  /* of the newest event that the engine had been given */
	uint64_t time; /* events from here on it did not remember */
};

struct line {
	char id[ID_SIZE];
	uint64_t time;
	bool open;
};

struct correlation {
	struct store *store;
	struct engine *engine;
	struct saved from; /* what was loaded */
	uint64_t written;  /* time of the last writing */
	uint64_t saved;
	struct line lines[LINES_KEPT];
	unsigned next_line;
	struct buf *out; /* of the writing under way */
	uint64_t now;
};

static int load(void *context, const void *bytes, size_t size)
{
	struct correlation *c = context;
	_cleanup_free_ unsigned char *state = NULL;
	struct saved saved;
	uLongf len;
	int r;

	if (size < sizeof(saved))
		return -EINVAL;
	memcpy(&saved, bytes, sizeof(saved));
	if (saved.size > BUF_MAX)
		return -EINVAL;
	state = malloc(saved.size);
	if (!state)
		return -ENOMEM;
	len = saved.size;
	bytes = (const char *)bytes + sizeof(saved);
	if (uncompress(state, &len, bytes, size - sizeof(saved)) != Z_OK || len != saved.size)
		return -EINVAL;
	r = engine_load(c->engine, state, saved.size);
	if (r == 0)
		c->from = saved;
	return r;
}

static int feed(void *context, const struct store_row *row)
{
	correlation_event(context, row->body, strlen(row->body));
	return 0;
}

static int feed_known(void *context, const struct store_row *row)
{
	const struct correlation *c = context;

	/* What was stored after the saving comes once, with all that did. */
	return row->seq > c->from.seq ? 0 : feed(context, row);
}

/* Of the events that came before the saving those that were not settled, then all that came after. */
static int catch_up(struct correlation *c)
{
	struct store_filter late = {.by_seq = true, .after_seq = c->from.seq},
			    recent = {.since = c->from.time};
	int r;

	if (!c->from.seq) {
		uint64_t now = clock_realtime();

		recent.since = now > HISTORY ? now - HISTORY : 0;
		return store_query(c->store, &recent, feed, c);
	}
	r = store_query(c->store, &recent, feed_known, c);
	return r < 0 ? r : store_query(c->store, &late, feed, c);
}

int correlation_new(struct correlation **ret, struct store *store)
{
	struct correlation *c = calloc(1, sizeof(*c));
	int r = c ? engine_new(&c->engine) : -ENOMEM;

	if (r < 0) {
		free(c);
		return r;
	}
	c->store = store;
	/* Without a memory that can be used it is made again from the stored events. */
	store_blob_get(store, BLOB, load, c);
	r = catch_up(c);
	if (r == 0)
		r = leftover_close(store, c->engine);
	if (r < 0) {
		correlation_free(c);
		return r;
	}
	c->saved = clock_realtime();
	*ret = c;
	return 0;
}

void correlation_free(struct correlation *c)
{
	if (c)
		engine_free(c->engine);
	free(c);
}

void correlation_event(struct correlation *c, const char *body, size_t len)
{
	/* What it cannot read was written by another version, and says nothing to this one. */
	(void)!engine_event(c->engine, body, len);
}

static struct line *line_of(struct correlation *c, const char *id)
{
	struct line *line;

	for (unsigned n = 0; n < LINES_KEPT; n++)
		if (strcmp(c->lines[n].id, id) == 0)
			return &c->lines[n];
	line = &c->lines[c->next_line++ % LINES_KEPT];
	*line = (struct line){0};
	text_copy(line->id, sizeof(line->id), id);
	return line;
}

/* One line when it begins, one a minute, one when it ends. */
static void tell(struct correlation *c, const struct engine_result *result)
{
	bool open = strcmp(result->state, "open") == 0;
	struct line *line = line_of(c, result->id);

	if (line->time && line->open == open && (!open || c->now < line->time + LINE_EVERY))
		return;
	line->time = c->now;
	line->open = open;
	report_finding_line(result->body, false, c->out);
}

static int write_result(void *context, const struct engine_result *result)
{
	struct correlation *c = context;
	const struct store_finding finding = {.id = result->id,
		.kind = result->kind,
		.state = result->state,
		.service = result->service,
		.time = result->time,
		.body = result->body};

	if (c->out && strcmp(result->kind, "incident") == 0)
		tell(c, result);
	return store_finding_set(c->store, &finding);
}

static int write_alias(void *context, const char *fingerprint, const char *issue, uint64_t time)
{
	struct correlation *c = context;

	return store_alias_set(c->store, fingerprint, issue, time);
}

int correlation_write(struct correlation *c, uint64_t now, struct buf *lines)
{
	uint64_t since = c->written > ENGINE_LATE ? c->written - ENGINE_LATE : 0;
	int r;

	c->out = lines;
	c->now = now;
	engine_advance(c->engine, now);
	r = engine_results(c->engine, since, write_result, c);
	if (r == 0)
		r = engine_aliases(c->engine, since, write_alias, c);
	if (r == 0)
		c->written = now;
	if (r == 0 && now > c->saved + SAVE_EVERY)
		r = leftover_close(c->store, c->engine);
	if (r == 0 && now > c->saved + SAVE_EVERY)
		r = correlation_save(c);
	return r;
}

void correlation_issue(
	struct correlation *c, const char *fingerprint, const char **ret_title, const char **ret_incident)
{
	engine_issue(c->engine, fingerprint, ret_title, ret_incident);
}

int correlation_save(struct correlation *c)
{
	_cleanup_free_ unsigned char *packed = NULL;
	struct saved saved;
	size_t size;
	const void *state = engine_save(c->engine, &size, &saved.time);
	uLongf len = compressBound(size);
	int r = store_last_seq(c->store, &saved.seq);

	if (r < 0)
		return r;
	saved.size = size;
	packed = malloc(sizeof(saved) + len);
	if (!packed)
		return -ENOMEM;
	memcpy(packed, &saved, sizeof(saved));
	if (compress2(packed + sizeof(saved), &len, state, size, Z_BEST_SPEED) != Z_OK)
		return -ENOMEM;
	r = store_blob_set(c->store, BLOB, packed, sizeof(saved) + len);
	if (r == 0)
		c->saved = clock_realtime();
	return r;
}
