/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the processes that run, for those who compare it with /proc. */
#include "enrich/internal.h"

#include <string.h>

struct running_call {
	enrich_running_fn fn;
	void *context;
};

static void on_running(void *context, const struct process *process)
{
	const struct running_call *call = context;
	const struct running running = {.pid = process->pid,
		.start = process->start,
		.device = process->image->device,
		.inode = process->image->inode,
		.mtime = process->image->mtime,
		.mount_ns = process->image->mount_ns};

	call->fn(call->context, &running);
}

void enrich_running(struct enrich *e, enrich_running_fn fn, void *context)
{
	struct running_call call = {.fn = fn, .context = context};

	table_each(e->table, on_running, &call);
}

bool enrich_lives(const struct enrich *e, struct process_key key)
{
	const struct process *process = table_find_pid(e->table, key.pid);

	return process && !process->dead && process->start == key.start;
}

bool enrich_knows(const struct enrich *e, struct record_exec *seen)
{
	const struct process *process = table_find_pid(e->table, seen->task.key.pid);

	if (!process || !table_is_started(process, seen->task.key.start))
		return false;
	seen->task.key.start = process->start;
	/* Where stat tells another inode than the kernel has, the path is the same. */
	return process->image &&
	       (process->image->inode == seen->inode || strcmp(process->image->exe, seen->exe) == 0);
}
