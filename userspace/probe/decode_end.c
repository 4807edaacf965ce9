/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a death: its sender's origin, the request before it, limits; and the scene of an OOM kill. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/decode_tail.h"
#include "probe/probe.h"

_Static_assert(LW_COMM < RECORD_COMM, "comm");
_Static_assert(sizeof((struct lw_oom_scene){0}.largest) / sizeof(struct lw_oom_process) == RECORD_OOM_LARGEST,
	"largest");
_Static_assert(
	sizeof((struct lw_oom_scene){0}.stats) / sizeof(struct lw_oom_stat) == RECORD_OOM_STATS, "stats");

void decode_comm(char dst[RECORD_COMM], const char src[LW_COMM])
{
	memcpy(dst, src, LW_COMM);
	dst[LW_COMM] = '\0';
}

void decode_origin(const struct lw_origin *m, struct record_origin *ret)
{
	char tty[LW_TTY + 1] = "";

	memcpy(tty, m->tty, LW_TTY);
	ret->has_login = m->login_uid != LW_NO_LOGIN;
	ret->login_uid = m->login_uid;
	ret->session = m->session;
	ret->ns_pid = m->ns_pid;
	ret->exiting = m->exiting;
	/* The kernel's "pts3" is /dev/pts/3. */
	if (strncmp(tty, "pts", 3) == 0 && tty[3] >= '0' && tty[3] <= '9')
		snprintf(ret->tty, sizeof(ret->tty), "pts/%.12s", tty + 3);
	else
		memcpy(ret->tty, tty, sizeof(tty));
}

int decode_request(const struct lw_request *m, struct record_request *ret)
{
	if (m->signal > SIGNAL_MAX)
		return -EBADMSG;
	ret->time = m->time;
	ret->key = (struct process_key){.pid = m->pid, .start = m->start};
	ret->signal = m->signal;
	decode_comm(ret->comm, m->comm);
	return 0;
}

int decode_limits(const struct lw_limits *m, struct record_limits *ret)
{
	if (m->size > COUNT_MAX || m->rss > COUNT_MAX || m->peak > COUNT_MAX)
		return -EBADMSG;
	*ret = (struct record_limits){
		.known = m->flags & LW_LIMITS_KNOWN,
		.has_memory = m->flags & LW_LIMITS_MEMORY,
		.has_files = m->flags & LW_LIMITS_FILES,
		.files_cut = m->flags & LW_LIMITS_FILES_CUT,
		.nofile = m->nofile,
		.as = m->as,
		.stack = m->stack,
		.size = m->size,
		.rss = m->rss,
		.peak = m->peak,
		.stack_top = m->stack_top,
		.files = m->files,
		.threads = m->threads,
	};
	return 0;
}

int decode_oom_mark(const void *message, size_t size, struct record *ret)
{
	const struct lw_oom_mark *m = message;
	struct record_oom_mark *mark = &ret->oom_mark;

	ret->type = RECORD_OOM_MARK;
	if (m->pid == 0 || m->scope < LW_OOM_CGROUP || m->scope > LW_OOM_HOST || m->version > 2 ||
		decode_path(message, size, sizeof(*m), m->cgroup, mark->cgroup))
		return -EBADMSG;
	mark->victim = (struct process_key){.pid = m->pid, .start = m->start};
	mark->time = m->head.time;
	mark->scope = (enum oom_scope)m->scope;
	mark->version = m->version;
	return 0;
}

int decode_oom_scene(const void *message, size_t size, struct record *ret)
{
	const struct lw_oom_scene *m = message;
	struct record_oom_scene *scene = &ret->oom_scene;

	(void)size;
	ret->type = RECORD_OOM_SCENE;
	if (m->pid == 0 || m->process_count > LW_OOM_LARGEST || m->stat_count > LW_OOM_STATS)
		return -EBADMSG;
	memset(scene, 0, sizeof(*scene));
	scene->victim = (struct process_key){.pid = m->pid, .start = m->start};
	scene->marked = m->marked;
	scene->read = m->head.time;
	scene->process_count = m->process_count;
	scene->stat_count = m->stat_count;
	for (unsigned i = 0; i < scene->process_count; i++) {
		const struct lw_oom_process *p = &m->largest[i];

		if (p->rss > COUNT_MAX)
			return -EBADMSG;
		scene->largest[i].rss = p->rss;
		scene->largest[i].pid = p->pid;
		scene->largest[i].score_adj = p->score_adj;
		decode_comm(scene->largest[i].comm, p->comm);
	}
	for (unsigned i = 0; i < scene->stat_count; i++) {
		if (m->stats[i].bytes > COUNT_MAX)
			return -EBADMSG;
		memcpy(scene->stats[i].name, m->stats[i].name, LW_OOM_NAME);
		scene->stats[i].bytes = m->stats[i].bytes;
	}
	return 0;
}

bool probe_is_oom_mark(const void *message, size_t size, struct record_oom_mark *ret)
{
	const struct lw_head *head = message;
	struct record record;

	if (size < sizeof(struct lw_oom_mark) || head->type != LW_OOM_MARK || head->size != size ||
		decode_oom_mark(message, size, &record) < 0)
		return false;
	*ret = record.oom_mark;
	return true;
}
