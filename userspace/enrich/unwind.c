/* SPDX-License-Identifier: Apache-2.0 */
/* From a captured thread to frames in the event: the helper process does the work, the event waits for it. */
#include "enrich/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define WITHOUT_HELPER "no helper process unwinds stacks here"
#define BARE_MAX       1024 /* deaths that wait for the frames of others; beyond it they wait no longer */

/* A death whose frames are on their way. */
struct unwinding {
	struct unwinding *next; /* of those that wait for others' frames */
	uint64_t wait_for;      /* until so many requests are answered */
	struct enrich *enrich;
	struct captured *captured;
	struct captured *thread; /* whose frames are asked for; NULL: all are there */
	struct event event;
	struct frames *frames; /* of the one that died */
	struct threads threads;
	/* Copies of the evidence that is only lent to the event. */
	void *last_words;
	void *exception;
	void *crumbs;
	struct evidence_module modules[]; /* one a map */
};

void enrich_symbolize(struct enrich *e, struct symbolizer *symbolizer, enrich_open_fn open, void *context)
{
	e->symbolizer = symbolizer;
	e->open_file = open;
	e->open_context = context;
}

unsigned enrich_unwinding(const struct enrich *e)
{
	return e->unwinding;
}

static void unwinding_free(struct unwinding *u)
{
	captured_free(u->captured);
	free(u->frames);
	threads_free(&u->threads);
	free(u->last_words);
	free(u->exception);
	free(u->crumbs);
	free(u);
}

/* A copy, or NULL without memory: then that part of the evidence is left out. */
static void *copy_of(const void *bytes, size_t size)
{
	void *copy = bytes && size ? malloc(size) : NULL;

	return copy ? memcpy(copy, bytes, size) : NULL;
}

static void keep_evidence(struct unwinding *u)
{
	struct evidence *e = &u->event.death.evidence;

	e->last_words = u->last_words = copy_of(e->last_words, e->last_words_len);
	e->exception = u->exception = copy_of(e->exception, sizeof(*e->exception));
	e->crumbs = u->crumbs = copy_of(e->crumbs, e->crumb_count * sizeof(*e->crumbs));
	if (!e->crumbs)
		e->crumb_count = 0;
}

static void name_modules(struct unwinding *u, const struct symbolized *result)
{
	const struct captured *c = u->captured;

	for (unsigned i = 0; i < c->snapshot.map_count; i++) {
		const struct snapshot_map *map = &c->maps[i];

		u->modules[i].path =
			map->vdso ? "[vdso]" : stacks_path(u->enrich->stacks, map->device, map->inode, NULL);
		if (result->build_ids && result->build_ids[i][0])
			text_copy(
				u->modules[i].build_id, sizeof(u->modules[i].build_id), result->build_ids[i]);
	}
}

static void bare_pump(struct enrich *e);

static void finish(struct unwinding *u)
{
	struct enrich *e = u->enrich;
	bool whole = u->captured->bare == BARE_NOT;
	struct evidence *evidence = &u->event.death.evidence;
	struct remains *remains = whole ? remains_make(&u->event, u->captured, u->modules) : NULL;

	evidence->frames = u->frames;
	evidence->modules = u->modules;
	evidence->module_count = u->captured->snapshot.map_count;
	evidence->callers = captured_callers(u->captured);
	evidence->threads = u->threads.thread;
	evidence->thread_count = u->threads.count;
	evidence->remains = remains;
	for (unsigned i = 0; u->frames && i < u->frames->count; i++)
		stacks_learn(e->stacks, &u->captured->snapshot, &u->frames->frame[i]);
	e->unwinding--;
	event_emit(e, &u->event);
	free(remains);
	unwinding_free(u);
	if (whole) {
		e->answered++;
		bare_pump(e);
	}
}

static int open_file(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct unwinding *u = context;
	struct enrich *e = u->enrich;
	struct mapped_file file = {.path = NULL, .owner = MAPPED_ANY_OWNER};
	uint64_t mtime = 0;
	const char *mapped = stacks_path(e->stacks, device, inode, &mtime);
	char path[RECORD_PATH + sizeof(SYMBOLIZER_DEBUG)];

	if (debug && strcmp(debug, SYMBOLIZER_PERF_MAP) == 0) { /* as the process sees its own pid */
		snprintf(path, sizeof(path), "/tmp/perf-%u.map", u->event.process.ns_pid);
		file.path = path;
		file.mount_ns = u->captured->mount_ns;
		file.owner = u->event.process.uid;
	} else if (debug) {
		if (symbolizer_debug_path(mapped, debug, path, sizeof(path)) < 0)
			return -ENOENT;
		file.path = path;
		/* What lies beside the program is seen as the program was; the debug folders are the host's.
		 */
		file.mount_ns = debug[0] == '/' ? 0 : u->captured->mount_ns;
	} else {
		file.path = mapped;
		file.mtime = mtime;
		file.mount_ns = u->captured->mount_ns;
		file.device = device;
		file.inode = inode;
	}
	return file.path ? e->open_file(e->open_context, &file) : -ENOENT;
}

static void on_thread(void *context, const struct symbolized *result);

/* Asks for the frames of the next thread, which lies in the same mappings. */
static void ask_thread(struct unwinding *u)
{
	struct snapshot snapshot;

	if (u->thread && !u->enrich->symbolizer)
		event_missing_add(&u->event, "threads", WITHOUT_HELPER);
	if (!u->thread || !u->enrich->symbolizer) {
		finish(u);
		return;
	}
	snapshot = u->thread->snapshot;
	snapshot.maps = u->captured->maps;
	snapshot.map_count = u->captured->snapshot.map_count;
	symbolizer_request(u->enrich->symbolizer, &snapshot, open_file, on_thread, u);
}

/* One that makes the helper fail is the last: each may cost the helper's deadline. */
static void on_thread(void *context, const struct symbolized *result)
{
	struct unwinding *u = context;

	name_modules(u, result);
	threads_add(&u->threads, u->thread, result->frames);
	u->thread = u->thread->next;
	if (u->thread && result->missing && result->frames->why == result->missing) {
		event_missing_add(&u->event, "threads", result->missing);
		u->thread = NULL;
	}
	ask_thread(u);
}

static void on_frames(void *context, const struct symbolized *result)
{
	struct unwinding *u = context;
	const struct frames *frames = result->frames; /* NULL without memory */

	name_modules(u, result);
	if (frames)
		u->frames = copy_of(
			frames, offsetof(struct frames, frame) + frames->count * sizeof(frames->frame[0]));
	if (result->missing)
		event_missing_add(&u->event, "stack", result->missing);
	ask_thread(u);
}

#define TEXT(number)     #number
#define CAPTURES(number) TEXT(number)
#define CAME_BARE        "this one came with where it was alone, without stack"

static const char *const why_bare[] = {
	[BARE_NOT] = WITHOUT_HELPER,
	[BARE_OVER] = ("the same death was captured " CAPTURES(
		RECORD_SITE_CAPTURES) " times within this second already: " CAME_BARE),
	[BARE_FULL] = "too many deaths were waiting to be read: " CAME_BARE " and last words",
};

/* There is just where it was: without a helper, or since no more was taken. */
static void emit_bare(struct unwinding *u)
{
	struct frames *frames = calloc(1, sizeof(*frames));
	struct symbolized result = {.frames = frames, .missing = why_bare[u->captured->bare]};

	if (frames) {
		frames->count = 1;
		frames->truncated = true;
		stacks_bare_frame(u->enrich->stacks, &u->captured->snapshot, &frames->frame[0]);
	}
	on_frames(u, &result);
	free(frames);
}

/* Emits those whose waiting has an end. */
static void bare_pump(struct enrich *e)
{
	struct unwinding *u;

	while (e->bare && e->bare->wait_for <= e->answered) {
		u = e->bare;
		e->bare = u->next;
		if (!e->bare)
			e->bare_last = &e->bare;
		e->bare_count--;
		emit_bare(u);
	}
}

/* A death that was not captured, behind those that were: its fingerprint is theirs. */
static void emit_behind(struct enrich *e, struct unwinding *u)
{
	if (e->asked == e->answered || e->bare_count == BARE_MAX) {
		emit_bare(u);
		return;
	}
	u->wait_for = e->asked;
	*e->bare_last = u;
	e->bare_last = &u->next;
	e->bare_count++;
}

void unwinding_finish(struct enrich *e)
{
	e->answered = e->asked;
	bare_pump(e);
}

void unwinding_drop(struct enrich *e)
{
	struct unwinding *u;

	while ((u = e->bare)) {
		e->bare = u->next;
		unwinding_free(u);
	}
}

void emit_with_stack(struct enrich *e, const struct event *event, struct captured *captured, uint32_t threads)
{
	struct unwinding *u = calloc(1, sizeof(*u) + captured->snapshot.map_count * sizeof(*u->modules));
	const char *missing;

	if (!u) {
		struct event copy = *event;

		captured_free(captured);
		event_emit(e, &copy);
		return;
	}
	u->enrich = e;
	u->captured = captured;
	u->thread = captured->bare ? NULL : captured->next;
	u->event = *event;
	missing = captured->bare ? NULL : threads_missing(captured, threads);
	if (missing)
		event_missing_add(&u->event, "threads", missing);
	keep_evidence(u);
	e->unwinding++;
	if (captured->bare) {
		emit_behind(e, u);
		return;
	}
	e->asked++;
	for (unsigned i = 0; i < captured->snapshot.map_count; i++)
		stacks_path(e->stacks, captured->maps[i].device, captured->maps[i].inode,
			&captured->maps[i].mtime);
	if (e->symbolizer)
		symbolizer_request(e->symbolizer, &captured->snapshot, open_file, on_frames, u);
	else
		emit_bare(u);
}
