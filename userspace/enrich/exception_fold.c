/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions wait here until it is clear that their process lives on, and then for their turn: of one kind
 * only so many a minute are told, with the count of the others. */
#include "enrich/exceptions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/text.h"
#include "enrich/internal.h"

#define FOLDS_MAX         256 /* 23 KB each */
#define FOLDS_PER_PROCESS 16
#define HOLD              (2 * NS_PER_SEC)
#define WINDOW            (60 * NS_PER_SEC)

/* As words: uthash compares bytes. */
struct fold_key {
	uint64_t start;
	uint64_t pid;
	uint64_t kind;
};

struct fold {
	struct fold_key key;
	uint64_t count; /* not told yet */
	uint64_t first; /* of them, boottime */
	uint64_t last;
	uint64_t lost;
	uint64_t window;
	uint32_t told; /* events in the window */
	UT_hash_handle hh;
	struct exception exception; /* the last of them */
};

struct folds {
	struct fold *by_key; /* oldest first */
	uint64_t window;
	uint32_t told;
	uint64_t dropped; /* exceptions, since the last tick */
};

int folds_new(struct folds **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void fold_drop(struct folds *folds, struct fold *fold)
{
	folds->dropped += fold->count;
	HASH_DEL(folds->by_key, fold);
	free(fold);
}

void folds_free(struct folds *folds)
{
	if (!folds)
		return;
	while (folds->by_key)
		fold_drop(folds, folds->by_key);
	free(folds);
}

/* Language, type and the innermost frame. */
static uint64_t kind_of(const struct exception *x)
{
	const struct exception_frame *frame = x->frame_count ? &x->frames[0] : NULL;
	uint64_t hash = id_hash(0, x->language, strlen(x->language) + 1);

	hash = id_hash(hash, x->type, strlen(x->type) + 1);
	if (!frame)
		return hash;
	hash = id_hash(hash, frame->function, strlen(frame->function) + 1);
	return id_hash(hash, frame->file, strlen(frame->file) + 1);
}

static bool is_of(const struct fold *fold, struct process_key key)
{
	return fold->key.pid == key.pid && fold->key.start == key.start;
}

/* Makes room for one more kind of this process: of what has been told, the oldest leaves. */
static bool make_room(struct folds *folds, struct process_key key)
{
	struct fold *fold, *next, *oldest = NULL, *own = NULL;
	unsigned of_process = 0;

	HASH_ITER (hh, folds->by_key, fold, next) {
		bool is_own = is_of(fold, key);

		of_process += is_own;
		if (fold->count)
			continue;
		if (!oldest)
			oldest = fold;
		if (is_own && !own)
			own = fold;
	}
	if (of_process >= FOLDS_PER_PROCESS)
		oldest = own;
	else if (HASH_COUNT(folds->by_key) < FOLDS_MAX)
		return true;
	if (oldest)
		fold_drop(folds, oldest);
	return oldest != NULL;
}

void folds_add(struct folds *folds, struct process_key key, const struct exception *exception, uint64_t lost,
	uint64_t time)
{
	struct fold_key k = {.start = key.start, .pid = key.pid, .kind = kind_of(exception)};
	struct fold *fold;

	HASH_FIND(hh, folds->by_key, &k, sizeof(k), fold);
	if (!fold) {
		fold = make_room(folds, key) ? calloc(1, sizeof(*fold)) : NULL;
		if (!fold) {
			folds->dropped++;
			return;
		}
		fold->key = k;
		HASH_ADD(hh, folds->by_key, key, sizeof(fold->key), fold);
	}
	if (!fold->count)
		fold->first = time;
	fold->count++;
	fold->last = time;
	fold->lost += lost;
	fold->exception = *exception;
}

/* Counts an event against a bound of so many a minute. */
static bool allowed(uint64_t *window, uint32_t *told, uint32_t bound, uint64_t now)
{
	if (*told == 0 || now - *window >= WINDOW) {
		*window = now;
		*told = 0;
	}
	return *told < bound;
}

/* Tells so many of a fold, if it is its turn or it must be now. */
static void tell(
	struct enrich *e, struct folds *folds, struct fold *fold, uint64_t count, uint64_t now, bool must)
{
	struct record_task task = {.key = {.pid = (uint32_t)fold->key.pid, .start = fold->key.start}};
	struct output_rule rule;
	struct event event;

	event_begin(e, EVENT_EXCEPTION, fold->last, &event);
	event_fill_process(e, &task, fold->last, &event);
	event_fill_service(e, NULL, &event);
	rule = output_rules_find(e->output_rules, &event.service);
	if (!rule.exceptions) {
		fold->count = 0;
		return;
	}
	if (!allowed(&folds->window, &folds->told, rule.exceptions_in_all, now) ||
		(!allowed(&fold->window, &fold->told, rule.exceptions_per_minute, now) && !must))
		return;
	folds->told++;
	fold->told++;
	event.exception = (struct event_exception){
		.exception = &fold->exception, .count = count, .interval = fold->last - fold->first};
	if (fold->lost)
		event_missing_add(&event, "count", "some of the output was overwritten before it was read");
	event_emit(e, &event);
	fold->count -= count;
	fold->first = fold->last;
	fold->lost = 0;
}

void folds_death(struct enrich *e, struct folds *folds, struct process_key key, const struct exception *told)
{
	uint64_t kind = told ? kind_of(told) : 0;
	struct fold *fold, *next;

	HASH_ITER (hh, folds->by_key, fold, next) {
		if (!is_of(fold, key))
			continue;
		if (fold->count && told && fold->key.kind == kind)
			fold->count--;
		if (fold->count)
			tell(e, folds, fold, fold->count, fold->last, true);
		fold_drop(folds, fold);
	}
}

static void tell_dropped(struct enrich *e, struct folds *folds, uint64_t now)
{
	struct event event;

	if (!folds->dropped)
		return;
	event_begin(e, EVENT_GAP, now, &event);
	text_copy(event.gap.reason, sizeof(event.gap.reason), "budget");
	text_copy(event.gap.source, sizeof(event.gap.source), "exception");
	event.gap.count = folds->dropped;
	event.gap.interval = NS_PER_SEC;
	event_emit(e, &event);
	folds->dropped = 0;
}

/* The newest one is held back, as long as its process may still die of it. */
void folds_tick(struct enrich *e, struct folds *folds, uint64_t now)
{
	struct fold *fold, *next;

	HASH_ITER (hh, folds->by_key, fold, next) {
		bool recent = now < fold->last + HOLD;

		if (fold->count && now >= fold->first + HOLD && fold->count > recent)
			tell(e, folds, fold, fold->count - recent, now, false);
		if (!fold->count && now > fold->last + WINDOW)
			fold_drop(folds, fold);
	}
	tell_dropped(e, folds, now);
}

void folds_finish(struct enrich *e, struct folds *folds)
{
	struct fold *fold, *next;
	uint64_t last = 0;

	HASH_ITER (hh, folds->by_key, fold, next) {
		last = fold->last > last ? fold->last : last;
		if (fold->count)
			tell(e, folds, fold, fold->count, fold->last, true);
		fold->count = 0;
	}
	while (folds->by_key)
		fold_drop(folds, folds->by_key);
	tell_dropped(e, folds, last);
}
