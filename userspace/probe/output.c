/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the map of last words beside those that write to it. */
#include "probe/output.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define READS_MAX 256 /* processes read at a time: 2.3 MB */

/* What was read of a process. */
struct reading {
	uint32_t pid;
	uint32_t kept;
	uint64_t start;
	uint64_t bytes;
	bool waiting; /* it wrote and was not read since */
	UT_hash_handle hh;
};

struct output {
	int map;
	uint32_t max;
	struct reading *by_pid; /* the one that waits longest first, of the others the one read longest ago */
	uint64_t seen;
	int64_t lost;
	struct lw_last_words words;
	struct {
		struct lw_output head;
		uint8_t text[LW_WORDS];
	} message;
};

int output_new(struct output **ret, int map, uint32_t processes)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->map = map;
	o->max = 2 * processes;
	*ret = o;
	return 0;
}

static void forget(struct output *o, struct reading *r)
{
	HASH_DEL(o->by_pid, r);
	free(r);
}

void output_free(struct output *o)
{
	struct reading *r, *next;

	if (!o)
		return;
	HASH_ITER (hh, o->by_pid, r, next)
		forget(o, r);
	free(o);
}

/* The map holds half as many as are remembered: the others have died. Who lives is not forgotten, or all that
 * it wrote would be told again. */
static void make_room(struct output *o)
{
	struct reading *r, *next;

	HASH_ITER (hh, o->by_pid, r, next) {
		if (bpf_map_lookup_elem(o->map, &r->pid, &o->words) < 0)
			forget(o, r);
	}
	if (HASH_COUNT(o->by_pid) >= o->max)
		forget(o, o->by_pid);
}

static void wants(struct output *o, uint32_t pid)
{
	struct reading *r;

	HASH_FIND(hh, o->by_pid, &pid, sizeof(pid), r);
	if (r && r->waiting)
		return;
	if (r) {
		HASH_DEL(o->by_pid, r);
	} else {
		if (HASH_COUNT(o->by_pid) >= o->max)
			make_room(o);
		r = calloc(1, sizeof(*r));
		if (!r)
			return;
		r->pid = pid;
	}
	r->waiting = true;
	HASH_ADD(hh, o->by_pid, pid, sizeof(r->pid), r);
}

void output_wrote(struct output *o, const struct lw_wrote *message)
{
	wants(o, message->pid);
}

void output_look(struct output *o)
{
	uint32_t pid, *before = NULL;

	while (bpf_map_get_next_key(o->map, before, &pid) == 0) {
		wants(o, pid);
		before = &pid;
	}
}

/* The newest size bytes of the text before position. */
static uint32_t copy_text(const struct lw_last_words *w, uint32_t size, uint8_t *out)
{
	uint32_t position = (uint32_t)w->published & 0xffff, end = (uint32_t)(w->published >> 16) & 0xffff;
	uint32_t newer = size < position ? size : position, older;

	if (position > sizeof(w->text) || end > sizeof(w->text))
		return 0;
	older = end > position ? end - position : 0;
	if (older > size - newer)
		older = size - newer;
	memcpy(out, w->text + end - older, older);
	memcpy(out + older, w->text + position - newer, newer);
	return older + newer;
}

static void read_one(struct output *o, struct reading *r, uint64_t now, probe_message_fn fn, void *context)
{
	struct lw_last_words *w = &o->words;
	struct lw_output *m = &o->message.head;
	uint32_t kept, size;

	/* Another process, or the same one after the map had to forget it. */
	if (r->start != w->start || w->bytes < r->bytes) {
		r->start = w->start;
		r->kept = 0;
		r->bytes = 0;
	}
	kept = (uint32_t)(w->published >> 32);
	size = kept - r->kept;
	*m = (struct lw_output){.head = {.type = LW_OUTPUT, .time = now},
		.start = w->start,
		.bytes = w->bytes - r->bytes,
		.pid = w->pid,
		.kept = kept};
	size = copy_text(w, size < LW_WORDS ? size : LW_WORDS, o->message.text);
	r->kept = kept;
	r->bytes = w->bytes;
	/* A write under way may be in one of bytes and kept alone: the sums are right in the end. */
	o->seen += m->bytes;
	o->lost += (int64_t)m->bytes - size;
	m->size = size;
	m->head.size = (uint32_t)sizeof(*m) + size;
	if (size)
		fn(context, m, m->head.size);
}

void output_read(struct output *o, uint64_t now, bool all, probe_message_fn fn, void *context)
{
	struct reading *r, *next;
	unsigned reads = 0;

	HASH_ITER (hh, o->by_pid, r, next) {
		if (!r->waiting)
			continue;
		if (reads++ == READS_MAX && !all)
			break;
		if (bpf_map_lookup_elem(o->map, &r->pid, &o->words) < 0) {
			forget(o, r); /* it has died, and its last words are told with its death */
			continue;
		}
		read_one(o, r, now, fn, context);
		if (o->words.dead) {
			bpf_map_delete_elem(o->map, &r->pid);
			forget(o, r);
			continue;
		}
		r->waiting = false;
		HASH_DEL(o->by_pid, r);
		HASH_ADD(hh, o->by_pid, pid, sizeof(r->pid), r);
	}
}

void output_stats(const struct output *o, struct lw_source_stats *stats)
{
	stats->seen += o->seen;
	stats->map_full += o->lost > 0 ? (uint64_t)o->lost : 0;
}
