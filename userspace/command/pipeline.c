/* SPDX-License-Identifier: Apache-2.0 */
/* The stages, wired. */
#include "command/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "probe/decode.h"

static void on_event(void *context, struct event *event)
{
	struct pipeline *p = context;

	sites_fingerprint(&p->sites, event);
	pipeline_event(p, event);
}

int pipeline_init(struct pipeline *p)
{
	memset(p, 0, sizeof(*p));
	return enrich_new(&p->enrich, on_event, p);
}

void pipeline_free(struct pipeline *p)
{
	enrich_free(p->enrich);
	buf_free(&p->out);
	buf_free(&p->body);
	buf_free(&p->remains);
}

/* The source whose units an event accounts for; SOURCES: none (markers, gaps; connections over unix
 * sockets that fail, which syscall_errors accounts for). */
static enum record_source source_of(const struct event *event, uint64_t *ret_units)
{
	*ret_units = 1;
	switch (event->kind) {
	case EVENT_SYSCALL_ERRORS: *ret_units = event->syscall.count; return SOURCE_SYSCALL;
	case EVENT_TCP_RESET:
	case EVENT_CONNECT_FAILURE:
		*ret_units = event->tcp.count;
		return event->tcp.local[0] ? SOURCE_TCP : SOURCES;
	default: return event_is_death(event->kind) ? SOURCE_DEATH : SOURCES;
	}
}

/* The store rolled back: all that was pending is lost, and what it said is not printed. */
static void count_rollback(struct pipeline *p, uint64_t lost)
{
	if (!lost)
		return;
	p->lost_events += lost;
	if (p->gap_pending) /* what it told of is still to be told */
		p->lost_events += p->gap_pending - 1;
	p->gap_pending = 0;
	for (int i = 0; i < SOURCES; i++) {
		p->account[i].store += p->account[i].pending;
		p->account[i].pending = 0;
	}
	buf_reset(&p->out);
}

/* An error is told once; that it is over only a commit can show. */
static void report_store(struct pipeline *p, int r, bool committed)
{
	if (r < 0 && r != p->store_error)
		log_error("cannot store events: %s; they are counted as lost until the store works again",
			strerror(-r));
	if (r < 0) {
		p->store_error = r;
	} else if (committed && p->store_error) {
		log_info("the store works again");
		p->store_error = 0;
	}
}

static int add(struct pipeline *p, const struct event *event, enum record_source source, uint64_t units)
{
	struct store_event row = {
		.id = event->id,
		.time = event->time,
		.kind = event_kind_name(event->kind),
		.service = event->service.name[0] ? event->service.name : NULL,
		.body = buf_text(&p->body),
		.remains = p->remains.len ? p->remains.data : NULL,
		.remains_size = p->remains.len,
	};
	uint64_t lost = 0;
	int r = p->body.failed ? -ENOMEM : store_add(p->store, &row, &lost);

	count_rollback(p, lost);
	report_store(p, r, false);
	if (r < 0) {
		p->lost_events++;
		if (source < SOURCES)
			p->account[source].store += units;
		return r;
	}
	if (r == 1)
		p->duplicates++;
	if (source < SOURCES)
		p->account[source].pending += units;
	return r;
}

/* Without memory the event is stored alone. */
static void encode_remains(struct pipeline *p, const struct event *event)
{
	buf_reset(&p->remains);
	if (p->store && p->keep_remains && event_is_death(event->kind) && event->death.evidence.remains &&
		remains_encode(event->death.evidence.remains, &p->remains) < 0)
		buf_reset(&p->remains);
}

int pipeline_event(struct pipeline *p, const struct event *event)
{
	uint64_t units;
	enum record_source source = source_of(event, &units);
	int r = 0;

	buf_reset(&p->body);
	event_json(event, &p->body);
	encode_remains(p, event);
	p->events++;
	if (p->store)
		r = add(p, event, source, units);
	else if (p->body.failed)
		r = -ENOMEM;
	if (!p->store && source < SOURCES)
		*(r < 0 ? &p->account[source].store : &p->account[source].stored) += units;
	if (r == 0)
		p->kinds[event->kind]++;
	if (r == 0 && p->correlation)
		correlation_event(p->correlation, buf_text(&p->body), p->body.len);
	if (r == 0 && p->print)
		p->print(p->print_context, event, buf_text(&p->body), &p->out);
	return r < 0 ? r : 0;
}

void pipeline_message(void *pipeline, const void *message, size_t size)
{
	struct pipeline *p = pipeline;
	struct record record;
	enum record_source source;
	uint64_t units;

	if (decode(message, size, &record) == 0) {
		if (p->record)
			p->record(p->record_context, &record);
		enrich_record(p->enrich, &record);
		return;
	}
	source = message_source(message, size, &units);
	if (source < SOURCES)
		p->account[source].decode += units;
}

/* Tells of events that could not be stored, as soon as something can be stored again. */
static void emit_store_gap(struct pipeline *p)
{
	struct event event = {.kind = EVENT_GAP, .time = clock_realtime()};
	uint64_t count = p->lost_events;

	event.host = *enrich_host(p->enrich);
	text_copy(event.gap.reason, sizeof(event.gap.reason), "store");
	event.gap.count = count;
	id_make(event.time, id_hash(count, &event.time, sizeof(event.time)), event.id);
	p->lost_events = 0;
	if (pipeline_event(p, &event) < 0)
		p->lost_events += count - 1; /* the gap event itself was counted, and is no loss */
	else
		p->gap_pending = count;
}

void pipeline_commit(struct pipeline *p)
{
	uint64_t lost = 0;
	int r = 0;

	if (p->lost_events && !p->store_error)
		emit_store_gap(p);
	if (p->store) {
		r = store_commit(p->store, &lost);
		count_rollback(p, lost);
		report_store(p, r, true);
	}
	if (r < 0)
		return;
	p->gap_pending = 0;
	for (int i = 0; i < SOURCES; i++) {
		p->account[i].stored += p->account[i].pending;
		p->account[i].pending = 0;
	}
	if (p->out.len && p->stream && !p->stream_error) {
		errno = 0;
		if (fwrite(p->out.data, 1, p->out.len, p->stream) != p->out.len || fflush(p->stream) != 0)
			p->stream_error = errno ? -errno : -EIO;
	}
	buf_reset(&p->out);
}
