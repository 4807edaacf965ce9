/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a dead process for its core file. The arguments and the environment, which may hold
 * secrets, lie above the stack of the first thread: they are cut off. */
#include "enrich/internal.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The kernel puts these next to each other above the stack: random bytes, the platform's name, arguments,
 * environment, the file's name (fs/binfmt_elf.c, create_elf_tables). */
static const uint64_t above_stack[] = {AT_RANDOM, AT_BASE_PLATFORM, AT_PLATFORM, AT_EXECFN};

static uint32_t stack_size(const struct snapshot *s, const uint64_t *auxv)
{
	uint64_t size = s->stack_size;

	for (unsigned i = 0; i + 1 < SNAPSHOT_AUXV && auxv[i] != AT_NULL; i += 2) {
		for (size_t k = 0; k < sizeof(above_stack) / sizeof(above_stack[0]); k++)
			if (auxv[i] == above_stack[k] && auxv[i + 1] - s->stack_start < size)
				size = auxv[i + 1] - s->stack_start;
	}
	return (uint32_t)size;
}

static void fill_process(struct remains *r, const struct event *event)
{
	const struct event_process *p = &event->process;

	r->pid = p->key.pid;
	r->ppid = p->ppid;
	r->uid = p->uid;
	r->gid = p->gid;
	r->signal = event->death.signal;
	r->code = event->death.code;
	r->address = event->death.address;
	memcpy(r->comm, p->comm, sizeof(r->comm));
	memcpy(r->args, p->args, p->args_len);
	r->args_len = p->args_len;
}

static void add_thread(struct remains *r, const struct captured *c)
{
	struct remains_thread *t = &r->threads[r->thread_count++];

	t->tid = c->tid;
	memcpy(t->comm, c->comm, sizeof(t->comm));
	memcpy(t->registers, c->registers, sizeof(t->registers));
	memcpy(t->bases, c->bases, sizeof(t->bases));
	t->stack_start = c->snapshot.stack_start;
	t->stack_size = stack_size(&c->snapshot, r->auxv);
	t->stack = c->stack;
}

struct remains *remains_make(
	const struct event *event, const struct captured *first, const struct evidence_module *modules)
{
	struct remains *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	fill_process(r, event);
	r->arch = first->snapshot.arch;
	memcpy(r->auxv, first->auxv, sizeof(r->auxv));
	for (const struct captured *c = first; c && r->thread_count < SNAPSHOT_THREADS; c = c->next)
		add_thread(r, c);
	r->map_count = first->snapshot.map_count;
	for (unsigned i = 0; i < r->map_count; i++)
		r->maps[i] = (struct remains_map){.map = first->maps[i],
			.path = modules[i].path ? modules[i].path : "",
			.build_id = modules[i].build_id};
	return r;
}
