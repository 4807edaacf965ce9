/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths by signal: what was the cause, and who was it. */
#include "unit/enrich_test.h"

static void plain_crash(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);
	const struct event *e;

	send_exec(w, 42, LOGIN, "/srv/app/worker");
	d.death.last = fault_of(44, SIGSEGV, SEGV_MAPERR, w->now);
	send_death(w, &d);
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_CRASH);
	assert_int_equal(e->time, EPOCH + T0);
	assert_true(id_valid(e->id));
	assert_string_equal(e->host.name, "web-1");
	assert_string_equal(e->service.unit, "shop.service");
	assert_string_equal(e->process.exe, "/srv/app/worker");
	assert_int_equal(e->process.tid, 44);
	assert_int_equal(e->process.age, 42);
	assert_int_equal(e->process.start, EPOCH + T0 - 42);
	assert_int_equal(e->death.signal, SIGSEGV);
	assert_int_equal(e->death.code, SEGV_MAPERR);
	assert_true(e->death.has_address && e->death.address == 0x10);
	assert_false(e->death.killer.known);
	assert_int_equal(e->death.core_dumped, 0);
	assert_string_equal(e->death.no_core_reason, "RLIMIT_CORE is 0");
	assert_int_equal(e->missing_count, 1);
	assert_true(is_missing(e, "stack")); /* no snapshot came */
}

/* A runtime's handler prints a trace and aborts: the fault is what is told, the abort is how it ended. */
static void fault_then_abort(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "node", SIGABRT);
	const struct event *e;

	d.death.first = fault_of(42, SIGSEGV, SEGV_MAPERR, T0 - SECOND);
	d.death.first.handled = true;
	d.death.last = fault_of(42, SIGABRT, SI_TKILL, T0);
	send_death(w, &d);
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_CRASH);
	assert_int_equal(e->death.signal, SIGSEGV);
	assert_int_equal(e->death.end_signal, SIGABRT);
	assert_true(e->death.has_address);
	assert_true(is_missing(e, "process.exe"));
}

/* The fault of long ago, or of another thread, has nothing to do with this abort. */
static void handled_fault_of_before(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "java", SIGABRT);

	d.death.last = fault_of(42, SIGABRT, SI_TKILL, T0);
	d.death.first = fault_of(42, SIGSEGV, SEGV_MAPERR, T0 - 10 * SECOND);
	d.death.first.handled = true;
	send_death(w, &d);
	d.death.first = fault_of(99, SIGSEGV, SEGV_MAPERR, T0 - 1);
	send_death(w, &d);
	assert_int_equal(w->count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(w->events[i].death.signal, SIGABRT);
		assert_int_equal(w->events[i].death.end_signal, 0);
		assert_false(w->events[i].death.has_address);
	}
}

/* A handler that restores the default and lets the fault happen again tells the first one. */
static void fault_raised_again(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "go", SIGSEGV);
	const struct event *e;

	d.death.first = fault_of(42, SIGSEGV, SEGV_MAPERR, T0 - 1);
	d.death.first.handled = true;
	d.death.last = fault_of(42, SIGSEGV, SI_TKILL, T0);
	d.death.last.address = 0;
	send_death(w, &d);
	e = the_event(w);
	assert_int_equal(e->death.code, SEGV_MAPERR);
	assert_int_equal(e->death.address, 0x10);
	assert_int_equal(e->death.end_signal, 0);
}

static void plain_kill(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGKILL);
	const struct event *e;

	send_exec(w, 9, LOGIN, "/usr/bin/reaper");
	d.death.sender = sender_of(9, "reaper", SIGKILL, T0 - 1);
	send_death(w, &d);
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_KILL);
	assert_true(e->death.killer.known && e->death.has_fault);
	assert_int_equal(e->death.killer.key.pid, 9);
	assert_int_equal(e->death.killer.uid, 7);
	assert_string_equal(e->death.killer.exe, "/usr/bin/reaper");
	assert_string_equal(e->death.killer.class, "unknown");
	assert_string_equal(e->death.killer.kin[0].comm, "cron");
	assert_string_equal(e->death.no_core_reason, "SIGKILL does not dump core");
}

/* kill -SEGV is a kill; a real fault is a crash, whatever was sent before. */
static void fault_signal_sent(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);

	d.death.sender = sender_of(9, "bash", SIGSEGV, T0 - 1);
	d.death.last = fault_of(42, SIGSEGV, 0, T0);
	send_death(w, &d);
	d.death.last = fault_of(42, SIGSEGV, SEGV_MAPERR, T0);
	send_death(w, &d);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].kind, EVENT_KILL);
	assert_int_equal(w->events[1].kind, EVENT_CRASH);
	assert_false(w->events[1].death.killer.known);
}

/* SIGSEGV was sent, a handler took it and aborted: still a kill. */
static void sent_then_abort(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGABRT);

	d.death.sender = sender_of(9, "bash", SIGSEGV, T0 - 2);
	d.death.first = fault_of(42, SIGSEGV, 0, T0 - 1);
	d.death.first.handled = true;
	d.death.last = fault_of(42, SIGABRT, SI_TKILL, T0);
	send_death(w, &d);
	assert_int_equal(the_event(w)->kind, EVENT_KILL);
	assert_int_equal(the_event(w)->death.signal, SIGSEGV);
	assert_int_equal(the_event(w)->death.killer.key.pid, 9);
}

/* Told to end, cleaned up, and raised the signal itself: the request is the cause, unless it is long ago. */
static void request_raised_again(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGTERM);

	d.death.sender = sender_of(9, "bash", SIGTERM, T0 - 59 * SECOND);
	d.death.last = fault_of(42, SIGTERM, SI_TKILL, T0);
	send_death(w, &d);
	d.death.sender.time = T0 - 60 * SECOND;
	send_death(w, &d);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].kind, EVENT_KILL);
	assert_int_equal(w->events[1].kind, EVENT_CRASH);
}

static void other_request_before(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGABRT);

	d.death.sender = sender_of(9, "bash", SIGTERM, T0 - 1);
	d.death.last = fault_of(42, SIGABRT, SI_TKILL, T0);
	send_death(w, &d);
	assert_int_equal(the_event(w)->kind, EVENT_CRASH);
	assert_int_equal(the_event(w)->death.killer.key.pid, 0);
	assert_string_equal(the_event(w)->death.killer.class, "self");
}

/* Nobody gets a SIGKILL by a fault of his own. */
static void kill_of_nobody(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGKILL);

	d.death.no_state = true;
	send_death(w, &d);
	d.death.no_state = false;
	d.death.sender = sender_of(9, "bash", SIGTERM, T0 - 1);
	send_death(w, &d);
	d.death.last = fault_of(42, SIGKILL, 0, T0);
	send_death(w, &d);
	assert_int_equal(w->count, 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(w->events[i].kind, EVENT_KILL);
		assert_false(w->events[i].death.killer.known);
		assert_true(is_missing(&w->events[i], "killer"));
	}
	assert_int_equal(w->events[2].kind, EVENT_CRASH);
}

static void broken_pipe(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "yes", SIGPIPE);

	d.death.last = fault_of(42, SIGPIPE, SI_KERNEL, T0);
	send_death(w, &d);
	assert_int_equal(w->count, 0);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_DEATH)->routine, 1);
	d.death.last = (struct record_fault){0};
	d.death.sender = sender_of(9, "bash", SIGPIPE, T0 - 1);
	send_death(w, &d);
	assert_int_equal(the_event(w)->kind, EVENT_KILL);
}

static void out_of_memory(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGKILL);
	const struct event *e;

	d.death.oom =
		(struct record_oom){.time = T0, .limit = 1 << 25, .scope = OOM_CGROUP, .trigger_pid = 43};
	d.death.sender = sender_of(43, "greedy", SIGKILL, T0);
	d.death.sender.from = SENDER_PRIVILEGED;
	send_death(w, &d);
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_OOM_KILL);
	assert_int_equal(e->death.oom.limit, 1 << 25);
	assert_true(is_missing(e, "oom.largest"));
	assert_string_equal(e->death.killer.class, "kernel");
}

/* A stack of one piece for a thread, as the probes send it before or after the death. */
static void send_thread(struct world *w, uint32_t pid, uint32_t tid, bool thread)
{
	struct record *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->type = RECORD_SNAPSHOT;
	r->time = w->now;
	r->snapshot.key = key_of(pid);
	r->snapshot.tid = tid;
	r->snapshot.signal = thread ? SIGKILL : SIGSEGV;
	r->snapshot.thread = thread;
	enrich_record(w->enrich, r);
	free(r);
}

/* The first reason that is told. */
static const char *why_missing(const struct event *event, const char *what)
{
	for (unsigned i = 0; i < event->missing_count; i++)
		if (strcmp(event->missing[i].what, what) == 0)
			return event->missing[i].why;
	return "";
}

/* Of process 200, which has three threads, of which two were captured. */
static void send_threaded_death(struct world *w)
{
	struct record death = death_of(w, 200, "pool", SIGSEGV);

	death.death.delivered = true;
	death.death.threads = 3;
	death.death.last = fault_of(200, SIGSEGV, 1, w->now);
	send_thread(w, 200, 200, false);
	send_death(w, &death);
	send_thread(w, 200, 201, true);
}

/* The other threads leave after the death was sent: the event waits for the end, not longer. */
static void waits_for_threads(void **state)
{
	struct world *w = *state;

	send_threaded_death(w);
	send_thread(w, 200, 202, true);
	assert_int_equal(w->count, 0);
	send_exit(w, 200, SIGSEGV);
	assert_non_null(strstr(why_missing(the_event(w), "threads"), "no helper"));
}

static void says_missing_threads(void **state)
{
	struct world *w = *state;

	send_threaded_death(w);
	w->now += SECOND;
	send_tick(w); /* its end was lost */
	assert_non_null(strstr(why_missing(the_event(w), "threads"), "not all were captured"));
	assert_int_equal(the_event(w)->death.core_dumped, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(waits_for_threads),
		WORLD_TEST(says_missing_threads), WORLD_TEST(plain_crash), WORLD_TEST(fault_then_abort),
		WORLD_TEST(handled_fault_of_before), WORLD_TEST(fault_raised_again), WORLD_TEST(plain_kill),
		WORLD_TEST(fault_signal_sent), WORLD_TEST(sent_then_abort), WORLD_TEST(request_raised_again),
		WORLD_TEST(other_request_before), WORLD_TEST(kill_of_nobody), WORLD_TEST(broken_pipe),
		WORLD_TEST(out_of_memory)};

	return cmocka_run_group_tests_name("enrich_death", tests, NULL, NULL);
}
