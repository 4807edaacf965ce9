/* SPDX-License-Identifier: Apache-2.0 */
/* events --follow: the database is looked at a few times a second, so that it works without the daemon's
 * help. */
#include "command/list.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

#define POLL_PERIOD  (200 * NS_PER_MS)
#define FIRST_EVENTS 10

struct follow {
	struct loop *loop;
	struct store *store;
	const struct store_filter *filter;
	uint64_t seq; /* up to here all was printed */
	struct report_list *out;
};

static void on_poll(void *context)
{
	struct follow *follow = context;
	int r = list_print_new(follow->store, follow->filter, &follow->seq, follow->out);

	if (r == 0)
		r = report_list_flush(follow->out);
	if (r < 0)
		loop_stop(follow->loop, r);
}

static void on_signal(void *context, int signo)
{
	struct follow *follow = context;

	(void)signo;
	loop_stop(follow->loop, 0);
}

/* Only an error or a hang-up is ever reported: nobody reads any more. */
static void on_reader_gone(void *context, int fd, uint32_t events)
{
	struct follow *follow = context;

	(void)fd;
	(void)events;
	loop_stop(follow->loop, 0);
}

static int wait_for_more(struct follow *follow)
{
	int r = loop_add_signal(follow->loop, SIGINT, on_signal, follow);

	if (r == 0)
		r = loop_add_signal(follow->loop, SIGTERM, on_signal, follow);
	if (r == 0)
		r = loop_add_timer(follow->loop, POLL_PERIOD, on_poll, follow);
	/* A file cannot be watched, and need not. */
	if (r == 0)
		loop_add_fd(follow->loop, STDOUT_FILENO, 0, on_reader_gone, follow);
	return r < 0 ? r : loop_run(follow->loop);
}

int list_follow(struct store *store, const struct store_filter *filter, struct report_list *out)
{
	struct follow follow = {.store = store, .filter = filter, .out = out};
	struct store_filter first = *filter;
	uint64_t count = 0;
	int r = store_last_seq(store, &follow.seq);

	if (!first.since && !first.limit)
		first.limit = FIRST_EVENTS;
	if (r == 0)
		r = (first.limit ? list_print_last : list_print)(store, &first, follow.seq, out, &count);
	if (r == 0)
		r = report_list_flush(out);
	if (r == 0)
		r = loop_new(&follow.loop);
	if (r < 0)
		return r;
	r = wait_for_more(&follow);
	loop_free(follow.loop);
	return r;
}
