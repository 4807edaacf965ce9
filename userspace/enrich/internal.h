/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the steps of this folder. */
#ifndef LW_ENRICH_INTERNAL_H
#define LW_ENRICH_INTERNAL_H

#include "base/buf.h"
#include "enrich/enrich.h"
#include "enrich/exit_rules.h"
#include "enrich/table.h"

#define HELD_MAX 64           /* deaths that wait for the end of their core dump */
#define HELD_FOR 500000000ull /* ns that they wait */

struct held_death {
	uint64_t time;
	struct record_death death;
};

struct samples;

struct enrich {
	enrich_event_fn fn;
	void *context;
	struct table *table;
	struct exit_rules *exit_rules;
	struct samples *samples;
	struct event_host host;
	struct record_host described;
	uint32_t arch;            /* libseccomp's token of the stream's machine */
	uint64_t realtime_offset; /* realtime = boottime + this */
	uint64_t sequence;
	bool watching;
	struct record_stats stats;
	struct record_reset_reasons reasons;
	struct enrich_tally tally[SOURCES];
	struct held_death *held[HELD_MAX];
	unsigned held_count;
};

/* enrich.c: an empty event of a kind at a boottime. */
void event_begin(struct enrich *e, enum event_kind kind, uint64_t boottime, struct event *event);
/* Gives it an id and hands it out. */
void event_emit(struct enrich *e, struct event *event);
/* Who, from the record's task; executable, arguments and age from the table. */
void event_fill_process(
	struct enrich *e, const struct record_task *task, uint64_t boottime, struct event *event);
/* Which service; without a cgroup that of the process in the table. */
void event_fill_service(struct enrich *e, const struct record_cgroup *cgroup, struct event *event);
/* Whether events of this process are wanted. */
bool is_watched(struct enrich *e, struct process_key key, uint32_t ppid);

/* death.c */
void death_record(struct enrich *e, const struct record *record);
void death_exit(struct enrich *e, const struct record_exit *exit);
/* Releases those that have waited long enough, respectively all. */
void death_tick(struct enrich *e, uint64_t now);
void death_finish(struct enrich *e);

/* killer.c: the class of who sent the signal. */
const char *killer_class(const struct record_death *death, const struct event_killer *killer);

/* calls.c */
int samples_new(struct samples **ret);
void samples_free(struct samples *samples);
void call_sample(struct enrich *e, const struct record *record);
void call_count(struct enrich *e, const struct record *record);
void calls_tick(struct enrich *e);

/* net.c */
void tcp_count(struct enrich *e, const struct record *record);

/* loss.c: gap events from the difference to the last statistics. */
void loss_stats(struct enrich *e, const struct record *record);

#endif
