/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the steps of this folder. */
#ifndef LW_ENRICH_INTERNAL_H
#define LW_ENRICH_INTERNAL_H

#include "base/buf.h"
#include "enrich/enrich.h"
#include "enrich/exceptions.h"
#include "enrich/exit_rules.h"
#include "enrich/output_rules.h"
#include "enrich/stack.h"
#include "enrich/table.h"
#include "symbolize/symbolize.h"

#define HELD_MAX 64           /* deaths that wait for the end of their core dump or threads */
#define HELD_FOR 500000000ull /* ns that they wait */

/* A process_key as words: uthash compares bytes, and the other has a gap. */
struct hash_key {
	uint64_t start;
	uint64_t pid;
};

static inline struct hash_key hash_key_of(struct process_key key)
{
	return (struct hash_key){.start = key.start, .pid = key.pid};
}

struct held_death {
	uint64_t time;
	struct record_death death;
	int core; /* whether there is a core file: 1, 0, -1 not known yet */
};

struct samples;
struct unwinding;
struct last_words;
struct crumbs;
struct scenes;
struct listeners;
struct remote_names;
struct relations;
struct unix_sockets;

struct enrich {
	enrich_event_fn fn;
	void *context;
	struct table *table;
	struct exit_rules *exit_rules;
	struct samples *samples;
	struct stacks *stacks;
	struct symbolizer *symbolizer; /* NULL: frames are raw addresses; borrowed */
	enrich_open_fn open_file;
	void *open_context;
	unsigned unwinding;                  /* deaths whose frames are on their way */
	uint64_t asked, answered;            /* requests to the helper so far */
	struct unwinding *bare, **bare_last; /* deaths that wait for the answer to all asked before them */
	unsigned bare_count;
	enrich_start_fn on_start; /* NULL: none */
	void *start_context;
	enrich_clock_fn on_clock; /* NULL: none */
	void *clock_context;
	struct last_words *last_words;
	struct exceptions *exceptions;
	struct output_rules *output_rules;
	struct crumbs *crumbs;
	struct scenes *scenes;
	struct listeners *listeners;
	struct remote_names *remote_names;
	struct relations *relations;
	struct unix_sockets *unix_sockets;
	struct event_host host;
	struct record_host described;
	uint32_t arch;            /* libseccomp's token of the stream's machine */
	uint64_t realtime_offset; /* realtime = boottime + this */
	uint64_t offset_before;   /* the one before it, which holds for what was before offset_since */
	uint64_t offset_since;    /* boottime */
	uint64_t sequence;
	bool watching;
	struct record_stats stats;
	uint64_t stats_time; /* of stats, or when the stream began; 0: not known */
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
/* The service that a process running this belongs to. */
void service_of_image(const struct image *image, struct event_service *ret);
/* Whether events of this process are wanted. */
bool is_watched(struct enrich *e, struct process_key key, uint32_t ppid);

/* death.c */
void death_record(struct enrich *e, const struct record *record);
void death_exit(struct enrich *e, const struct record_exit *exit);
/* Releases those that have waited long enough, respectively all. */
void death_tick(struct enrich *e, uint64_t now);
void death_finish(struct enrich *e);

/* unwind.c: emits a death with its stacks, as soon as they have frames. The event is copied, captured freed.
 * threads: how many the process had, 0: not known. */
void emit_with_stack(
	struct enrich *e, const struct event *event, struct captured *captured, uint32_t threads);

/* threads.c: the other threads of a process, named one after the other. */
struct threads {
	unsigned count;
	struct evidence_thread thread[SNAPSHOT_THREADS];
};

/* Adds a thread with the frames that were found, or counts it to one with the same. Without memory it is left
 * out. */
void threads_add(struct threads *threads, const struct captured *captured, const struct frames *frames);
void threads_free(struct threads *threads);
/* Why not all of count threads could be captured: a constant; NULL when they were. */
const char *threads_missing(const struct captured *first, uint32_t count);

/* remains.c: what a core file of the process can be made of. Borrows from all three. NULL without memory. */
struct remains *remains_make(
	const struct event *event, const struct captured *first, const struct evidence_module *modules);
/* Emits what waits for others' frames, respectively drops it. */
void unwinding_finish(struct enrich *e);
void unwinding_drop(struct enrich *e);

/* killer.c: fills class and reason of who sent the signal; cgroup is the sender's, "" when not known. */
void killer_classify(
	const struct record_death *death, uint32_t signal, const char *cgroup, struct event_killer *killer);
/* All that is known of the sender, with class and reason. */
void killer_fill(struct enrich *e, const struct record_death *death, struct event_killer *killer);
/* killer_self.c: the same for a crash that nobody sent; leaves killer alone for a plain fault. */
void killer_self(const struct record_fault *fault, struct event_killer *killer);

/* oom.c: what was read of groups out of memory. */
int scenes_new(struct scenes **ret);
void scenes_free(struct scenes *scenes);
void scenes_record(struct scenes *scenes, const struct record_oom_scene *scene);
/* Puts the scene of this death into its event, with the victim as the kernel saw it. */
void scenes_take(struct scenes *scenes, const struct record_death *death, struct event *event);

/* limits.c: says in the event so when the fault was the end of the thread's stack. */
void stack_overflow(const struct record_death *death, const struct record_fault *fault,
	const struct snapshot *snapshot, struct event *event);
void limits_missing(const struct record_death *death, struct event *event);

/* calls.c */
int samples_new(struct samples **ret);
void samples_free(struct samples *samples);
void call_sample(struct enrich *e, const struct record *record);
void call_count(struct enrich *e, const struct record *record);
void calls_tick(struct enrich *e);

/* The name of a system call: of an unknown one "syscall_N". */
void call_name(const struct enrich *e, uint16_t call, bool compat, char *out, size_t size);

/* last_words.c: what processes wrote, kept from its record until their death has been told. */
int last_words_new(struct last_words **ret);
void last_words_free(struct last_words *words);
void last_words_record(struct enrich *e, const struct record *record);
/* Lends what is kept of a process to the event of its death, until it is dropped. */
void last_words_lend(struct enrich *e, struct process_key key, struct event *event);
void last_words_drop(struct enrich *e, struct process_key key);

/* crumbs.c: what failed last in each process. */
int crumbs_new(struct crumbs **ret);
void crumbs_free(struct crumbs *crumbs);
void crumbs_sample(struct enrich *e, const struct record *record);
void crumbs_tcp(struct enrich *e, const struct record *record);
/* Lends those of a process to evidence, until the next call to any of these. */
void crumbs_lend(struct enrich *e, struct process_key key, struct evidence *evidence);
void crumbs_exit(struct enrich *e, struct process_key key, uint64_t now);
/* Forgets those of processes that died some seconds before now. */
void crumbs_tick(struct enrich *e, uint64_t now);

/* net.c */
void tcp_count(struct enrich *e, const struct record *record);

/* listen.c: the sockets that services listen on. */
int listeners_new(struct listeners **ret);
void listeners_free(struct enrich *e);
void listeners_record(struct enrich *e, const struct record *record);
/* Tells of services that listen no more. */
void listeners_tick(struct enrich *e, uint64_t now);

/* The service that listens where it has connected to, or NULL: none is known, or it may be one of several. */
const char *listeners_name(const struct listeners *listeners, const struct record_connected *connected);
/* Whether anybody listens at a port, whatever the address. */
bool listeners_at(const struct listeners *listeners, uint32_t netns, uint16_t port);

/* relations.c: which services of this host a service has called. */
int relations_new(struct relations **ret);
void relations_free(struct relations *relations);
void relations_record(struct enrich *e, const struct record *record);
/* The service of that name has called another one, or, without a name of that, a peer elsewhere, at time
 * (boottime). */
void relations_add(
	struct relations *relations, const char *name, const struct event_call *call, uint64_t time);
/* Puts those that the event's service called in the hour before now (boottime) into it. */
void relations_fill(struct relations *relations, uint64_t now, struct event *event);

/* unix_socket.c: which services listen on unix sockets, and who connects to them. */
int unix_sockets_new(struct unix_sockets **ret);
void unix_sockets_free(struct unix_sockets *sockets);
void unix_socket_record(struct enrich *e, const struct record *record);
/* Of failed calls of connect(2), as one event of syscall_errors: emits those that were to the sockets of
 * services, as events of their own. */
void unix_socket_failed(struct enrich *e, const struct event *calls, uint64_t boottime);

/* remote_name.c: the names that addresses were asked for by. */
int remote_names_new(struct remote_names **ret);
void remote_names_free(struct remote_names *names);
void remote_names_record(struct enrich *e, const struct record *record);
/* The name of an address (see record_address) in a network namespace, or "". */
const char *remote_name_find(struct remote_names *names, uint32_t netns, const uint8_t address[16]);

/* loss.c: gap events from the difference to the last statistics. */
void loss_stats(struct enrich *e, const struct record *record);
/* The same of the processes that the table had no room for. */
void loss_table(struct enrich *e, uint64_t time);

#endif
