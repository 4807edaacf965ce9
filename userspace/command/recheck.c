/* SPDX-License-Identifier: Apache-2.0 */
/* What is not as in /proc is looked at again a second later: what a ring still held about it has come by
 * then.
 */
#include "command/recheck.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/host.h"
#include "probe/probe.h"

/* Of one second: some ms. */
#define ENDS                                                                                                 \
	4096 /* known processes that are looked for: most that are not there take one call of the kernel */
#define STARTS 128 /* processes of /proc that are looked at */

struct recheck {
	struct pipeline *pipeline;
	uint64_t lost; /* by the rings, as of the last second */
	bool again;    /* something was lost since the pass began */
	bool passing;
	struct running *known; /* when the pass began */
	size_t count, room, at;
	struct host_pids *pids;             /* of /proc; NULL: not begun */
	struct running ended[ENDS];         /* that were gone a second ago */
	struct record_exec started[STARTS]; /* that were not known then */
	unsigned ended_count, started_count;
	struct buf message;
};

int recheck_new(struct recheck **ret, struct pipeline *pipeline)
{
	struct recheck *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->pipeline = pipeline;
	*ret = r;
	return 0;
}

static void end_pass(struct recheck *r)
{
	host_pids_close(r->pids);
	free(r->known);
	r->pids = NULL;
	r->known = NULL;
	r->count = r->room = r->at = 0;
	r->passing = false;
}

void recheck_free(struct recheck *r)
{
	if (!r)
		return;
	end_pass(r);
	buf_free(&r->message);
	free(r);
}

static void keep_known(void *context, const struct running *process)
{
	struct recheck *r = context;

	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 1024;
		struct running *known = realloc(r->known, room * sizeof(*known));

		if (!known)
			return;
		r->known = known;
		r->room = room;
	}
	r->known[r->count++] = *process;
}

static void send(struct recheck *r)
{
	if (!r->message.failed && r->message.len) {
		pipeline_message(r->pipeline, r->message.data, r->message.len);
		r->pipeline->repaired++;
	}
	buf_reset(&r->message);
}

/* What was other a second ago and still is. */
static void confirm(struct recheck *r)
{
	struct enrich *e = r->pipeline->enrich;

	for (unsigned n = 0; n < r->ended_count; n++) {
		const struct process_key key = {.pid = r->ended[n].pid, .start = r->ended[n].start};

		if (!enrich_lives(e, key) || host_is_process(key))
			continue;
		probe_encode_gone(key, clock_boottime(), &r->message);
		send(r);
	}
	for (unsigned n = 0; n < r->started_count; n++) {
		struct record_exec *process = &r->started[n];

		if (!host_is_process(process->task.key) || enrich_knows(e, process))
			continue;
		probe_encode_seed(process, clock_boottime(), &r->message);
		send(r);
	}
	r->ended_count = r->started_count = 0;
}

static void look_for_ends(struct recheck *r)
{
	for (unsigned n = 0; n < ENDS && r->at < r->count; n++, r->at++) {
		const struct running *process = &r->known[r->at];

		if (process->start &&
			!host_is_process((struct process_key){.pid = process->pid, .start = process->start}))
			r->ended[r->ended_count++] = *process;
	}
}

static void look_for_starts(struct recheck *r)
{
	bool more = r->pids || host_pids_open(&r->pids) == 0;

	for (unsigned n = 0; n < STARTS && more; n++) {
		struct record_exec *process = &r->started[r->started_count];
		int found = host_pids_next(r->pids, process);

		more = found > 0;
		if (more && !enrich_knows(r->pipeline->enrich, process))
			r->started_count++;
	}
	if (!more)
		end_pass(r);
}

static uint64_t lost_by_rings(const struct pipeline *p)
{
	const struct source_stats *stats = &enrich_stats(p->enrich)->source[SOURCE_LIFECYCLE];

	return stats->ring_full + stats->missed;
}

void recheck_second(struct recheck *r)
{
	uint64_t lost = lost_by_rings(r->pipeline);

	confirm(r);
	r->again |= lost > r->lost;
	r->lost = lost;
	if (!r->passing && r->again && host_is_initial()) {
		r->again = false;
		r->passing = true;
		enrich_running(r->pipeline->enrich, keep_known, r);
	}
	if (r->at < r->count)
		look_for_ends(r);
	else if (r->passing)
		look_for_starts(r);
}
