/* SPDX-License-Identifier: Apache-2.0 */
/* One decoder a message type, in a table. */
#include "probe/decode.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "probe/decode_tail.h"

_Static_assert(LW_ANCESTRY == RECORD_ANCESTRY, "ancestry");
_Static_assert(LW_PATH < RECORD_PATH, "path");
_Static_assert(LW_ARGS < RECORD_ARGS, "args");
_Static_assert(LW_SUBJECT < RECORD_SUBJECT, "subject");
_Static_assert(LW_UNIX_PATH + 1 < RECORD_UNIX, "unix");
_Static_assert((int)LW_SOURCES == (int)SOURCES, "sources");

static int copy_cgroup(const void *message, size_t size, size_t fixed, struct lw_tail v2, struct lw_tail v1,
	struct record_cgroup *ret)
{
	if (decode_path(message, size, fixed, v2, ret->v2) || decode_path(message, size, fixed, v1, ret->v1))
		return -EBADMSG;
	return 0;
}

static int copy_task(const struct lw_task *task, struct record_task *ret)
{
	if (task->pid == 0 || task->tid == 0)
		return -EBADMSG;
	ret->key = (struct process_key){.pid = task->pid, .start = task->start};
	ret->tid = task->tid;
	ret->ppid = task->ppid;
	ret->ns_pid = task->ns_pid;
	ret->uid = task->uid;
	ret->gid = task->gid;
	decode_comm(ret->comm, task->comm);
	return 0;
}

static int decode_fork(const void *message, size_t size, struct record *ret)
{
	const struct lw_fork *m = message;

	(void)size;
	if (m->child_pid == 0)
		return -EBADMSG;
	ret->type = RECORD_FORK;
	ret->fork.parent = (struct process_key){.pid = m->parent_pid, .start = m->parent_start};
	ret->fork.child = (struct process_key){.pid = m->child_pid, .start = m->child_start};
	return 0;
}

static int decode_exec(const void *message, size_t size, struct record *ret)
{
	const struct lw_exec *m = message;
	struct record_exec *e = &ret->exec;
	const char *args;

	ret->type = m->head.type == LW_SEED ? RECORD_SEED : RECORD_EXEC;
	if (copy_task(&m->task, &e->task) || decode_path(message, size, sizeof(*m), m->exe, e->exe) ||
		copy_cgroup(message, size, sizeof(*m), m->cgroup2, m->cgroup1, &e->cgroup))
		return -EBADMSG;
	e->args_len = m->args.size;
	if (m->args.size) {
		args = decode_tail(message, size, sizeof(*m), m->args, LW_ARGS);
		if (!args)
			return -EBADMSG;
		memcpy(e->args, args, m->args.size);
	}
	e->args[e->args_len] = '\0';
	e->inode = m->inode;
	e->mtime = m->mtime;
	e->device = m->device;
	e->mount_ns = m->mount_ns;
	e->args_cut = m->head.flags & LW_EXEC_ARGS_CUT;
	e->path_cut = m->head.flags & LW_EXEC_PATH_CUT;
	return 0;
}

static int decode_exit(const void *message, size_t size, struct record *ret)
{
	const struct lw_exit *m = message;

	(void)size;
	if (m->pid == 0)
		return -EBADMSG;
	ret->type = RECORD_EXIT;
	ret->exit.key = (struct process_key){.pid = m->pid, .start = m->start};
	ret->exit.exit_code = m->exit_code;
	ret->exit.found = m->head.flags & LW_EXIT_FOUND;
	return 0;
}

static int copy_sender(const struct lw_sender *m, struct record_sender *ret)
{
	if (m->signal > SIGNAL_MAX || m->kin_count > LW_ANCESTRY || m->from_kernel > LW_FROM_PRIVILEGED)
		return -EBADMSG;
	decode_origin(&m->origin, &ret->origin);
	ret->time = m->time;
	ret->key = (struct process_key){.pid = m->pid, .start = m->start};
	ret->uid = m->uid;
	ret->signal = m->signal;
	ret->from = (enum sender_kind)m->from_kernel;
	ret->code = m->code;
	decode_comm(ret->comm, m->comm);
	ret->kin_count = m->kin_count;
	for (uint32_t i = 0; i < m->kin_count; i++) {
		ret->kin[i].pid = m->kin[i].pid;
		decode_comm(ret->kin[i].comm, m->kin[i].comm);
	}
	return 0;
}

static int copy_fault(const struct lw_fault *m, struct record_fault *ret)
{
	if (m->signal > SIGNAL_MAX)
		return -EBADMSG;
	ret->time = m->time;
	ret->address = m->address;
	ret->tid = m->tid;
	ret->code = m->code;
	ret->signal = m->signal;
	ret->handled = m->handled;
	decode_comm(ret->comm, m->comm);
	return 0;
}

static int copy_oom(const struct lw_oom *m, struct record_oom *ret)
{
	if (m->scope > LW_OOM_HOST || (m->scope == 0) != (m->time == 0) || m->limit > COUNT_MAX ||
		m->usage > COUNT_MAX)
		return -EBADMSG;
	ret->time = m->time;
	ret->limit = m->limit;
	ret->usage = m->usage;
	ret->scope = (enum oom_scope)m->scope;
	ret->score_adj = m->score_adj;
	ret->trigger_pid = m->trigger_pid;
	decode_comm(ret->trigger_comm, m->trigger_comm);
	return 0;
}

static int decode_death(const void *message, size_t size, struct record *ret)
{
	const struct lw_death *m = message;
	struct record_death *d = &ret->death;

	ret->type = RECORD_DEATH;
	if (!(m->exit_code & 0xff7f) || m->exit_code > 0xffff || (m->exit_code & 0x7f) > SIGNAL_MAX ||
		m->dumpable > 3)
		return -EBADMSG;
	if (copy_task(&m->task, &d->task) ||
		copy_cgroup(message, size, sizeof(*m), m->cgroup2, m->cgroup1, &d->cgroup) ||
		copy_sender(&m->sender, &d->sender) || copy_fault(&m->first, &d->first) ||
		copy_fault(&m->last, &d->last) || copy_oom(&m->oom, &d->oom) ||
		decode_request(&m->request, &d->request) || decode_limits(&m->limits, &d->limits) ||
		decode_path(message, size, sizeof(*m), m->oom_cgroup, d->oom.cgroup))
		return -EBADMSG;
	d->exit_code = m->exit_code;
	d->delivered = m->head.flags & LW_DEATH_DELIVERED;
	d->no_state = m->head.flags & LW_DEATH_NO_STATE;
	d->cgroup_cut = m->head.flags & LW_DEATH_CGROUP_CUT;
	d->dumpable = (int)m->dumpable - 1;
	d->core_limit = m->core_limit;
	d->threads = m->threads;
	return 0;
}

static int decode_subject(const void *message, size_t size, struct record *ret)
{
	const struct lw_subject_sample *m = message;
	struct record_subject *s = &ret->subject;
	char path[RECORD_PATH];
	const char *bytes;

	ret->type = RECORD_SUBJECT_SAMPLE;
	if (m->error == 0 || m->error > ERRNO_MAX || m->weight == 0 || m->kind > LW_SUBJECT_FILE ||
		m->compat > 1)
		return -EBADMSG;
	if (copy_task(&m->task, &s->task) ||
		copy_cgroup(message, size, sizeof(*m), m->cgroup2, m->cgroup1, &s->cgroup))
		return -EBADMSG;
	s->call = m->call;
	s->error = m->error;
	s->compat = m->compat;
	s->buffer = m->head.flags & LW_BUFFER_B;
	s->weight = m->weight;
	s->subject[0] = '\0';
	if (m->kind == LW_SUBJECT_PATH)
		return decode_text(message, size, sizeof(*m), m->subject, s->subject, sizeof(s->subject));
	if (m->kind == LW_SUBJECT_FILE) {
		if (decode_path(message, size, sizeof(*m), m->subject, path))
			return -EBADMSG;
		text_copy(s->subject, sizeof(s->subject), path);
	}
	if (m->kind == LW_SUBJECT_ADDRESS && m->subject.size) {
		bytes = decode_tail(message, size, sizeof(*m), m->subject, LW_SUBJECT);
		if (!bytes)
			return -EBADMSG;
		decode_sockaddr(s->subject, sizeof(s->subject), bytes, m->subject.size);
	}
	return 0;
}

static int decode_syscall_count(const void *message, size_t size, struct record *ret)
{
	const struct lw_syscall_count *m = message;

	(void)size;
	if (m->pid == 0 || m->error == 0 || m->error > ERRNO_MAX || m->count == 0 || m->count > COUNT_MAX ||
		m->compat > 1)
		return -EBADMSG;
	ret->type = RECORD_SYSCALL_COUNT;
	ret->syscall = (struct record_syscall_count){
		.key = {.pid = m->pid, .start = m->start},
		.call = m->call,
		.error = m->error,
		.compat = m->compat,
		.buffer = m->head.flags & LW_BUFFER_B,
		.first = m->first,
		.last = m->last,
		.count = m->count,
		.interval = m->interval,
	};
	return 0;
}

static int decode_stats(const void *message, size_t size, struct record *ret)
{
	const struct lw_stats *m = message;

	(void)size;
	ret->type = RECORD_STATS;
	for (int i = 0; i < SOURCES; i++) {
		if (m->source[i].seen > COUNT_MAX || m->source[i].ring_full > COUNT_MAX ||
			m->source[i].map_full > COUNT_MAX || m->source[i].unreadable > COUNT_MAX ||
			m->source[i].missed > COUNT_MAX)
			return -EBADMSG;
		ret->stats.source[i] = (struct source_stats){
			.seen = m->source[i].seen,
			.ring_full = m->source[i].ring_full,
			.map_full = m->source[i].map_full,
			.unreadable = m->source[i].unreadable,
			.missed = m->source[i].missed,
		};
	}
	return 0;
}

static int decode_tick(const void *message, size_t size, struct record *ret)
{
	const struct lw_tick *m = message;

	(void)size;
	ret->type = RECORD_TICK;
	ret->tick.realtime = m->realtime;
	return 0;
}

static int decode_host(const void *message, size_t size, struct record *ret)
{
	const struct lw_host *m = message;
	struct record_host *h = &ret->host;

	ret->type = RECORD_HOST;
	if (m->wire_version != LW_WIRE_VERSION)
		return -EBADMSG;
	if (decode_text(message, size, sizeof(*m), m->name, h->name, sizeof(h->name)) ||
		decode_text(message, size, sizeof(*m), m->boot_id, h->boot_id, sizeof(h->boot_id)) ||
		decode_text(message, size, sizeof(*m), m->machine, h->machine, sizeof(h->machine)) ||
		decode_text(message, size, sizeof(*m), m->release, h->release, sizeof(h->release)) ||
		decode_text(
			message, size, sizeof(*m), m->core_pattern, h->core_pattern, sizeof(h->core_pattern)))
		return -EBADMSG;
	return 0;
}

static int decode_reset_reasons(const void *message, size_t size, struct record *ret)
{
	const struct lw_reset_reasons *m = message;
	struct record_reset_reasons *r = &ret->reasons;
	const char *names = decode_tail(message, size, sizeof(*m), m->names, RECORD_REASON_TEXT);

	ret->type = RECORD_RESET_REASONS;
	if (!names || m->names.size == 0 || names[m->names.size - 1] != '\0')
		return -EBADMSG;
	memcpy(r->text, names, m->names.size);
	r->count = 0;
	for (size_t at = 0; at < m->names.size && r->count < RECORD_REASONS; at += strlen(r->text + at) + 1)
		r->offset[r->count++] = (uint16_t)at;
	return 0;
}

static const struct {
	size_t fixed;
	bool tails;
	int (*decode)(const void *message, size_t size, struct record *ret);
} decoders[LW_TYPES] = {
	[LW_FORK] = {sizeof(struct lw_fork), false, decode_fork},
	[LW_EXEC] = {sizeof(struct lw_exec), true, decode_exec},
	[LW_EXIT] = {sizeof(struct lw_exit), false, decode_exit},
	[LW_DEATH] = {sizeof(struct lw_death), true, decode_death},
	[LW_SUBJECT_SAMPLE] = {sizeof(struct lw_subject_sample), true, decode_subject},
	[LW_SYSCALL_COUNT] = {sizeof(struct lw_syscall_count), false, decode_syscall_count},
	[LW_TCP_COUNT] = {sizeof(struct lw_tcp_count), true, decode_tcp_count},
	[LW_STATS] = {sizeof(struct lw_stats), false, decode_stats},
	[LW_TICK] = {sizeof(struct lw_tick), false, decode_tick},
	[LW_SEED] = {sizeof(struct lw_exec), true, decode_exec},
	[LW_HOST] = {sizeof(struct lw_host), true, decode_host},
	[LW_RESET_REASONS] = {sizeof(struct lw_reset_reasons), true, decode_reset_reasons},
	[LW_FILE] = {sizeof(struct lw_file), true, decode_file},
	[LW_SNAPSHOT] = {sizeof(struct lw_snapshot), true, decode_snapshot},
	[LW_STACK] = {sizeof(struct lw_stack), true, decode_stack},
	[LW_LAST_WORDS] = {offsetof(struct lw_last_words, text), true, decode_last_words},
	[LW_OUTPUT] = {sizeof(struct lw_output), true, decode_output},
	[LW_OOM_MARK] = {sizeof(struct lw_oom_mark), true, decode_oom_mark},
	[LW_OOM_SCENE] = {sizeof(struct lw_oom_scene), false, decode_oom_scene},
	[LW_LISTEN] = {sizeof(struct lw_listen), false, decode_listen},
	[LW_DNS_ANSWER] = {sizeof(struct lw_dns_answer), true, decode_dns_answer},
	[LW_CONNECTED] = {sizeof(struct lw_connected), false, decode_connected},
	[LW_UNIX] = {sizeof(struct lw_unix), false, decode_unix},
};

static size_t size_max(uint16_t type)
{
	switch (type) {
	case LW_SNAPSHOT: return LW_SNAPSHOT_MAX;
	case LW_STACK: return sizeof(struct lw_stack) + LW_STACK_PART;
	case LW_LAST_WORDS: return sizeof(struct lw_last_words);
	case LW_OUTPUT: return sizeof(struct lw_output) + LW_WORDS;
	default: return LW_MSG_MAX;
	}
}

int decode(const void *message, size_t size, struct record *ret)
{
	struct lw_head head;

	if (size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message, sizeof(head));
	if (size > size_max(head.type) || head.size != size || head.type >= LW_TYPES ||
		!decoders[head.type].decode)
		return -EBADMSG;
	if (size < decoders[head.type].fixed ||
		(!decoders[head.type].tails && size != decoders[head.type].fixed))
		return -EBADMSG;
	ret->time = head.time;
	return decoders[head.type].decode(message, size, ret);
}
