/* SPDX-License-Identifier: Apache-2.0 */
/* The sinks of a process: made from their options, run in turn, told about. */
#include "sink/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "sink/internal.h"
#include "sink/secrets.h"

#define BATCH_DEFAULT 500

const struct sink_options *sink_options(const struct sink *sink)
{
	return sink->options;
}

struct loop *sink_loop(const struct sink *sink)
{
	return sink->all->loop;
}

struct store *sink_store(const struct sink *sink)
{
	return sink->all->store;
}

const struct sink_options *sink_sibling(const struct sink *sink, size_t index)
{
	return index < sink->all->count ? sink->all->sinks[index].options : NULL;
}

const char *sink_host(const struct sink *sink)
{
	return sink->all->host;
}

void *sink_state(const struct sink *sink)
{
	return sink->state;
}

void sink_set_state(struct sink *sink, void *state)
{
	sink->state = state;
}

void sink_take_raw(struct sink *sink)
{
	sink->raw = true;
}

void sink_limit_batch(struct sink *sink, unsigned events)
{
	sink->max = sink->max < events ? sink->max : events;
	sink->limit = sink->max;
}

bool sink_after_half(const struct sink *sink)
{
	return sink->all->after_half;
}

void sink_leave_half(struct sink *sink)
{
	sink->all->leaves_half = true;
}

void sinks_after_half(struct sinks *sinks)
{
	sinks->after_half = true;
}

struct http_client *sink_http(struct sink *sink)
{
	if (!sink->all->http)
		http_client_new(&sink->all->http, sink->all->loop);
	return sink->all->http;
}

const char *sink_batch_id(const struct sink *sink, unsigned index)
{
	return index < sink->count ? sink->entries[index].id : "";
}

void sink_tell(struct sink *sink)
{
	if (sink->told)
		return;
	sink->told = true;
	sink->progress.cursor = sink->confirmed;
	secrets_hide(sink->options, sink->progress.error);
	if (sink->all->listener)
		sink->all->listener->progress(
			sink->all->listener->context, sink->options->name, &sink->progress);
}

/* One batch of each at a time, so that none holds up the others. */
static void on_alarm(void *context)
{
	struct sinks *sinks = context;
	uint64_t now = clock_boottime(), next = UINT64_MAX;

	/* Before the steps: what they set is not to be undone. */
	loop_set_alarm(sinks->alarm, UINT64_MAX);
	for (size_t i = 0; i < sinks->count; i++) {
		uint64_t due = sender_step(&sinks->sinks[i], now);

		next = due < next ? due : next;
	}
	now = clock_boottime();
	if (next < UINT64_MAX)
		loop_set_alarm(sinks->alarm, next > now ? next - now : 0);
}

static void free_sink(struct sink *sink)
{
	sender_stop(sink);
	http_cancel(sink);
	if (sink->kind->close && sink->state)
		sink->kind->close(sink);
	filter_free(sink->filter);
	buf_free(&sink->body);
	aside_free(sink);
	free(sink->entries);
}

static int make_batch(struct sink *sink)
{
	const struct sink_options *options = sink->options;

	sink->max = options->batch         ? (unsigned)options->batch
		    : options->kind->batch ? options->kind->batch
					   : BATCH_DEFAULT;
	sink->limit = sink->max;
	sink->body.max = 4 * (size_t)options->batch_size + (16u << 20);
	sink->entries = calloc(sink->max, sizeof(*sink->entries));
	sink->repeat_due = clock_boottime() + options->kind->repeat;
	return sink->entries ? filter_new(&sink->filter, options) : -ENOMEM;
}

static int make_sink(struct sink *sink, struct buf *error)
{
	int r = sink->kind->send ? make_batch(sink) : 0;

	if (r == 0 && sink->kind->open)
		r = sink->kind->open(sink, error);
	return r;
}

static int add_sink(struct sinks *sinks, const struct sink_options *options, const struct sink_cursor *cursor)
{
	struct sink *sink = &sinks->sinks[sinks->count];
	_cleanup_buf_ struct buf error = {0};
	int r;

	*sink = (struct sink){
		.all = sinks, .options = options, .kind = options->kind, .raw = options->kind->raw};
	if (cursor)
		sink->sent = sink->confirmed = *cursor;
	r = make_sink(sink, &error);
	if (r == 0) {
		sinks->count++;
		return 0;
	}
	log_error("sink %s: %s; nothing is sent to it", options->name,
		error.len ? buf_text(&error) : strerror(-r));
	free_sink(sink);
	return r;
}

static int make_sinks(struct sinks *sinks, struct loop *loop, size_t count)
{
	sinks->loop = loop;
	sinks->alarm = loop_add_alarm(loop, on_alarm, sinks);
	if (sinks->alarm < 0)
		return sinks->alarm;
	if (gethostname(sinks->host, sizeof(sinks->host) - 1) < 0)
		return -errno;
	sinks->entropy = clock_realtime() ^ (uint64_t)getpid();
	/* Each stays where it is: kinds hold on to it. */
	sinks->sinks = calloc(count ? count : 1, sizeof(*sinks->sinks));
	return sinks->sinks ? 0 : -ENOMEM;
}

int sinks_open(struct sinks **ret, struct loop *loop, struct store *store, const struct sink_list *list,
	const struct sink_cursor *cursors, const struct sink_listener *listener)
{
	struct sinks *sinks = calloc(1, sizeof(*sinks));
	int r = sinks ? make_sinks(sinks, loop, list->count) : -ENOMEM;

	if (r < 0) {
		sinks_close(sinks);
		return r;
	}
	sinks->store = store;
	sinks->listener = listener;
	for (size_t i = 0; i < list->count; i++)
		add_sink(sinks, &list->sinks[i], &cursors[i]);
	sinks_wake(sinks);
	*ret = sinks;
	return 0;
}

void sinks_wake(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		sinks->sinks[i].more = sinks->sinks[i].kind->send != NULL;
	loop_set_alarm(sinks->alarm, 0);
}

bool sinks_idle(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++) {
		const struct sink *sink = &sinks->sinks[i];

		if (sink->sender == SENDER_SENDING || sink->settling_count ||
			(sink->sender == SENDER_IDLE && sink->more))
			return false;
	}
	return true;
}

static void clear(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		free_sink(&sinks->sinks[i]);
	http_client_free(sinks->http);
	free(sinks->sinks);
}

bool sinks_close(struct sinks *sinks)
{
	bool half;

	if (!sinks)
		return false;
	clear(sinks);
	half = sinks->leaves_half;
	free(sinks);
	return half;
}

struct probing {
	struct loop *loop;
	bool failed;
	char reason[SINK_REASON];
};

static void on_probe_progress(void *context, const char *name, const struct sink_progress *progress)
{
	struct probing *probing = context;

	(void)name;
	probing->failed |= progress->failures > 0;
	if (progress->error[0])
		text_copy(probing->reason, sizeof(probing->reason), progress->error);
	if (progress->cursor.event || progress->failures || progress->refused)
		loop_stop(probing->loop, 0);
}

static void on_probe_refused(void *context, const char *name, const char *event, const char *reason)
{
	struct probing *probing = context;

	(void)name;
	(void)event;
	probing->failed = true;
	text_copy(probing->reason, sizeof(probing->reason), reason);
	loop_stop(probing->loop, 0);
}

int sink_probe(const struct sink_options *options, const struct store_row *row, char reason[SINK_REASON])
{
	struct probing probing = {0};
	const struct sink_listener listener = {on_probe_progress, on_probe_refused, &probing};
	struct sinks sinks = {.listener = &listener, .probe = row};
	int r = loop_new(&probing.loop);

	if (r == 0)
		r = make_sinks(&sinks, probing.loop, 1);
	if (r == 0)
		r = add_sink(&sinks, options, NULL);
	if (r == 0) {
		sinks_wake(&sinks);
		r = loop_run(probing.loop);
	}
	if (r == 0 && probing.failed)
		r = -ECOMM;
	memcpy(reason, probing.reason, SINK_REASON);
	clear(&sinks);
	loop_free(probing.loop);
	return r;
}
