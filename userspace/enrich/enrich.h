/* SPDX-License-Identifier: Apache-2.0 */
/* Records in, events out: who the process was, which service it belongs to, what its end means.
 * Deterministic: it reads neither /proc nor a clock, so that a capture gives the same events as the host did.
 */
#ifndef LW_ENRICH_ENRICH_H
#define LW_ENRICH_ENRICH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "model/mapped.h"
#include "model/record.h"

struct enrich;

/* The event lives until fn returns, which may add to it. */
typedef void (*enrich_event_fn)(void *context, struct event *event);

/* What became of the units of each source (a message; for the counters one failure). taken = emitted +
 * routine + used + lost + held, where held is what is still waiting for its end. */
struct enrich_tally {
	uint64_t taken;
	uint64_t emitted; /* in an event */
	uint64_t routine; /* no event by policy: a grep that found nothing, a process outside the watched tree
			   */
	uint64_t used;    /* not for events by itself: names of processes, samples of subjects */
	uint64_t lost;    /* a table here was full, or there was no memory; in enrich_stats as map_full */
};

/* Returns 0 or -ENOMEM. */
int enrich_new(struct enrich **ret, enrich_event_fn fn, void *context);
void enrich_free(struct enrich *enrich);

/* Takes the next record, which the caller keeps: records come in the order of the stream. Events come from
 * this and what follows, through the function of enrich_new. */
void enrich_record(struct enrich *enrich, const struct record *record);

/* The end of the stream: emits what is held. */
void enrich_finish(struct enrich *enrich);

/* From now on only events of this process and its descendants are emitted. */
void enrich_watch(struct enrich *enrich, uint32_t pid);

struct symbolizer;

/* Opens a mapped file, or another when inode is 0, read only. Returns a descriptor or -errno. */
typedef int (*enrich_open_fn)(void *context, const struct mapped_file *file);

/* From now on stacks are unwound and named; events of deaths come when that is done. symbolizer is borrowed.
 */
void enrich_symbolize(
	struct enrich *enrich, struct symbolizer *symbolizer, enrich_open_fn open, void *context);

/* A program that was started, or, before, ran already when the stream began. */
struct enrich_start {
	uint64_t time; /* ns since the epoch; of what ran before when it was forked */
	const struct record_exec *exec;
	const struct event_service *service;
	const char *args; /* redacted, NUL-separated and ended */
	uint32_t args_len;
	bool supervised; /* by a parent that starts services */
	bool before;
};

/* From now on each start is told. What is handed out lives until fn returns. */
typedef void (*enrich_start_fn)(void *context, const struct enrich_start *start);
void enrich_on_start(struct enrich *enrich, enrich_start_fn fn, void *context);

/* From now on it is told when the realtime clock was set: by how many ns, and the time on it then. */
typedef void (*enrich_clock_fn)(void *context, int64_t step, uint64_t time);
void enrich_on_clock(struct enrich *enrich, enrich_clock_fn fn, void *context);

/* "PROGRAM:STATUS[,STATUS…]" or "PROGRAM:*": exits that are answers, not failures, in addition to the default
 * table. Returns NULL or what was expected. */
const char *enrich_ignore_exit(struct enrich *enrich, const char *rule);

/* What is kept of what programs write: a key of [service NAME], or with NULL one for all
 * (docs/lastwords.conf). Returns NULL or what was expected. */
const char *enrich_output_rule(
	struct enrich *enrich, const char *service, const char *key, const char *value);

/* Calls fn for each process that is known to live. */
typedef void (*enrich_running_fn)(void *context, const struct running *process);
void enrich_running(struct enrich *enrich, enrich_running_fn fn, void *context);

/* Whether that very process, by its start as enrich_running has it, is known and not known to have ended. */
bool enrich_lives(const struct enrich *enrich, struct process_key key);
/* Whether a process that /proc shows is known as what it runs there. Where just the latter is not, its start
 * becomes the exact one. */
bool enrich_knows(const struct enrich *enrich, struct record_exec *seen);

/* Deaths that wait for their frames. */
unsigned enrich_unwinding(const struct enrich *enrich);

/* Borrowed. */
const struct enrich_tally *enrich_tally(const struct enrich *enrich, enum record_source source);

/* Statistics of the probes as last received, with what was lost here until then. */
const struct record_stats *enrich_stats(const struct enrich *enrich);

/* The host of the stream, and the realtime of its boottime zero as last known. */
const struct event_host *enrich_host(const struct enrich *enrich);
uint64_t enrich_time(const struct enrich *enrich, uint64_t boottime);

#endif
