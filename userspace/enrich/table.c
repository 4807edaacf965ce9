/* SPDX-License-Identifier: Apache-2.0 */
/* The table of processes. */
#include "enrich/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/redact.h"

#define TICK_MAX 10000000ull /* ns: start times of /proc are in ticks of 1/100 s or finer */

struct entry {
	struct process process; /* first: a process is its entry */
	UT_hash_handle hh;
};

struct dead {
	struct process_key key;
	uint64_t time;
};

struct table {
	struct entry *by_pid;
	struct group *groups;
	struct dead dead[TABLE_DEAD]; /* in order of death */
	unsigned dead_first;
	unsigned dead_count;
	uint64_t forgotten;
};

int table_new(struct table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

/* Both paths as one key. Returns its size; ret_v1: where the second one begins. */
static size_t group_path(const struct record_cgroup *cgroup, char ret[2 * RECORD_PATH], size_t *ret_v1)
{
	size_t v2 = strlen(cgroup->v2) + 1, v1 = strlen(cgroup->v1) + 1;

	memcpy(ret, cgroup->v2, v2);
	memcpy(ret + v2, cgroup->v1, v1);
	*ret_v1 = v2;
	return v2 + v1;
}

static struct group *group_find(struct table *table, const char *path, size_t size)
{
	struct group *group;

	HASH_FIND(hh, table->groups, path, size, group);
	return group;
}

static struct group *group_get(struct table *table, const struct record_cgroup *cgroup)
{
	char path[2 * RECORD_PATH];
	size_t v1, size = group_path(cgroup, path, &v1);
	struct group *group = group_find(table, path, size);

	if (!group) {
		group = calloc(1, sizeof(*group) + size);
		if (!group)
			return NULL;
		memcpy(group->path, path, size);
		group->v1 = group->path + v1;
		HASH_ADD_KEYPTR(hh, table->groups, group->path, size, group);
	}
	group->references++;
	return group;
}

void table_group_drop(struct table *table, struct group *group)
{
	if (!group || --group->references > 0)
		return;
	if (table->groups) /* always: this one is in it */
		HASH_DEL(table->groups, group);
	free(group);
}

static void image_drop(struct table *table, struct image *image)
{
	if (!image || --image->references > 0)
		return;
	table_group_drop(table, image->group);
	free(image->exe);
	free(image->args);
	free(image);
}

/* Takes over the reference. */
static void process_set_image(struct table *table, struct process *process, struct image *image)
{
	struct image *old = process->image;

	if (old && !process->dead)
		old->group->alive--;
	if (image && !process->dead)
		image->group->alive++;
	process->image = image;
	image_drop(table, old);
}

static void entry_remove(struct table *table, struct entry *entry)
{
	process_set_image(table, &entry->process, NULL);
	HASH_DEL(table->by_pid, entry);
	free(entry);
}

void table_free(struct table *table)
{
	struct entry *entry, *next;

	if (!table)
		return;
	HASH_ITER (hh, table->by_pid, entry, next)
		entry_remove(table, entry);
	free(table);
}

static struct entry *entry_find(struct table *table, uint32_t pid)
{
	struct entry *entry;

	HASH_FIND(hh, table->by_pid, &pid, sizeof(pid), entry);
	return entry;
}

/* The start is 0 of a process that is watched and of which nothing has been heard yet. */
static bool is_same(const struct process *process, uint64_t start)
{
	if (process->start == start || process->start == 0)
		return true;
	return process->start_in_ticks && start >= process->start && start - process->start < TICK_MAX;
}

bool table_is_started(const struct process *process, uint64_t start)
{
	return process->start >= start && process->start - start < TICK_MAX;
}

/* Who asks by what /proc said knows no better. */
static void learn_start(struct process *process, uint64_t start)
{
	if (process->start == start)
		return;
	process->start = start;
	process->start_in_ticks = false;
}

struct process *table_find_pid(struct table *table, uint32_t pid)
{
	struct entry *entry = entry_find(table, pid);

	return entry ? &entry->process : NULL;
}

struct process *table_find(struct table *table, struct process_key key)
{
	struct entry *entry = entry_find(table, key.pid);

	if (!entry || !is_same(&entry->process, key.start))
		return NULL;
	learn_start(&entry->process, key.start);
	entry->process.asked_for = true;
	return &entry->process;
}

/* Forgets the one that came first, of those that nobody asked for since the last time. Whose end was lost
 * stays till then, or until it is found to be gone. */
static void make_room(struct table *table)
{
	struct entry *first = table->by_pid;

	while (first->process.asked_for) {
		first->process.asked_for = false;
		HASH_DEL(table->by_pid, first);
		HASH_ADD(hh, table->by_pid, process.pid, sizeof(first->process.pid), first);
		first = table->by_pid;
	}
	entry_remove(table, first);
	table->forgotten++;
}

/* The entry of a process, fresh when the pid was another's before. NULL without memory. */
static struct process *entry_make(struct table *table, struct process_key key)
{
	struct entry *entry = entry_find(table, key.pid);

	if (entry && is_same(&entry->process, key.start)) {
		learn_start(&entry->process, key.start);
		return &entry->process;
	}
	if (entry)
		entry_remove(table, entry);
	if (HASH_COUNT(table->by_pid) >= TABLE_MAX)
		make_room(table);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->process.pid = key.pid;
	entry->process.start = key.start;
	HASH_ADD(hh, table->by_pid, process.pid, sizeof(entry->process.pid), entry);
	return &entry->process;
}

void table_fork(struct table *table, const struct record_fork *fork)
{
	struct process *child = entry_make(table, fork->child), *parent = table_find(table, fork->parent);

	if (!child || !parent)
		return;
	child->watched = child->watched || parent->watched;
	if (parent->image && !child->image) {
		parent->image->references++;
		process_set_image(table, child, parent->image);
	}
}

static struct image *image_new(struct table *table, const struct record_exec *exec)
{
	struct image *image = calloc(1, sizeof(*image));
	char args[RECORD_ARGS];
	uint32_t args_len = exec->args_len;

	if (!image)
		return NULL;
	memcpy(args, exec->args, exec->args_len);
	redact_args(args, sizeof(args), &args_len);
	image->references = 1;
	image->inode = exec->inode;
	image->mtime = exec->mtime;
	image->device = exec->device;
	image->mount_ns = exec->mount_ns;
	image->exe = strdup(exec->exe);
	image->group = group_get(table, &exec->cgroup);
	image->args = malloc(args_len + 1u);
	if (!image->exe || !image->group || !image->args) {
		image_drop(table, image);
		return NULL;
	}
	image->cgroup2 = image->group->path;
	image->cgroup1 = image->group->v1;
	memcpy(image->args, args, args_len);
	image->args[args_len] = '\0';
	image->args_len = args_len;
	image->args_cut = exec->args_cut;
	image->path_cut = exec->path_cut;
	memcpy(image->comm, exec->task.comm, sizeof(image->comm));
	return image;
}

void table_exec(struct table *table, const struct record_exec *exec)
{
	struct process *process = entry_make(table, exec->task.key);

	if (!process)
		return;
	process_set_image(table, process, image_new(table, exec));
}

void table_seed(struct table *table, const struct record_exec *exec)
{
	struct process *process;

	table_exec(table, exec);
	process = table_find(table, exec->task.key);
	if (process)
		process->start_in_ticks = true;
}

static void dead_forget_first(struct table *table)
{
	struct dead *first = &table->dead[table->dead_first];
	struct entry *entry = entry_find(table, first->key.pid);

	if (entry && entry->process.dead && is_same(&entry->process, first->key.start))
		entry_remove(table, entry);
	table->dead_first = (table->dead_first + 1) % TABLE_DEAD;
	table->dead_count--;
}

void table_exit(struct table *table, const struct record_exit *exit, uint64_t now)
{
	struct process *process = table_find(table, exit->key);

	if (!process || process->dead)
		return;
	if (process->image)
		process->image->group->alive--;
	process->dead = true;
	process->exit_code = exit->exit_code;
	if (table->dead_count == TABLE_DEAD)
		dead_forget_first(table);
	table->dead[(table->dead_first + table->dead_count++) % TABLE_DEAD] =
		(struct dead){.key = exit->key, .time = now};
}

void table_tick(struct table *table, uint64_t now)
{
	/* Messages of two processors may be a little out of order: an exit after now is no old one. */
	while (table->dead_count > 0 && now > table->dead[table->dead_first].time &&
		now - table->dead[table->dead_first].time > TABLE_DEAD_KEEP)
		dead_forget_first(table);
}

uint64_t table_forgotten(struct table *table)
{
	uint64_t count = table->forgotten;

	table->forgotten = 0;
	return count;
}

bool table_is_moved(const struct process *process, const struct record_cgroup *cgroup)
{
	return process->image && (strcmp(process->image->cgroup2, cgroup->v2) != 0 ||
					 strcmp(process->image->cgroup1, cgroup->v1) != 0);
}

uint64_t table_alive(struct table *table, const struct process *process, const struct record_cgroup *cgroup)
{
	char path[2 * RECORD_PATH];
	size_t v1, size = group_path(cgroup, path, &v1);
	const struct group *group = group_find(table, path, size);

	if (!group)
		return 0;
	return group->alive - (process->image && process->image->group == group && !process->dead);
}

void table_watch(struct table *table, uint32_t pid)
{
	struct entry *entry = entry_find(table, pid);
	struct process *process =
		entry ? &entry->process : entry_make(table, (struct process_key){.pid = pid});

	if (process)
		process->watched = true;
}

void table_each(struct table *table, table_each_fn fn, void *context)
{
	struct entry *entry, *next;

	HASH_ITER (hh, table->by_pid, entry, next) {
		if (entry->process.image && !entry->process.dead)
			fn(context, &entry->process);
	}
}
