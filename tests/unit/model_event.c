/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of events, and what is missing in one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "model/event.h"

static void kinds_have_names_both_ways(void **state)
{
	(void)state;
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		assert_int_equal(event_kind_parse(event_kind_name((enum event_kind)kind)), kind);
	assert_string_equal(event_kind_name(EVENT_CRASH), "crash");
	assert_string_equal(event_kind_name(EVENT_GAP), "gap");
	assert_int_equal(event_kind_parse(""), -EINVAL);
	assert_int_equal(event_kind_parse("Crash"), -EINVAL);
	assert_int_equal(event_kind_parse("crash "), -EINVAL);
}

static void deaths_are_four(void **state)
{
	(void)state;
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		assert_int_equal(event_is_death((enum event_kind)kind),
			kind == EVENT_CRASH || kind == EVENT_OOM_KILL || kind == EVENT_KILL ||
				kind == EVENT_EXIT_FAILURE);
}

static void missing_is_bounded(void **state)
{
	static struct event event;

	(void)state;
	event_missing_add(&event, "stack", "no such probe");
	assert_string_equal(event.missing[0].what, "stack");
	assert_string_equal(event.missing[0].why, "no such probe");
	for (int i = 0; i < 2 * EVENT_MISSING_MAX; i++)
		event_missing_add(&event, "exe", "gone");
	assert_int_equal(event.missing_count, EVENT_MISSING_MAX);
	assert_string_equal(event.missing[0].what, "stack");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_names_both_ways),
		cmocka_unit_test(deaths_are_four),
		cmocka_unit_test(missing_is_bounded),
	};

	return cmocka_run_group_tests_name("model_event", tests, NULL, NULL);
}
