/* SPDX-License-Identifier: Apache-2.0 */
/* Counter maps become messages: read and deleted in batches from the buffer that no program is filling. */
#include "probe/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "bpf/syscall.h"
#include "bpf/tcp.h"

#define BATCH 256

typedef void (*row_fn)(const void *key, const void *value, unsigned buffer, uint64_t now, uint64_t interval,
	probe_message_fn fn, void *context);

static void send_call(const void *key, const void *value, unsigned buffer, uint64_t now, uint64_t interval,
	probe_message_fn fn, void *context)
{
	const struct lw_call_key *k = key;
	const struct lw_call_value *v = value;
	struct lw_syscall_count m = {
		.head = {.type = LW_SYSCALL_COUNT,
			.flags = buffer ? LW_BUFFER_B : 0,
			.size = sizeof(m),
			.time = now},
		.first = v->first,
		.last = v->last,
		.count = v->count,
		.interval = interval,
		.start = v->start,
		.pid = k->pid,
		.call = (uint16_t)(k->call & ~LW_CALL_COMPAT),
		.error = k->error,
		.compat = !!(k->call & LW_CALL_COMPAT),
	};

	fn(context, &m, sizeof(m));
}

static void send_tcp(const void *key, const void *value, unsigned buffer, uint64_t now, uint64_t interval,
	probe_message_fn fn, void *context)
{
	const struct lw_tcp_key *k = key;
	const struct lw_tcp_value *v = value;
	struct {
		struct lw_tcp_count m;
		uint8_t cgroup[LW_PATH];
	} out = {
		.m =
			{
				.head = {.type = LW_TCP_COUNT, .flags = k->flags, .time = now},
				.first = v->first,
				.last = v->last,
				.count = v->count,
				.interval = interval,
				.owner_start = k->owner_start,
				.owner_pid = k->owner_pid,
				.owner_uid = v->uid,
				.netns = k->netns,
				.reason = k->reason,
				.kind = k->kind,
				.family = k->family,
				.state = k->state,
				.local_port = k->local_port,
				.remote_port = k->remote_port,
				.error = k->error,
			},
	};

	(void)buffer; /* only calls have samples that must find their count */
	memcpy(out.m.local, k->local, sizeof(k->local));
	memcpy(out.m.remote, k->remote, sizeof(k->remote));
	if (v->cgroup_size && v->cgroup_size <= LW_PATH) {
		memcpy(out.cgroup, v->cgroup, v->cgroup_size);
		out.m.cgroup2 = (struct lw_tail){.offset = sizeof(out.m), .size = v->cgroup_size};
	}
	out.m.head.size = (uint32_t)(sizeof(out.m) + out.m.cgroup2.size);
	fn(context, &out, out.m.head.size);
}

static int map_drain(int fd, size_t key_size, size_t value_size, row_fn row, unsigned buffer, uint64_t now,
	uint64_t interval, probe_message_fn fn, void *context)
{
	_cleanup_free_ char *keys = malloc(BATCH * key_size), *values = malloc(BATCH * value_size);
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint64_t in = 0, out = 0;
	bool more = true, first = true;

	if (!keys || !values)
		return -ENOMEM;
	while (more) {
		uint32_t count = BATCH;
		int r = bpf_map_lookup_and_delete_batch(
			fd, first ? NULL : &in, &out, keys, values, &count, &opts);

		/* ENOENT: the end, with the last rows; ENOSPC: a bucket larger than the batch, which was not
		 * touched. */
		if (r < 0 && errno != ENOENT)
			return -errno;
		more = r == 0;
		for (uint32_t i = 0; i < count; i++)
			row(keys + i * key_size, values + i * value_size, buffer, now, interval, fn, context);
		in = out;
		first = false;
	}
	return 0;
}

int counters_drain(struct probe *probe, unsigned buffer, uint64_t now, probe_message_fn fn, void *context)
{
	uint64_t interval = now - probe->last_tick;
	int r;

	r = map_drain(probe->maps_calls[buffer], sizeof(struct lw_call_key), sizeof(struct lw_call_value),
		send_call, buffer, now, interval, fn, context);
	if (r < 0)
		return r;
	return map_drain(probe->maps_tcp[buffer], sizeof(struct lw_tcp_key), sizeof(struct lw_tcp_value),
		send_tcp, buffer, now, interval, fn, context);
}

/* Times that the kernel skipped a program since it ran already on that CPU. */
static uint64_t misses_of(const struct probe_program *p)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (!p->program || bpf_program__fd(p->program) < 0 ||
		bpf_obj_get_info_by_fd(bpf_program__fd(p->program), &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}

int counters_stats(struct probe *probe, uint64_t now, probe_message_fn fn, void *context)
{
	struct lw_stats m = {.head = {.type = LW_STATS, .size = sizeof(m), .time = now}};
	_cleanup_free_ struct lw_source_stats *cpus = calloc(probe->cpus, sizeof(*cpus));

	if (!cpus)
		return -ENOMEM;
	for (uint32_t source = 0; source < LW_SOURCES; source++) {
		struct lw_source_stats *sum = &m.source[source];

		if (bpf_map_lookup_elem(probe->map_stats, &source, cpus) < 0)
			return -errno;
		for (unsigned i = 0; i < probe->cpus; i++) {
			sum->seen += cpus[i].seen;
			sum->ring_full += cpus[i].ring_full;
			sum->map_full += cpus[i].map_full;
			sum->unreadable += cpus[i].unreadable;
		}
	}
	if (probe->output)
		output_stats(probe->output, &m.source[LW_SRC_OUTPUT]);
	for (unsigned i = 0; i < probe->program_count; i++)
		m.source[probe->programs[i].source].missed += misses_of(&probe->programs[i]);
	fn(context, &m, sizeof(m));
	return 0;
}
