/* SPDX-License-Identifier: Apache-2.0 */
/* What was done, whether it helped, and what that says of the next time. */
#include "tests/unit/correlate_story.h"

#define HOUR 3600

/* A release that breaks after a delay, and what is done about it three minutes later. */
static void tell_incident(
	struct story *s, double second, double delay, const char *version, const char *done, double goes_on)
{
	tell_marker(s, second, "deploy", "checkout", version);
	for (double after = 0; after < 180 + goes_on; after += 12)
		tell_crash(s, second + delay + after, "checkout", "", 2, 2);
	if (done)
		tell_marker(
			s, second + delay + 180, done, "checkout", strcmp(done, "rollback") == 0 ? "1" : "");
	tell_daily_life(s, second + delay + 400 + goes_on, second + delay + 1400 + goes_on);
}

static const json_t *estimate(const struct results *r, const char *key)
{
	return json_object_get(json_object_get(r->incident, "advice"), key);
}

static double number(const json_t *root, const char *key)
{
	return json_number_value(json_object_get(root, key));
}

static const char *result_of(const struct results *r, size_t n)
{
	return text_at(json_array_get(json_object_get(r->incident, "actions"), n), "result");
}

/* Two rollbacks that took a minute and half a minute say how long the third will take. */
static void estimates_come_from_earlier_cases(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", "rollback", 60);
	tell_incident(s, 3 * HOUR, 5, "3", "rollback", 36);
	tell_incident(s, 6 * HOUR, 5, "4", NULL, 0);
	r = judged(s);
	assert_string_equal(text_at(estimate(r, "restore_estimate"), "action"), "rollback");
	assert_int_equal((int)number(estimate(r, "restore_estimate"), "cases"), 2);
	assert_int_equal((int)number(estimate(r, "restore_estimate"), "helped"), 2);
	assert_int_equal((int)number(estimate(r, "restore_estimate"), "seconds"), 48);
	assert_int_equal((int)number(estimate(r, "fix_estimate"), "cases"), 2);
	assert_int_equal((int)number(estimate(r, "fix_estimate"), "seconds"), 228);
}

static void without_history_there_is_no_estimate(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", NULL, 0);
	r = judged(s);
	assert_true(json_is_null(estimate(r, "restore_estimate")));
	assert_true(json_is_null(estimate(r, "fix_estimate")));
	assert_int_equal(json_array_size(json_object_get(r->incident, "actions")), 0);
}

/* It crashes as often after the rollback: not its fault, and nothing to advise again. */
static void what_did_not_help_is_not_advised_again(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", "rollback", 600);
	r = judged(s);
	assert_string_equal(result_of(r, 0), "failed");
	assert_string_not_equal(text_at(json_object_get(r->incident, "advice"), "action"), "rollback");
	assert_non_null(strstr(buf_text(&r->text), "it went on after the rollback"));
}

static void what_helped_is_said(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", "rollback", 0);
	r = judged(s);
	assert_string_equal(result_of(r, 0), "helped");
	assert_verdict(r, "marker", "rollback");
	assert_non_null(strstr(buf_text(&r->text), "it stopped at the rollback"));
	assert_non_null(strstr(buf_text(&r->text), "the rollback helped"));
}

/* A rollback that seldom helps: nobody knows how long it takes. */
static void actions_that_fail_are_counted(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", "rollback", 600);
	tell_incident(s, 4 * HOUR, 5, "3", "rollback", 0);
	tell_incident(s, 8 * HOUR, 5, "4", NULL, 0);
	r = judged(s);
	assert_true(json_is_null(estimate(r, "restore_estimate")));
}

/* The bug came out again with the second release, and went with the third. */
static void what_failed_until_the_next_did_not_help(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", NULL, 0);
	tell_marker(s, 900, "deploy", "checkout", "3");
	for (int n = 0; n < 12; n++)
		tell_crash(s, 901 + 2 * n, "checkout", "3", 2, 2);
	tell_marker(s, 926, "deploy", "checkout", "4");
	tell_daily_life(s, 930, 2400);
	r = judged(s);
	assert_string_equal(result_of(r, 0), "failed");
	assert_string_equal(result_of(r, 1), "helped");
}

static void tell_no_value(struct story *s, double second)
{
	tell(s, second, "exception",
		"\"service\":{\"name\":\"mailer\",\"unit\":\"mailer.service\",\"alive\":1},\"count\":5,"
		"\"process\":{\"pid\":77,\"exe\":\"/usr/bin/python3\",\"age\":900},\"exception\":{\"type\":"
		"\"ValueError\",\"message\":\"/etc/smtp-gateway/main.conf: no value in the line 'port='\"},"
		"\"fingerprint\":\"4:value\"");
}

static void tell_written(struct story *s, double second)
{
	tell(s, second, "marker",
		"\"marker\":{\"kind\":\"config\",\"service\":\"smtp-gateway\",\"source\":\"inferred\","
		"\"evidence\":"
		"\"/etc/smtp-gateway/main.conf was written\"}");
}

/* The folder of the settings has another name than the service that reads them. */
static void settings_of_another_name_are_put_back(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_written(s, 4000);
	for (int n = 0; n < 20; n++)
		tell_no_value(s, 4003 + 3 * n);
	tell_written(s, 4064);
	tell_daily_life(s, 4066, 4200);
	r = judged(s);
	assert_verdict(r, "marker", "revert_config");
	assert_string_equal(result_of(r, 0), "helped");
	assert_non_null(strstr(buf_text(&r->text), "the config helped: leave it so"));
}

/* Quiet for ten minutes, and then the same again: the rollback was no help. */
static void what_comes_back_was_not_helped(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	tell_incident(s, 600, 5, "2", "rollback", 0);
	for (int n = 0; n < 5; n++)
		tell_crash(s, 600 + 185 + 900 + 12 * n, "checkout", "", 2, 2);
	tell_daily_life(s, 3000, 4000);
	tell_incident(s, 4 * HOUR, 5, "3", NULL, 0);
	r = judged(s);
	assert_int_equal(r->incidents, 3);
	assert_non_null(strstr(buf_text(&r->text), "\"result\":\"failed\""));
	assert_true(json_is_null(estimate(r, "restore_estimate")));
	assert_int_equal((int)number(estimate(r, "fix_estimate"), "cases"), 2);
}

static double time_weight(int cases)
{
	struct story s = {0};
	struct results r;
	const json_t *suspect = NULL, *evidence;
	double weight = 0;
	size_t at;
	char version[8];

	tell_daily_life(&s, 0, 600);
	for (int n = 0; n < cases; n++) {
		snprintf(version, sizeof(version), "%d", n + 2);
		tell_incident(&s, 600 + n * 4 * HOUR, 1200, version, "rollback", 0);
	}
	tell_incident(&s, 600 + cases * 4 * HOUR, 1200, "9", NULL, 0);
	judge(&s, NULL, &r);
	json_array_foreach(json_object_get(r.incident, "suspects"), at,
		suspect) if (strcmp(text_at(suspect, "subject"), "deploy checkout 9") == 0) break;
	assert_non_null(suspect);
	evidence = json_object_get(suspect, "evidence");
	for (size_t n = 0; n < json_array_size(evidence); n++)
		if (strcmp(text_at(json_array_get(evidence, n), "row"), "time_at_once") == 0)
			weight = number(json_array_get(evidence, n), "weight");
	results_free(&r);
	forget(&s);
	return weight;
}

/* Where releases break after twenty minutes, twenty minutes are no excuse. */
static void delays_are_learned(void **state)
{
	(void)state;
	assert_true(time_weight(3) > time_weight(0) + 1);
	assert_true(time_weight(2) < time_weight(0) + 0.05);
}

static uint64_t time_of(const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	uint64_t time;

	assert_int_equal(clock_parse(text_at(event, "time"), 0, &time), 0);
	json_decref(event);
	return time;
}

/* Two services whose incidents end within minutes of each other, while nothing else happens: with a clock
 * that ticks in between the same comes out as with one that is only moved by the events. */
static void the_steps_of_time_change_nothing(void **state)
{
	struct story *s = *state;
	struct results whole, r = {0};
	struct engine *e;
	uint64_t until;
	size_t size;

	tell_daily_life(s, 0, 600);
	for (int n = 0; n < 4; n++) {
		double second = 600 + n * 4 * HOUR;

		tell_marker(s, second, "deploy", "billing", n % 2 ? "b" : "a");
		for (int x = 0; x < 8; x++)
			tell_crash(s, second + 300 + 40 * x, "billing", "", 2, 2);
		tell_incident(s, second + 700, 5, n % 2 ? "2" : "3", "rollback", 30);
		tell_marker(s, second + 2500, "rollback", "billing", "z");
	}
	judge(s, NULL, &whole);
	assert_int_equal(engine_new(&e), 0);
	for (unsigned n = 0; n < s->count; n++) {
		uint64_t time = time_of(s->events[n]);
		uint64_t next = n + 1 < s->count ? time_of(s->events[n + 1]) : time;

		assert_int_equal(engine_event(e, s->events[n], strlen(s->events[n])), 0);
		for (; time < next; time += 7000000000) {
			engine_advance(e, time);
			engine_save(e, &size, &until);
		}
	}
	engine_finish(e);
	assert_int_equal(engine_results(e, 0, take_result, &r), 0);
	assert_string_equal(buf_text(&r.text), buf_text(&whole.text));
	engine_free(e);
	results_free(&r);
	results_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(estimates_come_from_earlier_cases),
		STORY_TEST(without_history_there_is_no_estimate),
		STORY_TEST(what_did_not_help_is_not_advised_again),
		STORY_TEST(what_helped_is_said),
		STORY_TEST(actions_that_fail_are_counted),
		STORY_TEST(what_comes_back_was_not_helped),
		STORY_TEST(what_failed_until_the_next_did_not_help),
		STORY_TEST(settings_of_another_name_are_put_back),
		cmocka_unit_test(delays_are_learned),
		STORY_TEST(the_steps_of_time_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
