/* SPDX-License-Identifier: Apache-2.0 */
/* The sink nats: each event a message of a JetStream stream, its id the one by which the stream drops
 * doubles. The loop and the thread that speaks with libnats hand one batch to and fro. */
#include "sink/nats.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "sink/kinds.h"
#include "sink/record.h"

#define CLOSE_TIME 1 /* s that the end waits for the thread */

enum turn { TURN_LOOP, TURN_WORKER };

struct nats {
	struct sink *sink;
	int wake; /* eventfd: the worker is done */
	bool started;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t given;
	enum turn turn; /* whose batch and line are; under the lock */
	bool stop;      /* written under the lock; the worker also looks at it while it waits */
	bool wanted;    /* of the loop: the batch was not cancelled */
	struct nats_batch batch;
	struct nats_line line;
	struct buf body;
};

static void *work(void *context)
{
	const uint64_t one = 1;
	struct nats *nats = context;

	pthread_mutex_lock(&nats->lock);
	for (;;) {
		while (nats->turn != TURN_WORKER && !__atomic_load_n(&nats->stop, __ATOMIC_RELAXED))
			pthread_cond_wait(&nats->given, &nats->lock);
		if (__atomic_load_n(&nats->stop, __ATOMIC_RELAXED))
			break;
		pthread_mutex_unlock(&nats->lock);
		nats_line_send(&nats->line, &nats->batch);
		pthread_mutex_lock(&nats->lock);
		nats->turn = TURN_LOOP;
		if (write(nats->wake, &one, sizeof(one)) < 0)
			break; /* cannot be: the counter is read each time */
	}
	pthread_mutex_unlock(&nats->lock);
	nats_line_close(&nats->line);
	return NULL;
}

static void report(struct nats *nats)
{
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

static void on_wake(void *context, int fd, uint32_t events)
{
	struct nats *nats = context;
	uint64_t times;
	bool done;

	(void)events;
	if (read(fd, &times, sizeof(times)) < 0)
		return;
	pthread_mutex_lock(&nats->lock);
	done = nats->turn == TURN_LOOP && nats->wanted;
	pthread_mutex_unlock(&nats->lock);
	if (!done)
		return;
	nats->wanted = false;
	report(nats);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	struct nats *nats = calloc(1, sizeof(*nats));

	(void)error;
	if (!nats)
		return -ENOMEM;
	nats->sink = sink;
	nats->line =
		(struct nats_line){.options = sink_options(sink), .host = sink_host(sink), .careful = true};
	pthread_mutex_init(&nats->lock, NULL);
	pthread_cond_init(&nats->given, NULL);
	sink_set_state(sink, nats);
	nats->body.max = SIZE_MAX;
	nats->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (nats->wake < 0)
		return -errno;
	return loop_add_fd(sink_loop(sink), nats->wake, EPOLLIN, on_wake, nats);
}

/* Returns whether nobody works on the state any more. */
static bool stop(struct nats *nats)
{
	struct timespec until;

	if (!nats->started)
		return true;
	pthread_mutex_lock(&nats->lock);
	__atomic_store_n(&nats->stop, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&nats->given);
	pthread_mutex_unlock(&nats->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_TIME;
	return pthread_timedjoin_np(nats->thread, NULL, &until) == 0;
}

static void close_sink(struct sink *sink)
{
	struct nats *nats = sink_state(sink);

	if (nats->wake >= 0)
		loop_remove_fd(sink_loop(sink), nats->wake);
	/* A thread that libnats does not give back keeps what it has; the process ends soon. */
	if (!stop(nats))
		return;
	if (nats->wake >= 0)
		close(nats->wake);
	pthread_cond_destroy(&nats->given);
	pthread_mutex_destroy(&nats->lock);
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

/* Returns NULL, or why nothing can be sent. */
static const char *prepare(struct nats *nats)
{
	if (!nats->line.library)
		nats->line.library = nats_library();
	if (!nats->line.library)
		return "libnats.so.3 cannot be loaded (Debian's package is libnats3.4 or newer)";
	if (!nats->started && pthread_create(&nats->thread, NULL, work, nats) != 0)
		return "there is no thread for it";
	nats->started = true;
	return NULL;
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
		.stop = &nats->stop,
		.fates = fates};
	return NULL;
}

static void send_nats(struct sink *sink, struct buf *body, unsigned count)
{
	struct nats *nats = sink_state(sink);
	const char *reason;
	bool busy;

	pthread_mutex_lock(&nats->lock);
	busy = nats->turn == TURN_WORKER;
	pthread_mutex_unlock(&nats->lock);
	reason = busy ? "libnats is still busy with the batch before" : prepare(nats);
	if (!reason)
		reason = fill(nats, body, count);
	if (reason) {
		sink_done(sink, SINK_RETRY, 0, reason);
		return;
	}
	nats->wanted = true;
	pthread_mutex_lock(&nats->lock);
	nats->turn = TURN_WORKER;
	pthread_cond_signal(&nats->given);
	pthread_mutex_unlock(&nats->lock);
}

static void cancel(struct sink *sink)
{
	struct nats *nats = sink_state(sink);

	nats->wanted = false;
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
