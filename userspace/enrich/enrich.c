/* SPDX-License-Identifier: Apache-2.0 */
/* Sends each record to its step, and holds what the steps share: the host, time, names of processes. */
#include "enrich/internal.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "enrich/identity.h"

int enrich_new(struct enrich **ret, enrich_event_fn fn, void *context)
{
	struct enrich *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->fn = fn;
	e->context = context;
	e->bare_last = &e->bare;
	if (table_new(&e->table) < 0 || exit_rules_new(&e->exit_rules) < 0 || samples_new(&e->samples) < 0 ||
		last_words_new(&e->last_words) < 0 || exceptions_new(&e->exceptions) < 0 ||
		output_rules_new(&e->output_rules) < 0 || crumbs_new(&e->crumbs) < 0 ||
		stacks_new(&e->stacks) < 0 || scenes_new(&e->scenes) < 0 ||
		listeners_new(&e->listeners) < 0 || remote_names_new(&e->remote_names) < 0 ||
		relations_new(&e->relations) < 0 || unix_sockets_new(&e->unix_sockets) < 0) {
		enrich_free(e);
		return -ENOMEM;
	}
	*ret = e;
	return 0;
}

void enrich_free(struct enrich *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->held_count; i++)
		free(e->held[i]);
	unwinding_drop(e);
	listeners_free(e);
	remote_names_free(e->remote_names);
	relations_free(e->relations);
	unix_sockets_free(e->unix_sockets);
	table_free(e->table);
	exit_rules_free(e->exit_rules);
	samples_free(e->samples);
	stacks_free(e->stacks);
	last_words_free(e->last_words);
	exceptions_free(e->exceptions);
	output_rules_free(e->output_rules);
	crumbs_free(e->crumbs);
	scenes_free(e->scenes);
	free(e);
}

void event_begin(struct enrich *e, enum event_kind kind, uint64_t boottime, struct event *event)
{
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->time = enrich_time(e, boottime);
	event->host = e->host;
}

void event_emit(struct enrich *e, struct event *event)
{
	uint64_t hash = id_hash(0, e->host.boot_id, strlen(e->host.boot_id));
	uint64_t facts[] = {
		event->time, event->kind, event->process.key.pid, event->process.key.start, e->sequence++};

	id_make(event->time, id_hash(hash, facts, sizeof(facts)), event->id);
	e->fn(e->context, event);
}

void event_fill_process(
	struct enrich *e, const struct record_task *task, uint64_t boottime, struct event *event)
{
	const struct process *known = table_find(e->table, task->key);
	struct event_process *p = &event->process;
	const struct image *image = known ? known->image : NULL;

	p->key = task->key;
	p->tid = task->tid;
	p->has_ids = task->comm[0] != '\0';
	p->ppid = task->ppid;
	p->ns_pid = task->ns_pid;
	p->uid = task->uid;
	p->gid = task->gid;
	p->start = enrich_time(e, task->key.start);
	p->age = boottime > task->key.start ? boottime - task->key.start : 0;
	text_copy(p->comm, sizeof(p->comm), task->comm);
	if (!image) {
		event_missing_add(event, "process.exe", "the process was not seen when it started");
		return;
	}
	if (!p->comm[0])
		text_copy(p->comm, sizeof(p->comm), image->comm);
	text_copy(p->exe, sizeof(p->exe), image->exe);
	memcpy(p->args, image->args, image->args_len);
	p->args_len = image->args_len;
	p->args_cut = image->args_cut;
	if (image->path_cut)
		event_missing_add(
			event, "process.exe", "the path is longer or deeper than what is kept of it");
	if (image->args_cut)
		event_missing_add(event, "process.cmdline", "longer than what is kept of it");
}

void service_of_image(const struct image *image, struct event_service *ret)
{
	struct record_cgroup cgroup;

	text_copy(cgroup.v2, sizeof(cgroup.v2), image->cgroup2);
	text_copy(cgroup.v1, sizeof(cgroup.v1), image->cgroup1);
	identity_from_cgroup(&cgroup, image->exe, image->comm, ret);
}

/* Whether it may have failed since one that it calls did. */
static bool has_calls(enum event_kind kind)
{
	return kind == EVENT_CRASH || kind == EVENT_EXIT_FAILURE || kind == EVENT_EXCEPTION ||
	       kind == EVENT_OOM_KILL || kind == EVENT_CONNECT_FAILURE || kind == EVENT_TCP_RESET;
}

void event_fill_service(struct enrich *e, const struct record_cgroup *cgroup, struct event *event)
{
	static const struct record_cgroup none;
	const struct process *process = table_find(e->table, event->process.key);
	struct record_cgroup remembered;

	if (process && process->image && process->image->group->has_listened) {
		event->service.has_listening = true;
		event->service.listening = process->image->group->listening;
	}
	if (!cgroup || (!cgroup->v2[0] && !cgroup->v1[0])) {
		cgroup = &none;
		if (process && process->image) {
			text_copy(remembered.v2, sizeof(remembered.v2), process->image->cgroup2);
			text_copy(remembered.v1, sizeof(remembered.v1), process->image->cgroup1);
			cgroup = &remembered;
		}
	}
	identity_from_cgroup(cgroup, event->process.exe, event->process.comm, &event->service);
	if (has_calls(event->kind))
		relations_fill(e->relations, event->time - e->realtime_offset, event);
}

bool is_watched(struct enrich *e, struct process_key key, uint32_t ppid)
{
	const struct process *process, *parent;

	if (!e->watching)
		return true;
	process = table_find(e->table, key);
	parent = ppid ? table_find_pid(e->table, ppid) : NULL;
	return (process && process->watched) || (parent && parent->watched);
}

void enrich_watch(struct enrich *e, uint32_t pid)
{
	e->watching = true;
	table_watch(e->table, pid);
}

const char *enrich_ignore_exit(struct enrich *e, const char *rule)
{
	return exit_rules_add(e->exit_rules, rule);
}

const char *enrich_output_rule(struct enrich *e, const char *service, const char *key, const char *value)
{
	return output_rules_set(e->output_rules, service, key, value);
}

static void host_record(struct enrich *e, const struct record *record)
{
	e->described = record->host;
	text_copy(e->host.name, sizeof(e->host.name), record->host.name);
	text_copy(e->host.boot_id, sizeof(e->host.boot_id), record->host.boot_id);
	e->arch = seccomp_arch_resolve_name(record->host.machine);
}

/* Two clocks cannot be read at one instant: below this the difference is noise, and a start time would look
 * different in each event of a process. */
#define CLOCK_NOISE NS_PER_MS

/* What is read late happened before the clock was set, and keeps its time. */
static void clock_moved(struct enrich *e, uint64_t offset, uint64_t boottime)
{
	bool known = e->offset_since != 0;

	e->offset_before = known ? e->realtime_offset : offset;
	e->realtime_offset = offset;
	e->offset_since = boottime;
	if (known && e->on_clock)
		e->on_clock(e->clock_context, (int64_t)(offset - e->offset_before), boottime + offset);
}

static void tick_record(struct enrich *e, const struct record *record)
{
	uint64_t offset = record->tick.realtime - record->time;
	int64_t change = (int64_t)(offset - e->realtime_offset);

	if (!e->stats_time)
		e->stats_time = record->time;
	if (change > (int64_t)CLOCK_NOISE || change < -(int64_t)CLOCK_NOISE)
		clock_moved(e, offset, record->time);
	death_tick(e, record->time);
	exceptions_tick(e, record->time);
	calls_tick(e);
	crumbs_tick(e, record->time);
	listeners_tick(e, record->time);
	table_tick(e->table, record->time);
	loss_table(e, record->time);
}

static void lifecycle_used(struct enrich *e)
{
	e->tally[SOURCE_LIFECYCLE].taken++;
	e->tally[SOURCE_LIFECYCLE].used++;
}

static void snapshot_used(struct enrich *e)
{
	e->tally[SOURCE_SNAPSHOT].taken++;
	e->tally[SOURCE_SNAPSHOT].used++;
}

void enrich_on_start(struct enrich *e, enrich_start_fn fn, void *context)
{
	e->on_start = fn;
	e->start_context = context;
}

void enrich_on_clock(struct enrich *e, enrich_clock_fn fn, void *context)
{
	e->on_clock = fn;
	e->clock_context = context;
}

static void started(struct enrich *e, const struct record *record)
{
	const struct record_exec *exec = &record->exec;
	const struct process *process = table_find(e->table, exec->task.key);
	const struct process *parent = table_find_pid(e->table, exec->task.ppid);
	struct event_service service = {0};
	bool before = record->type == RECORD_SEED;
	struct enrich_start start = {
		.time = enrich_time(e, before ? exec->task.key.start : record->time),
		.exec = exec,
		.service = &service,
		.before = before,
	};

	if (!e->on_start || !process || !process->image)
		return;
	identity_from_cgroup(&exec->cgroup, exec->exe, exec->task.comm, &service);
	start.args = process->image->args;
	start.args_len = process->image->args_len;
	start.supervised = exit_parent_is_supervisor(
		exec->task.ppid, parent && parent->image ? parent->image->comm : "");
	e->on_start(e->start_context, &start);
}

static void exec_record(struct enrich *e, const struct record *record)
{
	if (record->type == RECORD_SEED) {
		table_seed(e->table, &record->exec);
	} else {
		lifecycle_used(e);
		table_exec(e->table, &record->exec);
	}
	started(e, record);
}

static void exit_record(struct enrich *e, const struct record *record)
{
	if (!record->exit.found) {
		lifecycle_used(e);
		death_exit(e, &record->exit);
	}
	table_exit(e->table, &record->exit, record->time);
	crumbs_exit(e, record->exit.key, record->time);
}

/* What is captured of a thread. */
static void captured_record(struct enrich *e, const struct record *record)
{
	snapshot_used(e);
	if (record->type == RECORD_FILE)
		stacks_file(e->stacks, &record->file);
	else if (record->type == RECORD_SNAPSHOT)
		stacks_snapshot(e->stacks, &record->snapshot, record->time, e->described.machine);
	else
		stacks_part(e->stacks, &record->stack);
}

void enrich_record(struct enrich *e, const struct record *record)
{
	switch (record->type) {
	case RECORD_FORK:
		lifecycle_used(e);
		table_fork(e->table, &record->fork);
		break;
	case RECORD_EXEC:
	case RECORD_SEED: exec_record(e, record); break;
	case RECORD_EXIT: exit_record(e, record); break;
	case RECORD_DEATH: death_record(e, record); break;
	case RECORD_LAST_WORDS: last_words_record(e, record); break;
	case RECORD_OUTPUT: exceptions_output(e, record); break;
	case RECORD_SUBJECT_SAMPLE:
		call_sample(e, record);
		crumbs_sample(e, record);
		break;
	case RECORD_SYSCALL_COUNT: call_count(e, record); break;
	case RECORD_TCP_COUNT:
		tcp_count(e, record);
		crumbs_tcp(e, record);
		break;
	case RECORD_OOM_MARK: snapshot_used(e); break;
	case RECORD_OOM_SCENE: scenes_record(e->scenes, &record->oom_scene); break;
	case RECORD_LISTEN:
		if (!record->listen.seed)
			lifecycle_used(e);
		listeners_record(e, record);
		break;
	case RECORD_CONNECTED: relations_record(e, record); break;
	case RECORD_UNIX_SOCKET: unix_socket_record(e, record); break;
	case RECORD_DNS_ANSWER: remote_names_record(e, record); break;
	case RECORD_STATS: loss_stats(e, record); break;
	case RECORD_TICK: tick_record(e, record); break;
	case RECORD_HOST: host_record(e, record); break;
	case RECORD_RESET_REASONS: e->reasons = record->reasons; break;
	case RECORD_FILE:
	case RECORD_SNAPSHOT:
	case RECORD_STACK: captured_record(e, record); break;
	}
}

void enrich_finish(struct enrich *e)
{
	death_finish(e);
	exceptions_finish(e);
	unwinding_finish(e);
}

const struct enrich_tally *enrich_tally(const struct enrich *e, enum record_source source)
{
	return &e->tally[source];
}

const struct record_stats *enrich_stats(const struct enrich *e)
{
	return &e->stats;
}

const struct event_host *enrich_host(const struct enrich *e)
{
	return &e->host;
}

uint64_t enrich_time(const struct enrich *e, uint64_t boottime)
{
	return boottime + (boottime < e->offset_since ? e->offset_before : e->realtime_offset);
}
