/* SPDX-License-Identifier: Apache-2.0 */
/* What a death was: a crash, a kill, the OOM killer's, or an exit with a failure status. */
#include "enrich/internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "enrich/exit_rules.h"
#include "model/names.h"

/* A handler that ends its own process does so at once; later the fault it took is another matter. */
#define SAME_FAULT (10 * NS_PER_SEC)
/* A process that was told to end by a signal and raises it itself when it has cleaned up. */
#define SAME_REQUEST (60 * NS_PER_SEC)

#define SI_KERNEL_CODE 0x80

static uint64_t since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

/* The fault that is told: the one a handler took just before, or the one that ended the process. */
static const struct record_fault *told_fault(const struct record_death *d, uint64_t now, uint32_t signal)
{
	const struct record_fault *first = &d->first, *last = &d->last;
	bool own_end = last->signal == signal && last->tid == first->tid;

	if (first->signal && own_end && (signal == SIGABRT || signal == first->signal) &&
		since(now, first->time) < SAME_FAULT)
		return first;
	return last->signal == signal ? last : NULL;
}

/* Whether somebody else's signal ended the process: directly, or through a handler that then raised it again.
 */
static bool was_sent(
	const struct record_death *d, uint64_t now, uint32_t signal, const struct record_fault *fault)
{
	const struct record_sender *s = &d->sender;
	bool raised_after;

	if (fault && fault->handled && s->signal == fault->signal && fault->code <= 0)
		return true;
	if (signal == SIGKILL && d->last.signal != SIGKILL)
		return true; /* by whom may be unknown */
	if (s->signal != signal)
		return false;
	raised_after = d->last.signal == signal && d->last.time > s->time && d->last.code <= 0 &&
		       d->last.code != s->code;
	if (d->last.signal == signal && d->last.code > 0 && d->last.code != SI_KERNEL_CODE)
		return false; /* a fault of its own, whatever was sent before */
	return !raised_after || since(now, s->time) < SAME_REQUEST;
}

/* SIGPIPE from the kernel: the reader went away first, as in `yes | head`. */
static bool is_routine_signal(const struct record_death *d, uint32_t signal)
{
	return signal == SIGPIPE && d->last.signal == SIGPIPE && d->last.code == SI_KERNEL_CODE;
}

static const char *program_name(const struct record_task *task, const struct process *process)
{
	const char *exe =
		process && process->image && process->image->exe[0] ? process->image->exe : task->comm;
	const char *slash = strrchr(exe, '/');

	return slash ? slash + 1 : exe;
}

/* Told to end by a signal, and ended with the status that says so. */
static bool obeyed(const struct record_death *d, uint64_t now, uint32_t status)
{
	return d->sender.signal && status == 128 + d->sender.signal &&
	       since(now, d->sender.time) < SAME_REQUEST;
}

static bool status_matters(struct enrich *e, const struct record_death *d, uint64_t now, uint32_t status)
{
	struct process *process = table_find(e->table, d->task.key), *parent;
	uint32_t child = process ? process->last_child_code : 0;
	const char *name = program_name(&d->task, process);
	bool passed_on;

	if (obeyed(d, now, status))
		return false;
	/* A multi-call binary such as busybox is known by what it was called as. */
	if (exit_is_answer(e->exit_rules, name, status) ||
		exit_is_answer(e->exit_rules, d->task.comm, status))
		return false;
	parent = table_find_pid(e->table, d->task.ppid);
	if (exit_parent_is_supervisor(d->task.ppid, parent && parent->image ? parent->image->comm : ""))
		return true;
	/* A shell that hands on what its child ended with: that child has been told already, or was an
	 * answer. */
	passed_on = child & 0x7f ? status == 128 + (child & 0x7f) : child && status == child >> 8;
	return !(passed_on && (exit_is_wrapper(name) || exit_is_wrapper(d->task.comm)));
}

static const char *no_core_reason(
	const struct enrich *e, const struct record_death *d, uint32_t signal, char *buf, size_t size)
{
	const char *pattern = e->described.core_pattern;
	char name[16];

	if (!signal)
		return NULL;
	if (!signal_dumps_core(signal)) {
		snprintf(buf, size, "%s does not dump core", name_signal(signal, name, sizeof(name)));
		return buf;
	}
	if (d->dumpable == 0)
		return "the process is not dumpable (set-uid, or prctl)";
	if (d->dumpable == 2 && pattern[0] && pattern[0] != '|' && pattern[0] != '/')
		return "the process is set-uid and core_pattern is a relative path";
	if (pattern[0] == '|')
		return d->core_limit == 1 ? "RLIMIT_CORE is 1" : NULL;
	if (d->core_limit == 0)
		return "RLIMIT_CORE is 0";
	if (!pattern[0])
		return "core_pattern is empty";
	return NULL;
}

static void fill_fault(const struct record_fault *fault, uint32_t signal, struct event *event)
{
	struct event_death *out = &event->death;

	out->signal = fault->signal;
	out->code = fault->code;
	out->has_fault = true;
	out->has_address = signal_has_address(fault->signal, fault->code);
	out->address = fault->address;
	if (fault->signal != signal)
		out->end_signal = signal;
	event->process.tid = fault->tid;
	if (strcmp(fault->comm, event->process.comm) != 0)
		text_copy(event->process.thread_name, sizeof(event->process.thread_name), fault->comm);
}

/* Of a SIGKILL that nobody was seen to send, another signal's sender is not the killer. */
static bool knows_sender(const struct record_death *d, uint32_t signal)
{
	return d->sender.signal && (signal != SIGKILL || d->sender.signal == SIGKILL);
}

static const char *no_stack_reason(const struct record_death *d)
{
	return d->dumpable >= 0 && d->dumpable != 1
		       ? "the process is not dumpable: its memory is not looked at"
		       : "it was not captured";
}

/* None of an exit by status: what was captured is a fault that the program coped with, such as those by which
 * Java's machine finds out at its start what the processor can do. Else of the fault that is told; when that
 * was not captured and its handler ended the process, of the end, whose stack leads through the handler to
 * the fault. */
static struct captured *take_stack(
	struct enrich *e, const struct record_death *d, const struct record_fault *fault, uint32_t signal)
{
	struct process_key key = d->task.key;
	struct captured *c = NULL;

	if (signal)
		c = fault ? stacks_take(e->stacks, key, fault->tid, fault->signal, fault->time)
			  : stacks_take(e->stacks, key, 0, 0, 0);
	if (!c && fault == &d->first)
		c = stacks_take(e->stacks, key, d->last.tid, signal, d->last.time);
	stacks_forget(e->stacks, key);
	return c;
}

/* What it was to who started it. */
static const char *role_of(struct enrich *e, const struct record_death *d)
{
	const struct process *process = table_find(e->table, d->task.key),
			     *parent = table_find_pid(e->table, d->task.ppid);
	const struct image *own = process ? process->image : NULL, *other = parent ? parent->image : NULL;

	if (exit_parent_is_supervisor(d->task.ppid, other ? other->comm : ""))
		return "main";
	if (!own || !other)
		return NULL;
	if (own == other || (strcmp(own->exe, other->exe) == 0 && own->args_len == other->args_len &&
				    memcmp(own->args, other->args, own->args_len) == 0))
		return "worker";
	return exit_is_wrapper(other->comm) ? "script" : "command";
}

/* What a supervisor could not start died in the unit's control groups and ran the supervisor's program still,
 * which is of others. Any other one that was moved may have company that the table does not know of. */
static void fill_alive(struct enrich *e, const struct record_death *d, struct event *event)
{
	const struct process *process = table_find(e->table, d->task.key);
	struct record_cgroup own = {0};
	bool moved;

	if (!process || !process->image || !event->service.name[0])
		return;
	moved = d->cgroup.v2[0] && !d->cgroup_cut && table_is_moved(process, &d->cgroup);
	if (moved && (!event->process.role || strcmp(event->process.role, "main") != 0))
		return;
	text_copy(own.v2, sizeof(own.v2), process->image->cgroup2);
	text_copy(own.v1, sizeof(own.v1), process->image->cgroup1);
	event->service.has_alive = true;
	event->service.alive = table_alive(e->table, process, moved ? &d->cgroup : &own);
}

/* Who sent the signal, and with it the code of one that no fault tells. */
static void fill_sender(
	struct enrich *e, const struct record_death *d, const struct record_fault *fault, struct event *event)
{
	bool known = event->kind == EVENT_KILL && knows_sender(d, d->exit_code & 0x7f);

	if (event->kind == EVENT_OOM_KILL || known)
		killer_fill(e, d, &event->death.killer);
	else if (event->kind == EVENT_CRASH)
		killer_self(fault, &event->death.killer);
	if (known && !event->death.has_fault) {
		event->death.code = d->sender.code;
		event->death.has_fault = true;
	}
}

/* What the event lacks, and why. */
static void fill_missing(const struct record_death *d, struct event *event)
{
	limits_missing(d, event);
	if (event->death.core_dumped < 0)
		event_missing_add(event, "exit.core_dumped", "the core file was still being written");
	if (d->no_state || (event->kind == EVENT_KILL && !event->death.killer.known))
		event_missing_add(event, "killer",
			d->no_state ? "too many processes were dying at once (map full)"
				    : "nobody was seen to send the signal");
	if (d->cgroup_cut)
		event_missing_add(event, "service.cgroup", "the path is longer than what is kept of it");
	if (d->dumpable == 0)
		event_missing_add(event, "last_words", "the process is not dumpable (set-uid, or prctl)");
}

/* core: 1 or 0 when the end is known, -1 when not. */
static void death_emit(struct enrich *e, uint64_t time, const struct record_death *d, int core)
{
	uint32_t signal = d->exit_code & 0x7f;
	const struct record_fault *fault = signal ? told_fault(d, time, signal) : NULL;
	enum event_kind kind = !signal                                         ? EVENT_EXIT_FAILURE
			       : d->oom.scope != OOM_NONE && signal == SIGKILL ? EVENT_OOM_KILL
			       : was_sent(d, time, signal, fault)              ? EVENT_KILL
									       : EVENT_CRASH;
	struct captured *captured;
	struct event event;
	const char *reason;

	event_begin(e, kind, time, &event);
	event_fill_process(e, &d->task, time, &event);
	event_fill_service(e, &d->cgroup, &event);
	event.process.role = role_of(e, d);
	fill_alive(e, d, &event);
	event.death.signal = signal;
	event.death.status = d->exit_code >> 8 & 0xff;
	event.death.core_dumped = signal ? core : 0;
	if (fault && (kind == EVENT_CRASH || kind == EVENT_KILL))
		fill_fault(fault, signal, &event);
	if (kind == EVENT_OOM_KILL) {
		event.death.oom = d->oom;
		scenes_take(e->scenes, d, &event);
	}
	event.death.limits = d->limits;
	event.process.threads = d->limits.threads;
	fill_sender(e, d, fault, &event);
	reason = no_core_reason(e, d, signal, event.death.no_core_reason, sizeof(event.death.no_core_reason));
	if (reason && reason != event.death.no_core_reason && core != 1)
		text_copy(event.death.no_core_reason, sizeof(event.death.no_core_reason), reason);
	fill_missing(d, &event);
	if (d->dumpable)
		last_words_lend(e, d->task.key, &event);
	exceptions_death(e, d->task.key, event.death.evidence.exception);
	crumbs_lend(e, d->task.key, &event.death.evidence);
	e->tally[SOURCE_DEATH].emitted++;
	captured = take_stack(e, d, fault, signal);
	if (captured && fault && kind == EVENT_CRASH)
		stack_overflow(d, fault, &captured->snapshot, &event);
	if (!captured && signal)
		event_missing_add(&event, "stack", no_stack_reason(d));
	if (captured)
		emit_with_stack(e, &event, captured, d->threads);
	else
		event_emit(e, &event);
	last_words_drop(e, d->task.key);
}

static void note_child_code(struct enrich *e, const struct record_death *d)
{
	struct process *parent = table_find_pid(e->table, d->task.ppid);

	if (parent)
		parent->last_child_code = d->exit_code & ~0x80u;
}

static bool hold(struct enrich *e, uint64_t time, const struct record_death *d, int core)
{
	struct held_death *held;

	if (e->held_count == HELD_MAX)
		return false;
	held = malloc(sizeof(*held));
	if (!held)
		return false;
	held->time = time;
	held->death = *d;
	held->core = core;
	e->held[e->held_count++] = held;
	return true;
}

static void release(struct enrich *e, unsigned index, int core)
{
	struct held_death *held = e->held[index];

	e->held_count--;
	memmove(&e->held[index], &e->held[index + 1], (e->held_count - index) * sizeof(struct held_death *));
	death_emit(e, held->time, &held->death, core);
	free(held);
}

/* Whether the core file was written; -1: only the end will tell. */
static int core_known(const struct enrich *e, const struct record_death *d, uint32_t signal)
{
	const struct process *process = table_find(e->table, d->task.key);
	char scratch[64];

	if (!d->delivered)
		return !!(d->exit_code & 0x80);
	if (process && process->dead) /* a quick end may overtake the death on its way here */
		return !!(process->exit_code & 0x80);
	return no_core_reason(e, d, signal, scratch, sizeof(scratch)) ? 0 : -1;
}

/* Whether other threads are still on their way out of the process. */
static bool threads_awaited(const struct enrich *e, const struct record_death *d)
{
	const struct process *process = table_find(e->table, d->task.key);

	return d->delivered && d->threads > 1 && !(process && process->dead);
}

void death_record(struct enrich *e, const struct record *record)
{
	const struct record_death *d = &record->death;
	uint32_t signal = d->exit_code & 0x7f, status = d->exit_code >> 8 & 0xff;
	int core;

	e->tally[SOURCE_DEATH].taken++;
	note_child_code(e, d);
	if (!is_watched(e, d->task.key, d->task.ppid) ||
		(signal ? is_routine_signal(d, signal) : !status_matters(e, d, record->time, status))) {
		e->tally[SOURCE_DEATH].routine++;
		last_words_drop(e, d->task.key);
		return;
	}
	core = core_known(e, d, signal);
	if ((core >= 0 && !threads_awaited(e, d)) || !hold(e, record->time, d, core))
		death_emit(e, record->time, d, core);
}

void death_exit(struct enrich *e, const struct record_exit *exit)
{
	for (unsigned i = 0; i < e->held_count; i++) {
		if (process_key_equal(e->held[i]->death.task.key, exit->key)) {
			release(e, i, !!(exit->exit_code & 0x80));
			return;
		}
	}
}

void death_tick(struct enrich *e, uint64_t now)
{
	while (e->held_count > 0 && since(now, e->held[0]->time) > HELD_FOR)
		release(e, 0, e->held[0]->core);
}

void death_finish(struct enrich *e)
{
	while (e->held_count > 0)
		release(e, 0, e->held[0]->core);
}
