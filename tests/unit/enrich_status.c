/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths by exit status: which matter. Deaths that wait for their core file. The watch of one tree. */
#include "unit/enrich_test.h"

/* Whether the exit of a child of parent is told. */
static bool is_told(struct world *w, uint32_t pid, uint32_t parent, const char *exe, uint32_t status)
{
	const char *slash = strrchr(exe, '/');
	unsigned before = w->count;
	struct record d = death_of(w, pid, slash ? slash + 1 : exe, status << 8);

	d.death.task.ppid = parent;
	send_exec(w, pid, parent, exe);
	send_death(w, &d);
	send_exit(w, pid, status << 8);
	return w->count > before;
}

static void statuses(void **state)
{
	struct world *w = *state;

	assert_true(is_told(w, 42, LOGIN, "/srv/worker", 3));
	assert_int_equal(w->events[0].kind, EVENT_EXIT_FAILURE);
	assert_int_equal(w->events[0].death.status, 3);
	assert_int_equal(w->events[0].death.signal, 0);
	assert_string_equal(w->events[0].death.no_core_reason, "");
	assert_false(is_told(w, 43, LOGIN, "/bin/grep", 1));
	assert_true(is_told(w, 44, LOGIN, "/bin/grep", 2));
	assert_null(enrich_ignore_exit(w->enrich, "worker:3,4"));
	assert_false(is_told(w, 45, LOGIN, "/srv/worker", 3));
	assert_true(is_told(w, 46, LOGIN, "/srv/worker", 5));
	assert_int_equal(enrich_tally(w->enrich, SOURCE_DEATH)->routine, 2);
}

/* A multi-call binary is known by what it was called as. */
static void called_as(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "grep", 1 << 8);

	send_exec(w, 42, LOGIN, "/bin/busybox");
	send_death(w, &d);
	assert_int_equal(w->count, 0);
}

static void obeyed(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", 143 << 8);

	d.death.sender = sender_of(9, "bash", SIGTERM, T0 - SECOND);
	send_death(w, &d);
	assert_int_equal(w->count, 0);
	d.death.sender.time = T0 - 60 * SECOND;
	send_death(w, &d);
	d.death.sender = sender_of(9, "bash", SIGINT, T0 - SECOND);
	send_death(w, &d);
	d.death.sender = (struct record_sender){0};
	send_death(w, &d);
	assert_int_equal(w->count, 3);
}

/* A shell hands on what its child ended with; told is the child. */
static void passed_on(void **state)
{
	struct world *w = *state;
	struct record d;

	send_exec(w, 50, LOGIN, "/bin/sh");
	assert_true(is_told(w, 51, 50, "/srv/worker", 3));
	assert_false(is_told(w, 50, LOGIN, "/bin/sh", 3));
	send_exec(w, 60, LOGIN, "/bin/sh");
	d = death_of(w, 61, "worker", SIGSEGV | 0x80);
	d.death.task.ppid = 60;
	send_death(w, &d);
	assert_false(is_told(w, 60, LOGIN, "/bin/sh", 128 + SIGSEGV));
	send_exec(w, 70, LOGIN, "/bin/sh");
	assert_false(is_told(w, 71, 70, "/bin/grep", 1));
	assert_false(is_told(w, 70, LOGIN, "/bin/sh", 1)); /* what was an answer is one here, too */
	w->count = 0;
	send_exec(w, 80, LOGIN, "/bin/sh");
	is_told(w, 81, 80, "/srv/worker", 3);
	assert_true(is_told(w, 80, LOGIN, "/bin/sh", 128)); /* its own doing */
	send_exec(w, 82, LOGIN, "/srv/app");
	is_told(w, 83, 82, "/srv/worker", 3);
	assert_true(is_told(w, 82, LOGIN, "/srv/app", 3)); /* no wrapper */
	assert_true(is_told(w, 84, LOGIN, "/bin/sh", 3));  /* without such a child */
}

/* What a supervisor started is a service: a wrapper that fails is told there. */
static void service_shell(void **state)
{
	struct world *w = *state;

	send_exec(w, 90, LOGIN, "/usr/bin/supervisord");
	send_exec(w, 50, 90, "/bin/sh");
	is_told(w, 51, 50, "/srv/worker", 3);
	assert_true(is_told(w, 50, 90, "/bin/sh", 3));
	send_exec(w, 60, 1, "/bin/sh");
	is_told(w, 61, 60, "/srv/worker", 3);
	assert_true(is_told(w, 60, 1, "/bin/sh", 3));
	assert_false(is_told(w, 62, 1, "/bin/grep", 1));
}

static void send_dump(struct world *w, uint32_t pid)
{
	struct record d = death_of(w, pid, "worker", SIGSEGV);

	d.death.delivered = true;
	d.death.core_limit = 1 << 20;
	d.death.last = fault_of(pid, SIGSEGV, 1, w->now);
	send_death(w, &d);
}

static void core_hold(void **state)
{
	struct world *w = *state;

	send_dump(w, 42);
	send_dump(w, 43);
	assert_int_equal(w->count, 0);
	send_exit(w, 43, 0x8b);
	send_exit(w, 42, 0x0b);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->events[0].process.key.pid, 43);
	assert_int_equal(w->events[0].death.core_dumped, 1);
	assert_int_equal(w->events[1].death.core_dumped, 0);
	assert_int_equal(w->events[1].missing_count, 2); /* process.exe, stack */
}

/* The end may overtake the death on its way from the kernel. */
static void exit_first(void **state)
{
	struct world *w = *state;

	send_exec(w, 42, LOGIN, "/srv/worker");
	send_exit(w, 42, 0x8b);
	send_dump(w, 42);
	assert_int_equal(the_event(w)->death.core_dumped, 1);
}

static void core_takes_long(void **state)
{
	struct world *w = *state;

	send_dump(w, 42);
	w->now += SECOND / 2;
	send_tick(w);
	assert_int_equal(w->count, 0);
	w->now++;
	send_dump(w, 43);
	send_tick(w);
	assert_int_equal(the_event(w)->death.core_dumped, -1);
	assert_true(is_missing(the_event(w), "exit.core_dumped"));
	w->now -= 10; /* messages may be a little out of order */
	send_tick(w);
	assert_int_equal(w->count, 1);
	enrich_finish(w->enrich);
	assert_int_equal(w->count, 2);
}

struct steps {
	unsigned count;
	int64_t step;
	uint64_t time;
};

static void on_clock(void *context, int64_t step, uint64_t time)
{
	struct steps *s = context;

	s->count++;
	s->step = step;
	s->time = time;
}

/* What happened before the clock was set is told with the time of then, also when it comes later. */
static void clock_is_set(void **state)
{
	struct world *w = *state;
	struct steps steps = {0};
	struct record tick = {.type = RECORD_TICK};
	uint64_t step = 300 * SECOND;

	enrich_on_clock(w->enrich, on_clock, &steps);
	send_tick(w);
	assert_int_equal(steps.count, 0);
	tick.time = w->now += SECOND;
	tick.tick.realtime = EPOCH + w->now + step;
	enrich_record(w->enrich, &tick);
	assert_int_equal(steps.count, 1);
	assert_int_equal(steps.step, step);
	assert_int_equal(steps.time, EPOCH + w->now + step);
	assert_int_equal(enrich_time(w->enrich, w->now - 1), EPOCH + w->now - 1);
	assert_int_equal(enrich_time(w->enrich, w->now), EPOCH + w->now + step);
	enrich_record(w->enrich, &tick);
	assert_int_equal(steps.count, 1);
}

static void too_many_held(void **state)
{
	struct world *w = *state;

	for (uint32_t pid = 1000; pid < 1065; pid++)
		send_dump(w, pid);
	assert_int_equal(the_event(w)->process.key.pid, 1064);
	assert_int_equal(the_event(w)->death.core_dumped, -1);
	for (uint32_t pid = 1000; pid < 1065; pid++)
		send_exit(w, pid, 0x8b);
	assert_int_equal(w->count, 65);
	assert_int_equal(w->events[64].death.core_dumped, 1);
}

static void core_reasons(void **state)
{
	static const struct {
		const char *pattern;
		int dumpable;
		uint64_t limit;
		const char *reason; /* NULL: a core file is to be expected */
	} cases[] = {
		{"core", 1, 1 << 20, NULL},
		{"core", 1, 0, "RLIMIT_CORE is 0"},
		{"", 1, 1 << 20, "core_pattern is empty"},
		{"|/bin/coredump", 1, 0, NULL},
		{"|/bin/coredump", 1, 1, "RLIMIT_CORE is 1"},
		{"core", 0, 1 << 20, "the process is not dumpable (set-uid, or prctl)"},
		{"core", 2, 1 << 20, "the process is set-uid and core_pattern is a relative path"},
		{"/var/core", 2, 1 << 20, NULL},
		{"core", -1, 1 << 20, NULL},
	};
	struct world *w = *state;

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record d = death_of(w, 42 + i, "worker", SIGSEGV);

		send_host(w, cases[i].pattern);
		d.death.delivered = true;
		d.death.dumpable = cases[i].dumpable;
		d.death.core_limit = cases[i].limit;
		w->count = 0;
		send_death(w, &d);
		assert_int_equal(w->count, cases[i].reason ? 1 : 0);
		if (cases[i].reason)
			assert_string_equal(w->events[0].death.no_core_reason, cases[i].reason);
		w->count = 0;
		send_exit(w, 42 + i, 0x8b);
		if (!cases[i].reason)
			assert_string_equal(the_event(w)->death.no_core_reason, "");
	}
}

/* A command is watched before anything is known of it; what it forks is watched as well. */
static void watched_tree(void **state)
{
	struct world *w = *state;

	enrich_watch(w->enrich, 200);
	send_fork(w, LOGIN, 200);
	assert_false(is_told(w, 42, LOGIN, "/srv/other", 3));
	send_fork(w, 200, 201);
	send_fork(w, 201, 202);
	assert_true(is_told(w, 202, 201, "/srv/grandchild", 3));
	assert_true(is_told(w, 203, 201, "/srv/fork-not-seen", 3));
	assert_true(is_told(w, 200, LOGIN, "/srv/command", 3));
	send_fork(w, LOGIN, 201); /* the same again: still of the tree */
	assert_true(is_told(w, 201, LOGIN, "/srv/child", 3));
	assert_false(is_told(w, 204, LOGIN, "/srv/other", 3));
}

#define MAIL "/system.slice/mail.service"

static void send_start(struct world *w, uint32_t pid, const char *group)
{
	struct record r = {.type = RECORD_EXEC, .time = w->now, .exec.task = task_of(pid, 1, "init")};

	text_copy(r.exec.exe, sizeof(r.exec.exe), "/sbin/init");
	text_copy(r.exec.cgroup.v2, sizeof(r.exec.cgroup.v2), group);
	enrich_record(w->enrich, &r);
}

/* A child of parent that was put into the unit's control group and ended before it ran anything. */
static const struct event *end_of_child(struct world *w, uint32_t parent, uint32_t pid)
{
	struct record d;

	send_fork(w, parent, pid);
	d = death_of(w, pid, "(mail)", 203 << 8);
	d.death.task.ppid = parent;
	text_copy(d.death.cgroup.v2, sizeof(d.death.cgroup.v2), MAIL);
	send_death(w, &d);
	w->now += SECOND;
	send_tick(w);
	return &w->events[w->count - 1];
}

/* The supervisor's program is that of the supervisor's control groups, in which others live. */
static void what_cannot_be_started_is_alone(void **state)
{
	struct world *w = *state;
	const struct event *e;

	send_start(w, 1, "/init.scope");
	e = end_of_child(w, 1, 50);
	assert_string_equal(e->service.name, "mail");
	assert_true(e->service.has_alive);
	assert_int_equal(e->service.alive, 0);
	send_start(w, 60, MAIL);
	assert_int_equal(end_of_child(w, 1, 51)->service.alive, 1);
	/* Nobody knows whom another one was moved with. */
	assert_false(end_of_child(w, LOGIN, 52)->service.has_alive);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(statuses), WORLD_TEST(called_as),
		WORLD_TEST(obeyed), WORLD_TEST(passed_on), WORLD_TEST(service_shell), WORLD_TEST(core_hold),
		WORLD_TEST(exit_first), WORLD_TEST(core_takes_long), WORLD_TEST(clock_is_set),
		WORLD_TEST(too_many_held), WORLD_TEST(core_reasons),
		WORLD_TEST(what_cannot_be_started_is_alone), WORLD_TEST(watched_tree)};

	return cmocka_run_group_tests_name("enrich_status", tests, NULL, NULL);
}
