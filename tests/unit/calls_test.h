/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of calls between services share: programs of services, and whom an event says they called.
 */
#ifndef LW_TESTS_CALLS_TEST_H
#define LW_TESTS_CALLS_TEST_H

#include "unit/enrich_test.h"

static inline void exec_in(struct world *w, uint32_t pid, const char *service)
{
	struct record r = {.type = RECORD_EXEC, .time = w->now};

	r.exec.task = task_of(pid, 1, "program");
	text_copy(r.exec.exe, sizeof(r.exec.exe), "/srv/program");
	snprintf(r.exec.cgroup.v2, sizeof(r.exec.cgroup.v2), "/system.slice/%s.service", service);
	enrich_record(w->enrich, &r);
}

/* The event of its end with status 3. */
static inline const struct event *fail_in(struct world *w, uint32_t pid, const char *service)
{
	struct record death = death_of(w, pid, "program", 3 << 8);

	snprintf(death.death.cgroup.v2, sizeof(death.death.cgroup.v2), "/system.slice/%s.service", service);
	send_death(w, &death);
	assert_int_not_equal(w->count, 0);
	assert_int_equal(w->events[w->count - 1].kind, EVENT_EXIT_FAILURE);
	return &w->events[w->count - 1];
}

/* "SERVICE REMOTE;" of each. */
static inline void assert_calls_of(const struct event *e, const char *expected)
{
	char got[1024] = "";

	for (unsigned i = 0; i < e->call_count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s;", e->calls[i].service,
			e->calls[i].remote);
	assert_string_equal(got, expected);
}

static inline void assert_calls(struct world *w, uint32_t pid, const char *service, const char *expected)
{
	assert_calls_of(fail_in(w, pid, service), expected);
}

#endif
