/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a death as JSON: who ended it, what was out of memory, limits. */
#include "base/json.h"
#include "model/event.h"

static void write_ancestors(struct json *j, const struct event_killer *k)
{
	if (!k->kin_count)
		return;
	json_array_begin(j, "ancestry");
	for (uint32_t i = 0; i < k->kin_count; i++)
		json_str(j, NULL, k->kin[i].comm);
	json_array_end(j);
	json_array_begin(j, "ancestors");
	for (uint32_t i = 0; i < k->kin_count; i++) {
		json_object_begin(j, NULL);
		json_uint(j, "pid", k->kin[i].pid);
		json_str(j, "comm", k->kin[i].comm);
		json_object_end(j);
	}
	json_array_end(j);
}

static void write_killer(struct json *j, const struct event_killer *k)
{
	if (!k->known)
		return;
	json_object_begin(j, "killer");
	if (k->key.pid) {
		json_uint(j, "pid", k->key.pid);
		json_str_known(j, "comm", k->comm);
		json_str_known(j, "exe", k->exe);
		json_uint(j, "uid", k->uid);
		if (k->origin.has_login)
			json_uint(j, "login_uid", k->origin.login_uid);
		json_str_known(j, "tty", k->origin.tty);
	}
	write_ancestors(j, k);
	json_str_known(j, "class", k->class);
	json_str_known(j, "reason", k->reason);
	json_object_end(j);
}

static void write_scene(struct json *j, const struct record_oom_scene *s)
{
	if (s->process_count) {
		json_array_begin(j, "largest");
		for (unsigned i = 0; i < s->process_count; i++) {
			json_object_begin(j, NULL);
			json_uint(j, "pid", s->largest[i].pid);
			json_str_known(j, "comm", s->largest[i].comm);
			json_uint(j, "rss", s->largest[i].rss);
			json_int(j, "score_adj", s->largest[i].score_adj);
			json_object_end(j);
		}
		json_array_end(j);
	}
	if (s->stat_count) {
		json_object_begin(j, "memory_stat");
		for (unsigned i = 0; i < s->stat_count; i++)
			json_uint(j, s->stats[i].name, s->stats[i].bytes);
		json_object_end(j);
	}
	if (s->victim.pid)
		json_seconds(j, "read_after", s->read > s->marked ? s->read - s->marked : 0);
}

static void write_oom(struct json *j, const struct event_death *d)
{
	const struct record_oom *oom = &d->oom;

	if (oom->scope == OOM_NONE)
		return;
	json_object_begin(j, "oom");
	json_str(j, "scope", oom->scope == OOM_CGROUP ? "cgroup" : "host");
	if (oom->limit)
		json_uint(j, "limit", oom->limit);
	if (oom->usage)
		json_uint(j, "usage", oom->usage);
	json_str_known(j, "cgroup", oom->cgroup);
	if (oom->trigger_pid) {
		json_object_begin(j, "trigger");
		json_uint(j, "pid", oom->trigger_pid);
		json_str_known(j, "comm", oom->trigger_comm);
		json_object_end(j);
	}
	json_int(j, "score_adj", oom->score_adj);
	write_scene(j, &d->scene);
	json_object_end(j);
}

/* An absent soft limit is none. */
static void write_soft(struct json *j, uint64_t soft)
{
	if (soft <= INT64_MAX)
		json_uint(j, "soft", soft);
}

static void write_limits(struct json *j, const struct record_limits *l)
{
	if (!l->known)
		return;
	json_object_begin(j, "limits");
	json_object_begin(j, "nofile");
	write_soft(j, l->nofile);
	if (l->has_files)
		json_uint(j, "open", l->files);
	if (l->files_cut)
		json_bool(j, "open_truncated", true);
	json_object_end(j);
	json_object_begin(j, "as");
	write_soft(j, l->as);
	json_object_end(j);
	json_object_begin(j, "stack");
	write_soft(j, l->stack);
	json_object_end(j);
	json_object_end(j);
	if (!l->has_memory)
		return;
	json_object_begin(j, "memory");
	json_uint(j, "rss", l->rss);
	json_uint(j, "peak", l->peak);
	json_uint(j, "virtual", l->size);
	json_object_end(j);
}

void death_json(const struct event_death *death, struct json *j)
{
	write_killer(j, &death->killer);
	write_oom(j, death);
	write_limits(j, &death->limits);
}
