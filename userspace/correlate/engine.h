/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation: events go in, issues and incidents come out. A pure machine: no clock, no files, no chance.
 * The same events give the same verdict, in whatever order they arrive within ENGINE_LATE, and in whatever
 * batches. */
#ifndef LW_CORRELATE_ENGINE_H
#define LW_CORRELATE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define ENGINE_LATE (5ull * 1000000000ull) /* ns that an event may come after a newer one */

struct engine;

/* Returns 0 or -ENOMEM. Nothing it does later needs memory. */
int engine_new(struct engine **ret);
void engine_free(struct engine *engine);

/* Takes an event's JSON. Returns 0; -EINVAL and -ENOTSUP as fact_read does, and nothing is changed then. */
int engine_event(struct engine *engine, const char *json, size_t len);
/* It is later now, in the time of the events, though nothing happened: incidents may be over. */
void engine_advance(struct engine *engine, uint64_t time);
/* No event will come any more: the ones that wait for late ones are taken. */
void engine_finish(struct engine *engine);

struct engine_result {
	const char *kind; /* "issue" or "incident" */
	const char *id;
	const char *state;
	const char *service;
	uint64_t time;    /* of its last change */
	const char *body; /* JSON, one line */
};

/* Hands out each open incident and each other one and issue that changed at since or later, as of the newest
 * event, in the order of their beginning, incidents first; returns what fn returned when that was not 0. What
 * is handed out lives until fn returns. */
typedef int (*engine_result_fn)(void *context, const struct engine_result *result);
int engine_results(struct engine *engine, uint64_t since, engine_result_fn fn, void *context);

/* Hands out each fingerprint that was seen at since or later as part of an issue whose own is another one,
 * that issue's id, and when it was seen last; as engine_results. */
typedef int (*engine_alias_fn)(void *context, const char *fingerprint, const char *issue, uint64_t time);
int engine_aliases(struct engine *engine, uint64_t since, engine_alias_fn fn, void *context);

/* Title of the issue that events with this fingerprint are part of, and id of its open incident, each NULL
 * when there is none; as of the newest event. Borrowed until the next call. */
void engine_issue(
	struct engine *engine, const char *fingerprint, const char **ret_title, const char **ret_incident);

/* What the engine knows of settled events, to go on from after a restart: events at *ret_time and later are
 * not in it yet, events before it are, as far as they had come. Borrowed until the next call. */
const void *engine_save(struct engine *engine, size_t *ret_size, uint64_t *ret_time);
/* Goes on from there. Returns 0, or -EINVAL when the bytes are not of this version: start from the stored
 * events then. */
int engine_load(struct engine *engine, const void *bytes, size_t size);

#endif
