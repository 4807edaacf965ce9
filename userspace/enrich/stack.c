/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots that wait, and paths of mapped files. */
#include "enrich/stack.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define STACK_FIRST 8192 /* bytes that are made room for first */

struct file {
	uint64_t key[2]; /* device, inode */
	uint64_t bias;   /* of a symbol table's address over the offset in the file */
	bool bias_known;
	uint64_t mtime;
	UT_hash_handle hh;
	char path[];
};

struct stacks {
	struct captured *waiting[STACK_WAITING + STACK_THREADS]; /* oldest first */
	unsigned waiting_count;
	unsigned thread_count; /* of them */
	struct file *files;
};

int stacks_new(struct stacks **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void captured_free(struct captured *captured)
{
	while (captured) {
		struct captured *next = captured->next;

		free(captured->maps);
		free(captured->stack);
		free(captured);
		captured = next;
	}
}

static struct captured *waiting_take(struct stacks *stacks, unsigned index)
{
	struct captured *taken = stacks->waiting[index];

	stacks->waiting_count--;
	stacks->thread_count -= taken->thread;
	memmove(&stacks->waiting[index], &stacks->waiting[index + 1],
		(stacks->waiting_count - index) * sizeof(struct captured *));
	return taken;
}

static void waiting_drop(struct stacks *stacks, unsigned index)
{
	captured_free(waiting_take(stacks, index));
}

/* Where there are too many of this kind, the oldest goes. */
static void waiting_add(struct stacks *stacks, struct captured *captured)
{
	unsigned count =
		captured->thread ? stacks->thread_count : stacks->waiting_count - stacks->thread_count;

	for (unsigned i = 0; count >= (captured->thread ? STACK_THREADS : STACK_WAITING); i++) {
		if (stacks->waiting[i]->thread != captured->thread)
			continue;
		waiting_drop(stacks, i);
		break;
	}
	stacks->waiting[stacks->waiting_count++] = captured;
	stacks->thread_count += captured->thread;
}

void stacks_free(struct stacks *stacks)
{
	struct file *file, *next;

	if (!stacks)
		return;
	while (stacks->waiting_count > 0)
		waiting_drop(stacks, stacks->waiting_count - 1);
	HASH_ITER (hh, stacks->files, file, next) {
		HASH_DEL(stacks->files, file);
		free(file);
	}
	free(stacks);
}

static struct file *file_find(const struct stacks *stacks, uint32_t device, uint64_t inode)
{
	const uint64_t key[2] = {device, inode};
	struct file *file;

	HASH_FIND(hh, stacks->files, key, sizeof(key), file);
	return file;
}

const char *stacks_path(const struct stacks *stacks, uint32_t device, uint64_t inode, uint64_t *ret_mtime)
{
	const struct file *file = file_find(stacks, device, inode);

	if (file && ret_mtime)
		*ret_mtime = file->mtime;
	return file ? file->path : NULL;
}

void stacks_file(struct stacks *stacks, const struct record_file *record)
{
	struct file *file = file_find(stacks, record->device, record->inode);
	size_t size = strlen(record->path) + 1;

	if (file || HASH_COUNT(stacks->files) >= STACK_FILES) {
		/* The oldest is told again by the probes when it is mapped in another snapshot. */
		file = file ? file : stacks->files;
		HASH_DEL(stacks->files, file);
		free(file);
	}
	file = malloc(sizeof(*file) + size);
	if (!file)
		return;
	file->bias_known = false;
	file->key[0] = record->device;
	file->key[1] = record->inode;
	file->mtime = record->mtime;
	memcpy(file->path, record->path, size);
	HASH_ADD(hh, stacks->files, key, sizeof(file->key), file);
}

static bool maps_keep(struct captured *captured, const struct record_snapshot *record)
{
	size_t size = record->map_count * sizeof(*record->maps);

	if (!size)
		return true;
	captured->maps = malloc(size);
	if (!captured->maps)
		return false;
	memcpy(captured->maps, record->maps, size);
	captured->snapshot.maps = captured->maps;
	captured->snapshot.map_count = record->map_count;
	return true;
}

void stacks_snapshot(
	struct stacks *stacks, const struct record_snapshot *record, uint64_t time, const char *machine)
{
	struct captured *captured = calloc(1, sizeof(*captured));

	if (!captured)
		return;
	captured->key = record->key;
	captured->time = time;
	captured->tid = record->tid;
	captured->signal = record->signal;
	captured->mount_ns = record->mount_ns;
	captured->thread = record->thread;
	memcpy(captured->comm, record->comm, sizeof(captured->comm));
	memcpy(captured->registers, record->registers, sizeof(captured->registers));
	memcpy(captured->bases, record->bases, sizeof(captured->bases));
	memcpy(captured->auxv, record->auxv, sizeof(captured->auxv));
	captured->bare = record->bare;
	captured->code = record->code;
	captured->code_end = record->code_end;
	captured->stack_top = record->stack_top;
	captured->callers = record->callers;
	if (record->compat || registers_order(machine, record->registers, &captured->snapshot) < 0 ||
		!maps_keep(captured, record)) {
		captured_free(captured);
		return;
	}
	waiting_add(stacks, captured);
}

/* Makes room for size more bytes of the stack. */
static bool stack_grow(struct captured *c, uint32_t size)
{
	uint32_t want = c->snapshot.stack_size + size, room = c->stack_room ? c->stack_room : STACK_FIRST;
	uint8_t *stack;

	if (want > SNAPSHOT_STACK)
		return false;
	while (room < want)
		room *= 2;
	if (room == c->stack_room)
		return true;
	stack = realloc(c->stack, room);
	if (!stack)
		return false;
	c->stack = stack;
	c->stack_room = room;
	c->snapshot.stack = stack;
	return true;
}

void stacks_part(struct stacks *stacks, const struct record_stack *part)
{
	for (unsigned i = stacks->waiting_count; i-- > 0;) {
		struct captured *c = stacks->waiting[i];
		struct snapshot *s = &c->snapshot;

		if (c->tid != part->tid || !process_key_equal(c->key, part->key))
			continue;
		if (s->stack_size == 0)
			s->stack_start = part->address;
		/* Pieces follow each other; one that was lost ends the stack. */
		if (part->address == s->stack_start + s->stack_size && stack_grow(c, part->size)) {
			memcpy(c->stack + s->stack_size, part->bytes, part->size);
			s->stack_size += part->size;
		}
		return;
	}
}

/* The newest that fits. */
static struct captured *take_one(struct stacks *stacks, struct process_key key, uint32_t tid, uint32_t signal,
	uint64_t since, bool thread)
{
	for (unsigned i = stacks->waiting_count; i-- > 0;) {
		const struct captured *c = stacks->waiting[i];

		if (process_key_equal(c->key, key) && c->thread == thread && (!tid || c->tid == tid) &&
			(!signal || c->signal == signal) && c->time >= since)
			return waiting_take(stacks, i);
	}
	return NULL;
}

static void add_thread(struct captured *first, struct captured *thread)
{
	struct captured **at = &first->next;

	while (*at && (*at)->tid < thread->tid)
		at = &(*at)->next;
	if (thread->tid == first->tid || (*at && (*at)->tid == thread->tid)) {
		captured_free(thread);
		return;
	}
	thread->next = *at;
	*at = thread;
}

struct captured *stacks_take(
	struct stacks *stacks, struct process_key key, uint32_t tid, uint32_t signal, uint64_t since)
{
	struct captured *found = take_one(stacks, key, tid, signal, since, false), *other;

	while (found && (other = take_one(stacks, key, 0, 0, 0, true)))
		add_thread(found, other);
	return found;
}

void stacks_forget(struct stacks *stacks, struct process_key key)
{
	for (unsigned i = stacks->waiting_count; i-- > 0;)
		if (process_key_equal(stacks->waiting[i]->key, key))
			waiting_drop(stacks, i);
}

static const struct snapshot_map *map_at(const struct snapshot *s, uint64_t address)
{
	for (unsigned i = 0; i < s->map_count; i++)
		if (address >= s->maps[i].start && address < s->maps[i].end)
			return &s->maps[i];
	return NULL;
}

uint64_t captured_callers(const struct captured *c)
{
	const struct snapshot *s = &c->snapshot;
	const struct snapshot_map *map = map_at(s, s->pc);
	uint64_t size = c->code_end - c->code, bytes = RECORD_CALLERS_STACK, hash = 0, word;
	uint64_t begin = s->sp - s->stack_start;

	if (c->bare)
		return c->callers;
	if (c->signal != SIGABRT && (s->pc - c->code < size || !map || !map->inode))
		return 0;
	if (c->stack_top > s->sp && c->stack_top - s->sp < bytes)
		bytes = c->stack_top - s->sp;
	if (begin > s->stack_size || bytes > s->stack_size - begin)
		return 0;
	for (uint64_t at = 0; at + sizeof(word) <= bytes; at += sizeof(word)) {
		memcpy(&word, s->stack + begin + at, sizeof(word));
		if (word - c->code < size)
			hash = RECORD_CALLERS_ADD(hash, word - c->code);
	}
	return hash;
}

void stacks_learn(struct stacks *stacks, const struct snapshot *snapshot, const struct frame *frame)
{
	const struct snapshot_map *map = map_at(snapshot, frame->address);
	struct file *file = map && frame->offset ? file_find(stacks, map->device, map->inode) : NULL;

	if (!file || frame->map != map - snapshot->maps)
		return;
	file->bias = frame->offset - (frame->address - map->start + map->offset);
	file->bias_known = true;
}

void stacks_bare_frame(const struct stacks *stacks, const struct snapshot *snapshot, struct frame *ret)
{
	const struct snapshot_map *map = map_at(snapshot, snapshot->pc);
	const struct file *file = map ? file_find(stacks, map->device, map->inode) : NULL;

	*ret = (struct frame){.address = snapshot->pc, .map = -1, .trust = TRUST_CONTEXT};
	if (map)
		ret->map = (int32_t)(map - snapshot->maps);
	if (file && file->bias_known)
		ret->offset = snapshot->pc - map->start + map->offset + file->bias;
}
