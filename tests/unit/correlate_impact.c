/* SPDX-License-Identifier: Apache-2.0 */
/* How bad it is for a service, and how bad it was. */
#include "tests/unit/correlate_story.h"

/* Whether it is told as one, and how bad it is and was. */
static void assert_impact(const struct story *s, unsigned incidents, const char *worst, const char *now)
{
	struct results r;
	const json_t *row;

	judge(s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	row = json_array_get(json_object_get(r.incident, "services"), 0);
	assert_string_equal(text_at(row, "impact"), worst);
	assert_string_equal(text_at(row, "impact_now"), now);
	results_free(&r);
}

static void a_service_that_dies_at_each_start_is_down(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_marker(s, 600, "deploy", "checkout", "42");
	for (int i = 0; i < 20; i++)
		tell_crash(s, 601 + i, "checkout", "42", 0.5, 0);
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
	assert_string_equal(impact(r), "total");
}

static void so_is_one_that_had_lived_long_before(void **state)
{
	struct story *s = *state;

	tell_daily_life(s, 0, 600);
	tell_crash(s, 600, "wire", "", 500, 0);
	tell_crash(s, 605, "wire", "", 3, 0);
	assert_impact(s, 1, "partial", "partial");
	tell_crash(s, 611, "wire", "", 4, 0);
	assert_impact(s, 1, "total", "total");
}

static void what_does_not_fail_any_more(void **state)
{
	struct story *s = *state;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 5; i++)
		tell_crash(s, 600 + 30 * i, "wire", "", 500, 3);
	tell_daily_life(s, 721, 805);
	assert_impact(s, 1, "partial", "partial");
	tell_daily_life(s, 811, 860);
	assert_impact(s, 1, "partial", "none");
	tell_crash(s, 861, "wire", "", 500, 3);
	assert_impact(s, 1, "partial", "partial");
}

static void tell_kill(struct story *s, double second, double age)
{
	char start[CLOCK_TEXT_SIZE];

	clock_format((uint64_t)((NOON + second - age) * 1e9), start);
	tell(s, second, "kill",
		"\"service\":{\"name\":\"hub\",\"unit\":\"hub.service\",\"alive\":0},"
		"\"process\":{\"pid\":8,\"exe\":\"/srv/hub\",\"start\":\"%s\",\"age\":%f},"
		"\"signal\":{\"name\":\"SIGKILL\"},\"killer\":{\"class\":\"operator\",\"comm\":\"sh\"},"
		"\"fingerprint\":\"1:k\"",
		start, age);
}

/* It had been well until somebody killed it. */
static void what_somebody_kills_is_down_later(void **state)
{
	struct story *s = *state;

	tell_daily_life(s, 0, 600);
	tell_kill(s, 600, 500);
	tell_kill(s, 605, 3);
	tell_kill(s, 610, 3);
	assert_impact(s, 1, "partial", "partial");
	tell_kill(s, 615, 3);
	assert_impact(s, 1, "total", "total");
}

/* Its workers, who die with it, are no starts of their own. */
static void what_dies_twice_with_its_workers_is_not_down(void **state)
{
	struct story *s = *state;

	tell_daily_life(s, 0, 600);
	tell_crash(s, 600, "database", "", 500, 0);
	tell_crash(s, 608, "database", "", 6, 0);
	for (int i = 1; i < 6; i++)
		tell_crash(s, 608 + 0.01 * i, "database", "", 5, 0);
	assert_impact(s, 1, "partial", "partial");
}

/* It dies at once a few times; the one that lives then tells of something else by and by. */
static void a_service_that_lives_again_is_not_down(void **state)
{
	struct story *s = *state;
	char start[CLOCK_TEXT_SIZE];

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 4; i++)
		tell_crash(s, 600 + 2 * i, "checkout", "42", 0.5, 0);
	assert_impact(s, 1, "total", "total");
	clock_format((uint64_t)(NOON + 607) * 1000000000, start);
	for (int i = 1; i < 4; i++)
		tell(s, 607 + 9 * i, "exception",
			"\"service\":{\"name\":\"checkout\",\"unit\":\"checkout.service\"},"
			"\"process\":{\"pid\":99,\"start\":\"%s\"},\"exception\":{\"type\":\"KeyError\"},"
			"\"fingerprint\":\"1:other\"",
			start);
	assert_impact(s, 1, "total", "partial");
}

static void tell_listen(struct story *s, double second, const char *what, int listening)
{
	tell(s, second, "listen",
		"\"service\":{\"name\":\"shop\",\"unit\":\"shop.service\",\"listening\":%d},"
		"\"listen\":{\"state\":\"%s\",\"port\":80}",
		listening, what);
}

static void a_service_that_listens_no_more_is_down(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 120);
	tell_listen(&s, 120, "stopped", 0);
	tell_daily_life(&s, 121, 145);
	assert_impact(&s, 0, "", "");
	tell_daily_life(&s, 151, 160);
	assert_impact(&s, 1, "total", "total");
	tell_listen(&s, 170, "again", 1);
	assert_impact(&s, 1, "total", "partial");
	forget(&s);
	/* One that closes first and then ends. */
	tell_listen(&s, 120, "stopped", 0);
	tell_listen(&s, 140, "ended", 0);
	tell_daily_life(&s, 150, 400);
	assert_impact(&s, 0, "", "");
	forget(&s);
}

/* Nothing else happens on that host: time alone tells. */
static void a_deaf_service_in_silence(void **state)
{
	struct results r = {0};
	struct story *s = *state;
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	tell_listen(s, 120, "stopped", 0);
	give(e, s, NULL);
	engine_advance(e, (uint64_t)(NOON + 149) * 1000000000);
	assert_int_equal(engine_results(e, 0, take_result, &r), 0);
	assert_int_equal(r.incidents, 0);
	engine_advance(e, (uint64_t)(NOON + 150) * 1000000000);
	assert_int_equal(engine_results(e, 0, take_result, &r), 0);
	assert_int_equal(r.incidents, 1);
	results_free(&r);
	engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_service_that_dies_at_each_start_is_down),
		STORY_TEST(so_is_one_that_had_lived_long_before),
		STORY_TEST(what_does_not_fail_any_more),
		STORY_TEST(what_somebody_kills_is_down_later),
		STORY_TEST(what_dies_twice_with_its_workers_is_not_down),
		STORY_TEST(a_service_that_lives_again_is_not_down),
		cmocka_unit_test(a_service_that_listens_no_more_is_down),
		STORY_TEST(a_deaf_service_in_silence),
	};

	return cmocka_run_group_tests_name("correlate_impact", tests, NULL, NULL);
}
