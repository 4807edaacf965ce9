/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what the probes have left: rings at any time, counters and statistics once a second, the rest at
 * the end. */
#include "probe/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

static int on_death(void *context, void *message, size_t size)
{
	struct probe *probe = context;
	uint64_t length = size;
	size_t padded = (size + 7) & ~(size_t)7;
	static const char zeros[8];

	if (size >= sizeof(struct lw_head) && ((const struct lw_head *)message)->type == LW_DEATH)
		probe->death_count++;
	buf_append(&probe->deaths, &length, sizeof(length));
	buf_append(&probe->deaths, message, size);
	buf_append(&probe->deaths, zeros, padded - size);
	return probe->deaths.failed ? -ENOMEM : 0;
}

static int on_activity(void *context, void *message, size_t size)
{
	struct probe *probe = context;
	const struct lw_head *head = message;

	if (size == sizeof(struct lw_wrote) && head->type == LW_WROTE)
		output_wrote(probe->output, message);
	else
		probe->fn(probe->context, message, size);
	return 0;
}

int rings_open(struct probe *probe, const int maps[2])
{
	struct epoll_event event = {.events = EPOLLIN};
	ring_buffer_sample_fn fns[2] = {on_death, on_activity};

	probe->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (probe->epoll < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		probe->rings[i] = ring_buffer__new(maps[i], fns[i], probe, NULL);
		if (!probe->rings[i])
			return -errno;
		if (epoll_ctl(probe->epoll, EPOLL_CTL_ADD, ring_buffer__epoll_fd(probe->rings[i]), &event) <
			0)
			return -errno;
	}
	return 0;
}

/* Deaths are read first and handed over last: whatever happened before a death was in the other ring by then.
 */
int probe_drain(struct probe *probe, probe_message_fn fn, void *context)
{
	size_t at = 0;
	int r;

	probe->fn = fn;
	probe->context = context;
	probe->death_count = 0;
	r = ring_buffer__consume(probe->rings[0]);
	if (r < 0)
		return r;
	r = ring_buffer__consume(probe->rings[1]);
	while (at < probe->deaths.len) {
		uint64_t size;

		memcpy(&size, probe->deaths.data + at, sizeof(size));
		fn(context, probe->deaths.data + at + sizeof(size), size);
		at += sizeof(size) + ((size + 7) & ~(size_t)7);
	}
	buf_reset(&probe->deaths);
	return r < 0 ? r : probe->death_count;
}

void probe_poll(struct probe *probe, bool polls)
{
	*probe->reader_polls = polls;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void send_tick(probe_message_fn fn, void *context)
{
	_cleanup_buf_ struct buf message = {0};

	probe_encode_tick(&message);
	if (!message.failed)
		fn(context, message.data, message.len);
}

/* Whoever writes from the change of the epoch on tells anew. */
static void read_output(struct probe *probe, uint64_t now, bool all, probe_message_fn fn, void *context)
{
	if (!probe->output)
		return;
	*probe->words_epoch += 1;
	*probe->words_room = LW_WORDS_ROOM;
	if (*probe->words_untold || all) {
		*probe->words_untold = 0;
		output_look(probe->output);
	}
	output_read(probe->output, now, all, fn, context);
}

int probe_tick(struct probe *probe, probe_message_fn fn, void *context)
{
	uint32_t quiet = !*probe->active_buffer;
	uint64_t now = clock_boottime();
	int r = probe_drain(probe, fn, context);

	read_output(probe, now, false, fn, context);
	if (r >= 0)
		r = counters_drain(probe, quiet, now, fn, context);
	if (r == 0)
		r = counters_stats(probe, now, fn, context);
	if (r == 0)
		r = established_read(probe, now, fn, context);
	*probe->tcp_exact_left = LW_TCP_EXACT_PER_SECOND;
	*probe->dns_left = LW_DNS_PER_SECOND;
	*probe->connected_left = LW_CONNECTED_PER_SECOND;
	*probe->connected_far_left = LW_CONNECTED_FAR_PER_SECOND;
	*probe->unix_left = LW_UNIX_PER_SECOND;
	*probe->active_buffer = quiet;
	probe->last_tick = now;
	send_tick(fn, context);
	return r;
}

int probe_finish(struct probe *probe, probe_message_fn fn, void *context)
{
	uint64_t now;
	int r;

	for (unsigned i = 0; i < probe->program_count; i++) {
		bpf_link__destroy(probe->programs[i].link);
		probe->programs[i].link = NULL;
	}
	/* A detached program may still be running on another CPU for the length of one run. */
	usleep(20000);
	now = clock_boottime();
	r = probe_drain(probe, fn, context);
	read_output(probe, now, true, fn, context);
	for (unsigned i = 0; i < 2 && r >= 0; i++)
		r = counters_drain(probe, i, now, fn, context);
	if (r == 0)
		r = counters_stats(probe, now, fn, context);
	send_tick(fn, context);
	return r;
}
