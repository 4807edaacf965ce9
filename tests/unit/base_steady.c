/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/steady.h"

#define NOON   (1790000000 * NS_PER_SEC)
#define MINUTE (60 * NS_PER_SEC)
#define YEAR   (365 * 24 * 60 * MINUTE)

static void jumps_ahead(void **state)
{
	struct steady s = {0};

	(void)state;
	assert_int_equal(steady_time(&s, NOON, MINUTE), NOON);
	assert_int_equal(steady_time(&s, NOON + MINUTE, 2 * MINUTE), NOON + MINUTE);
	/* As far as any clock is put right. */
	assert_int_equal(steady_time(&s, NOON + 6 * MINUTE, 3 * MINUTE), NOON + 6 * MINUTE);
	/* Not believed, and over. */
	assert_int_equal(steady_time(&s, NOON + YEAR, 4 * MINUTE), NOON + 7 * MINUTE);
	assert_int_equal(steady_time(&s, NOON + YEAR, 30 * MINUTE), NOON + 33 * MINUTE);
	assert_int_equal(steady_time(&s, NOON + 34 * MINUTE, 31 * MINUTE), NOON + 34 * MINUTE);
	/* One that stays is right at last. */
	assert_int_equal(steady_time(&s, NOON + YEAR, 32 * MINUTE), NOON + 35 * MINUTE);
	assert_int_equal(steady_time(&s, NOON + YEAR, 90 * MINUTE), NOON + 93 * MINUTE);
	assert_int_equal(steady_time(&s, NOON + YEAR, 91 * MINUTE), NOON + YEAR);
	assert_int_equal(steady_time(&s, NOON + YEAR + MINUTE, 92 * MINUTE), NOON + YEAR + MINUTE);
}

static void goes_back(void **state)
{
	struct steady s = {0};

	(void)state;
	assert_int_equal(steady_time(&s, NOON, MINUTE), NOON);
	assert_int_equal(steady_time(&s, NOON - YEAR, 2 * MINUTE), NOON - YEAR);
	assert_int_equal(steady_time(&s, NOON, 3 * MINUTE), NOON - YEAR + MINUTE);
}

/* A host that slept: the other clock went on. */
static void sleeps(void **state)
{
	struct steady s = {0};

	(void)state;
	assert_int_equal(steady_time(&s, NOON, MINUTE), NOON);
	assert_int_equal(steady_time(&s, NOON + YEAR, YEAR + MINUTE), NOON + YEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jumps_ahead),
		cmocka_unit_test(goes_back),
		cmocka_unit_test(sleeps),
	};

	return cmocka_run_group_tests_name("base_steady", tests, NULL, NULL);
}
