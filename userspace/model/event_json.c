/* SPDX-License-Identifier: Apache-2.0 */
/* An event as JSON: docs/EVENTS.md is the contract of each key. */
#include "model/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/names.h"

#define SIGNAL_NAME_SIZE 16

static void write_time(struct json *j, const char *key, uint64_t ns)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ns, text);
	json_str(j, key, text);
}

/* A name, or the number as text where there is none. */
static void write_name(struct json *j, const char *key, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	json_str(j, key, name ? name : text);
}

static void write_host(struct json *j, const struct event_host *host)
{
	json_object_begin(j, "host");
	json_str_known(j, "name", host->name);
	json_str_known(j, "boot_id", host->boot_id);
	json_object_end(j);
}

static void write_service(struct json *j, const struct event_service *s)
{
	const char *const known[] = {
		s->name, s->unit, s->slice, s->container_id, s->pod_uid, s->user, s->cgroup, s->version};
	bool any = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		any |= *known[i] != '\0';
	if (!any)
		return;
	json_object_begin(j, "service");
	json_str_known(j, "name", s->name);
	json_str_known(j, "unit", s->unit);
	json_str_known(j, "slice", s->slice);
	if (*s->container_id) {
		json_object_begin(j, "container");
		json_str(j, "id", s->container_id);
		json_str_known(j, "runtime", s->container_runtime);
		json_object_end(j);
	}
	if (*s->pod_uid) {
		json_object_begin(j, "pod");
		json_str(j, "uid", s->pod_uid);
		json_str_known(j, "qos", s->pod_qos);
		json_object_end(j);
	}
	json_str_known(j, "cgroup", s->cgroup);
	json_str_known(j, "version", s->version);
	json_str_known(j, "user", s->user);
	if (s->has_alive)
		json_uint(j, "alive", s->alive);
	if (s->has_listening)
		json_uint(j, "listening", s->listening);
	json_object_end(j);
}

static void write_cmdline(struct json *j, const struct event_process *p)
{
	size_t len;

	if (!p->args_len)
		return;
	json_array_begin(j, "cmdline");
	for (size_t at = 0, n = 0; at < p->args_len && n < EVENT_ARGS_MAX; at += len + 1, n++) {
		len = strnlen(p->args + at, p->args_len - at);
		json_strn(j, NULL, p->args + at, len);
	}
	json_array_end(j);
}

static void write_process(struct json *j, const struct event_process *p)
{
	if (!p->key.pid)
		return;
	json_object_begin(j, "process");
	json_uint(j, "pid", p->key.pid);
	if (p->tid)
		json_uint(j, "tid", p->tid);
	json_str_known(j, "thread_name", p->thread_name);
	if (p->has_ids && p->ns_pid && p->ns_pid != p->key.pid)
		json_uint(j, "ns_pid", p->ns_pid);
	if (p->start)
		write_time(j, "start", p->start);
	if (p->has_ids)
		json_uint(j, "ppid", p->ppid);
	json_str_known(j, "role", p->role);
	json_str_known(j, "comm", p->comm);
	json_str_known(j, "exe", p->exe);
	write_cmdline(j, p);
	if (p->has_ids) {
		json_uint(j, "uid", p->uid);
		json_uint(j, "gid", p->gid);
	}
	if (p->age)
		json_seconds(j, "age", p->age);
	if (p->threads)
		json_uint(j, "threads", p->threads);
	json_object_end(j);
}

static void write_signal(struct json *j, const struct event_death *d)
{
	char name[SIGNAL_NAME_SIZE];

	if (!d->signal)
		return;
	json_object_begin(j, "signal");
	json_str(j, "name", name_signal(d->signal, name, sizeof(name)));
	json_uint(j, "number", d->signal);
	if (d->has_fault)
		write_name(j, "code", name_signal_code(d->signal, d->code), d->code);
	if (d->has_address)
		json_hex(j, "address", d->address);
	if (d->reason) {
		json_str(j, "reason", d->reason);
		json_str(j, "detail", d->reason_text);
	}
	json_object_end(j);
}

static void write_exit(struct json *j, const struct event *event)
{
	const struct event_death *d = &event->death;
	char name[SIGNAL_NAME_SIZE];

	json_object_begin(j, "exit");
	if (event->kind == EVENT_EXIT_FAILURE)
		json_uint(j, "status", d->status);
	else
		json_none(j, "status");
	if (d->end_signal && d->end_signal != d->signal)
		json_str(j, "signal", name_signal(d->end_signal, name, sizeof(name)));
	if (d->core_dumped < 0)
		json_none(j, "core_dumped");
	else
		json_bool(j, "core_dumped", d->core_dumped);
	json_str(j, "no_core_reason", *d->no_core_reason ? d->no_core_reason : NULL);
	json_object_end(j);
}

static void write_death(struct json *j, const struct event *event)
{
	write_signal(j, &event->death);
	write_exit(j, event);
	death_json(&event->death, j);
	evidence_json(&event->death.evidence, j);
}

static void write_exception(struct json *j, const struct event *event)
{
	if (!event->exception.exception)
		return;
	exception_json(event->exception.exception, j);
	json_uint(j, "count", event->exception.count);
	json_seconds(j, "interval", event->exception.interval);
}

static void write_syscall(struct json *j, const struct event *event)
{
	const struct event_syscall *s = &event->syscall;

	json_str_known(j, "syscall", s->name);
	write_name(j, "errno", name_errno(s->error), s->error);
	json_uint(j, "count", s->count);
	json_seconds(j, "interval", s->interval);
	if (!s->subject_count)
		return;
	json_array_begin(j, "subjects");
	for (unsigned i = 0; i < s->subject_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "subject", s->subjects[i].text);
		json_uint(j, "count", s->subjects[i].count);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_tcp(struct json *j, const struct event *event)
{
	const struct event_tcp *t = &event->tcp;

	json_str_known(j, "direction", t->direction);
	json_str_known(j, "local", t->local);
	json_str_known(j, "remote", t->remote);
	json_str_known(j, "remote_name", t->remote_name);
	if (event->kind == EVENT_CONNECT_FAILURE) {
		write_name(j, "errno", name_errno(t->error), t->error);
	} else {
		json_str_known(j, "state", t->state);
		json_str_known(j, "reason", t->reason);
	}
	json_uint(j, "count", t->count);
	json_seconds(j, "interval", t->interval);
	if (event->kind == EVENT_TCP_RESET && t->netns)
		json_uint(j, "netns", t->netns);
}

static void write_marker(struct json *j, const struct event *event)
{
	const struct event_marker *m = &event->marker;

	json_object_begin(j, "marker");
	json_str_known(j, "kind", m->kind);
	json_str_known(j, "service", m->service);
	json_str_known(j, "version", m->version);
	json_str_known(j, "before", m->before);
	json_str_known(j, "source", m->source);
	json_str_known(j, "evidence", m->evidence);
	json_str_known(j, "undo", m->undo);
	json_str_known(j, "note", m->note);
	json_str_known(j, "link", m->link);
	json_object_end(j);
}

static void write_gap(struct json *j, const struct event *event)
{
	json_str_known(j, "reason", event->gap.reason);
	json_str_known(j, "source", event->gap.source);
	json_uint(j, "count", event->gap.count);
	json_seconds(j, "interval", event->gap.interval);
}

static void write_decision(struct json *j, const struct event *event)
{
	const struct event_decision *d = &event->decision;

	json_object_begin(j, "decision");
	json_str_known(j, "action", d->action);
	json_str_known(j, "issue", d->issue);
	json_str_known(j, "into", d->into);
	json_str_known(j, "by", d->by);
	json_object_end(j);
}

static void write_listen(struct json *j, const struct event *event)
{
	json_object_begin(j, "listen");
	json_str_known(j, "state", event->listen.state);
	json_uint(j, "port", event->listen.port);
	json_object_end(j);
}

static void write_callers(struct json *j, const struct event *event)
{
	if (!event->caller_count)
		return;
	json_array_begin(j, "callers");
	for (unsigned i = 0; i < event->caller_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "service", event->callers[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_calls(struct json *j, const struct event *event)
{
	if (!event->call_count)
		return;
	json_array_begin(j, "calls");
	for (unsigned i = 0; i < event->call_count; i++) {
		json_object_begin(j, NULL);
		json_str_known(j, "service", event->calls[i].service);
		json_str(j, "remote", event->calls[i].remote);
		json_str_known(j, "remote_name", event->calls[i].remote_name);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_missing(struct json *j, const struct event *event)
{
	if (!event->missing_count)
		return;
	json_array_begin(j, "missing");
	for (unsigned i = 0; i < event->missing_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "what", event->missing[i].what);
		json_str(j, "why", event->missing[i].why);
		json_object_end(j);
	}
	json_array_end(j);
}

typedef void (*write_fn)(struct json *j, const struct event *event);

static const write_fn write_kind[EVENT_KINDS] = {
	[EVENT_CRASH] = write_death,
	[EVENT_OOM_KILL] = write_death,
	[EVENT_KILL] = write_death,
	[EVENT_EXIT_FAILURE] = write_death,
	[EVENT_EXCEPTION] = write_exception,
	[EVENT_SYSCALL_ERRORS] = write_syscall,
	[EVENT_TCP_RESET] = write_tcp,
	[EVENT_CONNECT_FAILURE] = write_tcp,
	[EVENT_MARKER] = write_marker,
	[EVENT_GAP] = write_gap,
	[EVENT_DECISION] = write_decision,
	[EVENT_LISTEN] = write_listen,
};

void event_json(const struct event *event, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_object_begin(&j, NULL);
	json_uint(&j, "schema", EVENT_SCHEMA);
	json_str_known(&j, "id", event->id);
	write_time(&j, "time", event->time);
	json_str(&j, "kind", event_kind_name(event->kind));
	write_host(&j, &event->host);
	write_service(&j, &event->service);
	write_process(&j, &event->process);
	if (write_kind[event->kind])
		write_kind[event->kind](&j, event);
	write_calls(&j, event);
	write_callers(&j, event);
	json_str_known(&j, "fingerprint", event->fingerprint);
	json_str_known(&j, "fingerprint_step", event->fingerprint_step);
	json_str_known(&j, "message_fingerprint", event->message_fingerprint);
	write_missing(&j, event);
	json_object_end(&j);
}
