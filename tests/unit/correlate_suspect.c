/* SPDX-License-Identifier: Apache-2.0 */
/* Who is blamed where several could be. */
#include "tests/unit/correlate_story.h"

/* The release a minute before is a decoy; so is the refused connection that follows. */
static void an_operator_begins_it(void **state)
{
	struct story s = {0};
	struct results r;

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell_marker(&s, 3940, "deploy", "checkout", "42");
	tell(&s, 4000, "kill",
		"\"service\":{\"name\":\"redis\",\"alive\":0},\"signal\":{\"name\":\"SIGKILL\"},"
		"\"fingerprint\":\"1:k\",\"killer\":{\"comm\":\"bash\",\"class\":\"operator\"}");
	for (int i = 1; i < 9; i++)
		tell(&s, 4000 + i, "connect_failure",
			"\"service\":{\"name\":\"checkout\"},\"remote\":\"127.0.0.1:6379\",\"errno\":"
			"\"ECONNREFUSED\",\"count\":2");
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	assert_verdict(&r, "operator", "find_operator");
	results_free(&r);
	forget(&s);
}

/* It accepts and never answers: only the programs' words tell. */
static void a_third_party_that_hangs(void **state)
{
	struct story s = {0};
	struct results r;

	(void)state;
	tell_daily_life(&s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell(&s, 600 + i, "exception",
			"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"TimeoutError\","
			"\"message\":\"timed out\"},\"count\":2",
			i % 2 ? "checkout" : "search");
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	assert_verdict(&r, "third_party", "isolate_third_party");
	results_free(&r);
	forget(&s);
}

/* Told in lumps, the first of them in the first minute, as always. */
static void lumps_are_no_rise(void **state)
{
	struct story s = {0};
	struct results r;

	(void)state;
	tell_daily_life(&s, 0, 2600);
	for (int second = 10; second < 2600; second += 130)
		tell(&s, second, "exception",
			"\"service\":{\"name\":\"web\"},\"exception\":{\"type\":\"KeyError\"},\"count\":60");
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 0);
	results_free(&r);
	forget(&s);
}

/* Crashes of 41 end with 42 and are back with 43, which nobody declared. */
static void what_comes_back_is_blamed_on_what_brought_it_back(void **state)
{
	struct story s = {0};
	struct results r;

	(void)state;
	tell_daily_life(&s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell_crash(&s, 600 + 3 * i, "checkout", "", 2, 2);
	tell_marker(&s, 640, "deploy", "checkout", "42");
	tell_daily_life(&s, 700, 4000);
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"43\","
		"\"source\":\"inferred\"}");
	for (int i = 1; i < 10; i++)
		tell_crash(&s, 4000 + 3 * i, "checkout", "", 2, 2);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 2);
	assert_string_equal(text_at(r.incident, "cause"), "marker");
	assert_string_equal(first_subject(&r), "deploy checkout 43");
	results_free(&r);
	forget(&s);
}

/* Going back is noticed as a release, and is the rollback that was declared. */
static void a_rollback_that_is_noticed(void **state)
{
	struct story s = {0};
	struct results r;

	(void)state;
	tell_daily_life(&s, 0, 1000);
	tell_marker(&s, 1000, "deploy", "checkout", "41");
	tell_daily_life(&s, 1001, 4000);
	tell_marker(&s, 4000, "deploy", "checkout", "42");
	for (int i = 1; i < 60; i++)
		tell_crash(&s, 4000 + 3 * i, "checkout", "", 2, 2);
	tell(&s, 4181, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"41\","
		"\"source\":\"inferred\"}");
	tell_daily_life(&s, 4200, 4900);
	judge(&s, NULL, &r);
	assert_verdict(&r, "marker", "rollback");
	assert_string_equal(first_subject(&r), "deploy checkout 42");
	assert_non_null(strstr(buf_text(&r.text), "it stopped at the rollback"));
	results_free(&r);
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operator_begins_it),
		cmocka_unit_test(a_third_party_that_hangs),
		cmocka_unit_test(lumps_are_no_rise),
		cmocka_unit_test(what_comes_back_is_blamed_on_what_brought_it_back),
		cmocka_unit_test(a_rollback_that_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
