/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of enrich share: a host on which processes start, fail and die, and the events that come of
 * it. */
#ifndef LW_TESTS_ENRICH_TEST_H
#define LW_TESTS_ENRICH_TEST_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "enrich/enrich.h"
#include "told.h"

#define SECOND     1000000000ull
#define T0         (1000 * SECOND)       /* of the boot clock */
#define EPOCH      (1700000000 * SECOND) /* realtime when the boot clock was 0 */
#define LOGIN      100                   /* the shell that most processes are children of */
#define EVENTS_MAX 128
#define BOOT_ID    "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11"

struct world {
	struct enrich *enrich;
	uint64_t now;
	unsigned count;
	struct event events[EVENTS_MAX];
	struct evidence evidence; /* of the last death; what it borrowed is copied below */
	char words[RECORD_WORDS + 1];
	struct evidence_crumb crumbs[EVIDENCE_CRUMBS];
};

static inline void world_event(void *context, struct event *event)
{
	struct world *w = context;

	assert_true(w->count < EVENTS_MAX);
	told(event);
	w->events[w->count++] = *event;
	if (!event_is_death(event->kind))
		return;
	w->evidence = event->death.evidence;
	memset(w->words, 0, sizeof(w->words));
	if (w->evidence.last_words)
		memcpy(w->words, w->evidence.last_words, w->evidence.last_words_len);
	if (w->evidence.crumb_count)
		memcpy(w->crumbs, w->evidence.crumbs, w->evidence.crumb_count * sizeof(*w->crumbs));
}

/* The only event so far. */
static inline const struct event *the_event(const struct world *w)
{
	assert_int_equal(w->count, 1);
	return &w->events[0];
}

static inline bool is_missing(const struct event *event, const char *what)
{
	for (unsigned i = 0; i < event->missing_count; i++)
		if (strcmp(event->missing[i].what, what) == 0)
			return true;
	return false;
}

static inline struct process_key key_of(uint32_t pid)
{
	return (struct process_key){.pid = pid, .start = T0 - pid};
}

static inline struct record_task task_of(uint32_t pid, uint32_t ppid, const char *comm)
{
	struct record_task task = {.key = key_of(pid), .tid = pid, .ppid = ppid, .ns_pid = pid, .uid = 1000};

	text_copy(task.comm, sizeof(task.comm), comm);
	return task;
}

static inline void send_tick(struct world *w)
{
	struct record r = {.type = RECORD_TICK, .time = w->now, .tick.realtime = EPOCH + w->now};

	enrich_record(w->enrich, &r);
}

static inline void send_host(struct world *w, const char *core_pattern)
{
	struct record r = {.type = RECORD_HOST, .host = {"web-1", BOOT_ID, "x86_64", "6.1.0", ""}};

	text_copy(r.host.core_pattern, sizeof(r.host.core_pattern), core_pattern);
	enrich_record(w->enrich, &r);
}

static inline void send_fork(struct world *w, uint32_t parent, uint32_t child)
{
	struct record r = {.type = RECORD_FORK, .time = w->now, .fork = {key_of(parent), key_of(child)}};

	enrich_record(w->enrich, &r);
}

static inline void send_exec(struct world *w, uint32_t pid, uint32_t ppid, const char *exe)
{
	const char *slash = strrchr(exe, '/');
	struct record r = {.type = RECORD_EXEC, .time = w->now};

	r.exec.task = task_of(pid, ppid, slash ? slash + 1 : exe);
	text_copy(r.exec.exe, sizeof(r.exec.exe), exe);
	r.exec.args_len = (uint32_t)strlen(exe) + 1;
	memcpy(r.exec.args, exe, r.exec.args_len);
	text_copy(r.exec.cgroup.v2, sizeof(r.exec.cgroup.v2), "/system.slice/shop.service");
	enrich_record(w->enrich, &r);
}

static inline void send_exit(struct world *w, uint32_t pid, uint32_t code)
{
	struct record r = {.type = RECORD_EXIT, .time = w->now, .exit = {key_of(pid), code}};

	enrich_record(w->enrich, &r);
}

/* The death of a child of LOGIN; nothing is known of signals. */
static inline struct record death_of(
	const struct world *w, uint32_t pid, const char *comm, uint32_t exit_code)
{
	struct record r = {.type = RECORD_DEATH, .time = w->now};

	r.death.task = task_of(pid, LOGIN, comm);
	r.death.exit_code = exit_code;
	r.death.dumpable = 1;
	return r;
}

static inline struct record_fault fault_of(uint32_t pid, uint32_t signal, int32_t code, uint64_t time)
{
	return (struct record_fault){
		.time = time, .address = 0x10, .tid = pid, .code = code, .signal = signal};
}

static inline struct record_sender sender_of(uint32_t pid, const char *comm, uint32_t signal, uint64_t time)
{
	struct record_sender s = {
		.time = time, .key = key_of(pid), .uid = 7, .signal = signal, .kin_count = 1};

	text_copy(s.comm, sizeof(s.comm), comm);
	s.kin[0] = (struct record_kin){.pid = 5, .comm = "cron"};
	return s;
}

static inline void send_death(struct world *w, const struct record *death)
{
	enrich_record(w->enrich, death);
}

static inline int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(enrich_new(&w->enrich, world_event, w), 0);
	w->now = T0;
	send_host(w, "core");
	send_tick(w);
	send_exec(w, LOGIN, 1, "/bin/bash");
	*state = w;
	return 0;
}

/* What was taken is accounted for in full, when nothing is held any more. */
static inline int world_teardown(void **state)
{
	struct world *w = *state;

	enrich_finish(w->enrich);
	for (int i = 0; i < SOURCES; i++) {
		const struct enrich_tally *t = enrich_tally(w->enrich, (enum record_source)i);

		assert_int_equal(t->taken, t->emitted + t->routine + t->used + t->lost);
	}
	enrich_free(w->enrich);
	free(w);
	return 0;
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

#endif
