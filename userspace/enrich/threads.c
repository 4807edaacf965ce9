/* SPDX-License-Identifier: Apache-2.0 */
/* The threads that left with their process: a few frames each, those with equal stacks told once. */
#include "enrich/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define THREAD_FRAMES 32

static bool is_same(const struct evidence_thread *thread, const struct frame *frames, unsigned count)
{
	if (thread->frame_count != count)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (thread->frames[i].address != frames[i].address)
			return false;
	return true;
}

void threads_add(struct threads *threads, const struct captured *captured, const struct frames *frames)
{
	unsigned count = frames->count < THREAD_FRAMES ? frames->count : THREAD_FRAMES;
	struct evidence_thread *thread = &threads->thread[threads->count];
	struct frame *copy;

	for (unsigned i = 0; i < threads->count; i++) {
		if (is_same(&threads->thread[i], frames->frame, count)) {
			threads->thread[i].same++;
			return;
		}
	}
	copy = threads->count < SNAPSHOT_THREADS && count ? malloc(count * sizeof(*copy)) : NULL;
	if (!copy)
		return;
	memcpy(copy, frames->frame, count * sizeof(*copy));
	*thread = (struct evidence_thread){.tid = captured->tid,
		.truncated = frames->truncated || count < frames->count,
		.frame_count = count,
		.frames = copy};
	text_copy(thread->name, sizeof(thread->name), captured->comm);
	threads->count++;
}

void threads_free(struct threads *threads)
{
	for (unsigned i = 0; i < threads->count; i++)
		free((void *)threads->thread[i].frames);
	threads->count = 0;
}

const char *threads_missing(const struct captured *first, uint32_t count)
{
	uint32_t captured = 0;

	for (const struct captured *c = first; c; c = c->next)
		captured++;
	if (captured >= count)
		return NULL;
	return captured >= SNAPSHOT_THREADS
		       ? "of so many only the first to leave are captured"
		       : "not all were captured: they had ended, or too much else was waiting";
}
