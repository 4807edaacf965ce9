/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that user space itself makes: processes that were there before the probes, the host. */
#include "probe/internal.h"

#include <string.h>

#include "base/clock.h"

static struct lw_tail tail_text(struct buf *out, size_t start, const char *text)
{
	struct lw_tail tail = {.offset = (uint16_t)(out->len - start), .size = (uint16_t)strlen(text)};

	buf_append(out, text, tail.size);
	return tail;
}

/* "/a/b" as "b\0a\0"; "/" as one empty name; what does not fit is left out whole. */
static struct lw_tail tail_path(struct buf *out, size_t start, const char *path)
{
	struct lw_tail tail = {.offset = (uint16_t)(out->len - start)};
	size_t end = strlen(path);

	if (end == 0 || end > LW_PATH || path[0] != '/')
		return (struct lw_tail){0};
	while (end > 0) {
		size_t begin = end;

		while (begin > 0 && path[begin - 1] != '/')
			begin--;
		buf_append(out, path + begin, end - begin);
		buf_char(out, '\0');
		end = begin > 0 ? begin - 1 : 0;
	}
	tail.size = (uint16_t)(out->len - start - tail.offset);
	return tail;
}

size_t unix_path_of(const struct record_unix *listener, uint8_t ret[LW_UNIX_PATH])
{
	size_t len = strnlen(listener->path, LW_UNIX_PATH - 1);

	memset(ret, 0, LW_UNIX_PATH);
	memcpy(ret, listener->path, len);
	if (ret[0] == '@')
		ret[0] = '\0';
	return len;
}

void probe_encode_seed(const struct record_exec *process, uint64_t time, struct buf *out)
{
	const struct record_task *task = &process->task;
	struct lw_exec m = {
		.head = {.type = LW_SEED, .time = time},
		.task = {.pid = task->key.pid,
			.tid = task->tid,
			.start = task->key.start,
			.ppid = task->ppid,
			.ns_pid = task->ns_pid,
			.uid = task->uid,
			.gid = task->gid},
		.inode = process->inode,
		.mtime = process->mtime,
		.device = process->device,
		.mount_ns = process->mount_ns,
	};
	size_t start = out->len;

	memcpy(m.task.comm, task->comm, sizeof(m.task.comm));
	if (process->args_cut)
		m.head.flags |= LW_EXEC_ARGS_CUT;
	buf_append(out, &m, sizeof(m));
	m.exe = tail_path(out, start, process->exe);
	m.args =
		(struct lw_tail){.offset = (uint16_t)(out->len - start), .size = (uint16_t)process->args_len};
	if (process->args_len > LW_ARGS)
		m.args.size = LW_ARGS;
	buf_append(out, process->args, m.args.size);
	m.cgroup2 = tail_path(out, start, process->cgroup.v2);
	m.cgroup1 = tail_path(out, start, process->cgroup.v1);
	m.head.size = (uint32_t)(out->len - start);
	if (!out->failed)
		memcpy(out->data + start, &m, sizeof(m));
}

void probe_encode_gone(struct process_key process, uint64_t time, struct buf *out)
{
	const struct lw_exit m = {
		.head = {.type = LW_EXIT, .flags = LW_EXIT_FOUND, .size = sizeof(m), .time = time},
		.start = process.start,
		.pid = process.pid,
	};

	buf_append(out, &m, sizeof(m));
}

void probe_encode_listen(const struct record_listen *listen, uint64_t time, struct buf *out)
{
	struct lw_listen m = {
		.head = {.type = LW_LISTEN,
			.flags = LW_LISTEN_OPEN | LW_LISTEN_SEED,
			.size = sizeof(m),
			.time = time},
		.pid = listen->process.pid,
		.inode = listen->inode,
		.netns = listen->netns,
		.port = listen->port,
		.family = 6,
	};

	memcpy(m.address, listen->address, sizeof(m.address));
	buf_append(out, &m, sizeof(m));
}

void probe_encode_unix(const struct record_unix *listener, uint64_t time, struct buf *out)
{
	struct lw_unix m = {
		.head = {.type = LW_UNIX, .flags = LW_UNIX_SEED, .size = sizeof(m), .time = time},
		.listener_pid = listener->listener.pid,
	};

	m.size = (uint16_t)unix_path_of(listener, m.path);
	buf_append(out, &m, sizeof(m));
}

void probe_encode_host(const struct record_host *host, uint64_t time, struct buf *out)
{
	struct lw_host m = {.head = {.type = LW_HOST, .time = time}, .wire_version = LW_WIRE_VERSION};
	size_t start = out->len;

	buf_append(out, &m, sizeof(m));
	m.name = tail_text(out, start, host->name);
	m.boot_id = tail_text(out, start, host->boot_id);
	m.machine = tail_text(out, start, host->machine);
	m.release = tail_text(out, start, host->release);
	m.core_pattern = tail_text(out, start, host->core_pattern);
	m.head.size = (uint32_t)(out->len - start);
	if (!out->failed)
		memcpy(out->data + start, &m, sizeof(m));
}

void probe_encode_reset_reasons(const struct probe *probe, uint64_t time, struct buf *out)
{
	struct lw_reset_reasons m = {.head = {.type = LW_RESET_REASONS, .time = time}};
	const struct buf *names = &probe->reset_reasons;

	if (names->len == 0 || names->len > LW_MSG_MAX - sizeof(m))
		return;
	m.names = (struct lw_tail){.offset = sizeof(m), .size = (uint16_t)names->len};
	m.head.size = (uint32_t)(sizeof(m) + names->len);
	buf_append(out, &m, sizeof(m));
	buf_append(out, names->data, names->len);
}

void probe_encode_tick(struct buf *out)
{
	struct lw_tick m = {
		.head = {.type = LW_TICK, .size = sizeof(m), .time = clock_boottime()},
		.realtime = clock_realtime(),
	};

	buf_append(out, &m, sizeof(m));
}

void probe_encode_oom_scene(const struct record_oom_scene *scene, struct buf *out)
{
	struct lw_oom_scene m = {
		.head = {.type = LW_OOM_SCENE, .size = sizeof(m), .time = scene->read},
		.start = scene->victim.start,
		.marked = scene->marked,
		.pid = scene->victim.pid,
		.process_count = (uint16_t)scene->process_count,
		.stat_count = (uint16_t)scene->stat_count,
	};

	for (unsigned i = 0; i < scene->process_count; i++) {
		m.largest[i].rss = scene->largest[i].rss;
		m.largest[i].pid = scene->largest[i].pid;
		m.largest[i].score_adj = scene->largest[i].score_adj;
		memcpy(m.largest[i].comm, scene->largest[i].comm, LW_COMM);
	}
	for (unsigned i = 0; i < scene->stat_count; i++) {
		m.stats[i].bytes = scene->stats[i].bytes;
		memcpy(m.stats[i].name, scene->stats[i].name, LW_OOM_NAME);
	}
	buf_append(out, &m, sizeof(m));
}
