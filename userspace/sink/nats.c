/* SPDX-License-Identifier: Apache-2.0 */
/* The sink nats: each event a message of a JetStream stream, its id the one by which the stream drops
 * doubles. A thread speaks with libnats. */
#include "sink/nats.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sink/kinds.h"
#include "sink/record.h"
#include "sink/worker.h"

struct nats {
	struct sink *sink;
	struct worker *worker; /* whose batch and line are while it is busy */
	struct nats_batch batch;
	struct nats_line line;
	struct buf body;
};

static void work(void *context)
{
	struct nats *nats = context;

	nats_line_send(&nats->line, &nats->batch);
}

static void end(void *context)
{
	struct nats *nats = context;

	nats_line_close(&nats->line);
}

static void done(void *context)
{
	struct nats *nats = context;
	const struct nats_batch *batch = &nats->batch;
	struct sink *sink = nats->sink;
	unsigned first = 0;

	for (; first < batch->count; first++) {
		if (batch->fates[first] == NATS_REFUSED)
			sink_refuse(sink, first, batch->refusal);
		else if (batch->fates[first] != NATS_TAKEN)
			break;
	}
	if (first == 0) {
		sink_done(sink, SINK_RETRY, 0, batch->reason);
		return;
	}
	if (first < batch->count)
		sink_again(sink, first);
	sink_done(sink, SINK_DELIVERED, 0, batch->reason);
}

static const struct worker_calls calls = {.work = work, .done = done, .end = end};

static int open_sink(struct sink *sink, struct buf *error)
{
	struct nats *nats = calloc(1, sizeof(*nats));

	(void)error;
	if (!nats)
		return -ENOMEM;
	nats->sink = sink;
	nats->line =
		(struct nats_line){.options = sink_options(sink), .host = sink_host(sink), .careful = true};
	sink_set_state(sink, nats);
	nats->body.max = SIZE_MAX;
	return worker_new(&nats->worker, sink_loop(sink), &calls, nats);
}

static void close_sink(struct sink *sink)
{
	struct nats *nats = sink_state(sink);

	if (!worker_free(nats->worker))
		return;
	free(nats->batch.fates);
	buf_free(&nats->body);
	free(nats);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	(void)sink;
	record_put(body, item);
	return 0;
}

static const char *fill(struct nats *nats, const struct buf *body, unsigned count)
{
	const struct sink_options *options = sink_options(nats->sink);
	enum nats_fate *fates = calloc(count, sizeof(*fates));

	buf_reset(&nats->body);
	buf_append(&nats->body, body->data, body->len);
	if (!fates || nats->body.failed) {
		free(fates);
		return "there is no memory";
	}
	free(nats->batch.fates);
	/* A little less than the sink's patience: what was answered until then counts. */
	nats->batch = (struct nats_batch){.body = &nats->body,
		.count = count,
		.deadline = clock_boottime() + options->timeout / 8 * 7,
		.stop = worker_is_stopped(nats->worker),
		.fates = fates};
	return NULL;
}

/* Returns NULL, or why nothing can be sent. */
static const char *begin(struct nats *nats, const struct buf *body, unsigned count)
{
	const char *reason;

	if (worker_is_busy(nats->worker))
		return "libnats is still busy with the batch before";
	if (!nats->line.library)
		nats->line.library = nats_library();
	if (!nats->line.library)
		return "libnats.so.3 cannot be loaded (Debian's package is libnats3.4 or newer)";
	reason = fill(nats, body, count);
	if (!reason && worker_give(nats->worker) < 0)
		reason = "there is no thread for it";
	return reason;
}

static void send_nats(struct sink *sink, struct buf *body, unsigned count)
{
	const char *reason = begin(sink_state(sink), body, count);

	if (reason)
		sink_done(sink, SINK_RETRY, 0, reason);
}

static void cancel(struct sink *sink)
{
	struct nats *nats = sink_state(sink);

	worker_forget(nats->worker);
}

const struct sink_kind sink_nats = {
	.name = "nats",
	.keys = "url! subject stream user password_file password_env token_file token_env ca cert key",
	.schemes = "nats tls",
	.raw = true,
	.batch = 1000,
	.check = nats_check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_nats,
	.cancel = cancel,
};
