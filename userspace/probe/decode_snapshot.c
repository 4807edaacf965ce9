/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of the evidence of a death: files, registers and mappings, stack, last words. */
#include "probe/decode_tail.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

_Static_assert(LW_MAPS == RECORD_MAPS, "maps");
_Static_assert(LW_AUXV == SNAPSHOT_AUXV, "auxv");
_Static_assert(LW_WORDS == RECORD_WORDS, "words");
_Static_assert(LW_SITE_CAPTURES == RECORD_SITE_CAPTURES && LW_SITE_PERIOD == 1000000000, "budget");
_Static_assert(LW_CALLERS_STACK == RECORD_CALLERS_STACK, "callers");
_Static_assert(LW_CALLERS_FACTOR == RECORD_CALLERS_FACTOR, "callers");
_Static_assert(LW_REGISTERS == SNAPSHOT_REGISTERS, "registers");

int decode_file(const void *message, size_t size, struct record *ret)
{
	const struct lw_file *m = message;

	ret->type = RECORD_FILE;
	ret->file.inode = m->inode;
	ret->file.device = m->device;
	ret->file.mtime = m->mtime;
	return decode_path(message, size, sizeof(*m), m->path, ret->file.path);
}

static int copy_thread(const struct lw_thread *thread, struct process_key *ret_key, uint32_t *ret_tid)
{
	if (thread->pid == 0 || thread->tid == 0)
		return -EBADMSG;
	*ret_key = (struct process_key){.pid = thread->pid, .start = thread->start};
	*ret_tid = thread->tid;
	return 0;
}

/* Another thread may have changed the mappings while they were read: one that is out of order is left out. */
static void copy_maps(const struct lw_map *maps, unsigned count, struct record_snapshot *ret)
{
	uint64_t end = 0;

	ret->map_count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (maps[i].start < end || maps[i].end <= maps[i].start)
			continue;
		end = maps[i].end;
		ret->maps[ret->map_count++] = (struct snapshot_map){
			.start = maps[i].start,
			.end = maps[i].end,
			.offset = maps[i].offset,
			.inode = maps[i].inode,
			.device = maps[i].device,
			.vdso = maps[i].flags & LW_MAP_VDSO,
		};
	}
}

int decode_snapshot(const void *message, size_t size, struct record *ret)
{
	const struct lw_snapshot *m = message;
	struct record_snapshot *s = &ret->snapshot;

	ret->type = RECORD_SNAPSHOT;
	if (copy_thread(&m->thread, &s->key, &s->tid) || m->map_count > LW_MAPS ||
		size != sizeof(*m) + m->map_count * sizeof(struct lw_map))
		return -EBADMSG;
	s->signal = m->signal;
	s->mount_ns = m->mount_ns;
	s->code = m->code;
	s->code_end = m->code_end;
	s->stack_top = m->stack_top;
	s->callers = m->callers;
	s->compat = m->head.flags & LW_SNAPSHOT_COMPAT;
	s->bare = m->head.flags & LW_SNAPSHOT_OVER   ? BARE_OVER
		  : m->head.flags & LW_SNAPSHOT_FULL ? BARE_FULL
						     : BARE_NOT;
	s->maps_cut = m->head.flags & LW_SNAPSHOT_MAPS_CUT;
	s->thread = m->head.flags & LW_SNAPSHOT_THREAD;
	memcpy(s->registers, m->registers, sizeof(s->registers));
	memcpy(s->bases, m->bases, sizeof(s->bases));
	memcpy(s->auxv, m->auxv, sizeof(s->auxv));
	memcpy(s->comm, m->comm, LW_COMM);
	s->comm[LW_COMM] = '\0';
	copy_maps((const struct lw_map *)(m + 1), m->map_count, s);
	return 0;
}

int decode_stack(const void *message, size_t size, struct record *ret)
{
	const struct lw_stack *m = message;
	struct record_stack *s = &ret->stack;

	ret->type = RECORD_STACK;
	if (copy_thread(&m->thread, &s->key, &s->tid) || size != sizeof(*m) + LW_STACK_PART ||
		m->size > LW_STACK_PART)
		return -EBADMSG;
	s->address = m->address;
	s->size = m->size;
	s->bytes = (const uint8_t *)(m + 1);
	return 0;
}

/* The older part of the text and then the newer one, of both together what was written last. */
int decode_last_words(const void *message, size_t size, struct record *ret)
{
	const struct lw_last_words *m = message;
	struct record_last_words *w = &ret->last_words;
	size_t room = size - offsetof(struct lw_last_words, text), newer = m->position, older = 0;
	uint64_t marks = (uint64_t)m->datagrams * sizeof(struct lw_datagram_end);

	ret->type = RECORD_LAST_WORDS;
	if (m->pid == 0 || m->bytes == 0 || m->bytes > COUNT_MAX || m->bytes < marks || newer > room ||
		m->end > room)
		return -EBADMSG;
	if (newer > RECORD_WORDS)
		newer = RECORD_WORDS;
	if (m->end > m->position)
		older = m->end - m->position;
	if (older > RECORD_WORDS - newer)
		older = RECORD_WORDS - newer;
	w->key = (struct process_key){.pid = m->pid, .start = m->start};
	w->bytes = m->bytes - marks;
	w->kept = m->kept;
	w->cut = m->bytes > older + newer;
	w->len = (uint32_t)(older + newer);
	memcpy(w->text, m->text + m->end - older, older);
	memcpy(w->text + older, m->text + m->position - newer, newer);
	return 0;
}

int decode_output(const void *message, size_t size, struct record *ret)
{
	const struct lw_output *m = message;
	struct record_output *o = &ret->output;

	ret->type = RECORD_OUTPUT;
	o->len = (uint32_t)(size - sizeof(*m));
	if (m->pid == 0 || o->len == 0 || m->size != o->len || m->bytes > COUNT_MAX)
		return -EBADMSG;
	o->key = (struct process_key){.pid = m->pid, .start = m->start};
	o->bytes = m->bytes > o->len ? m->bytes : o->len;
	o->kept = m->kept;
	o->text = (const char *)(m + 1);
	return 0;
}
