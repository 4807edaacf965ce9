/* SPDX-License-Identifier: Apache-2.0 */
/* What is a failure of a service, what belongs to it, and since when a change was in force. */
#include "tests/unit/correlate_story.h"

/* A death of a process of a unit: what it was to who started it, and how long it lived. */
static void tell_exit(
	struct story *s, double second, const char *unit, const char *role, double age, int alive)
{
	tell(s, second, "exit_failure",
		"\"service\":{\"name\":\"runner\",\"unit\":\"%s\",\"alive\":%d%s},"
		"\"process\":{\"pid\":7,\"exe\":\"/bin/x\",\"role\":\"%s\",\"age\":%f},"
		"\"exit\":{\"status\":3},\"exception\":{\"type\":\"E\",\"message\":\"m\"},\"fingerprint\":"
		"\"1:x\"",
		unit, alive, strstr(unit, "session-") ? ",\"user\":\"1000\"" : "", role, age);
}

static void exits_of(const char *unit, const char *role, double age, int incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 4000);
	for (int i = 0; i < 3; i++)
		tell_exit(&s, 4000 + 100 * i, unit, role, age, 2);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

/* Apart enough to be no rate: only who failed makes the difference. */
static void commands_are_no_service(void **state)
{
	(void)state;
	exits_of("runner.service", "worker", 2, 1);
	exits_of("runner.service", "main", 2, 1);
	exits_of("runner.service", "command", 2, 0);
	exits_of("runner.service", "script", 2, 0);
	exits_of("runner.service", "script", 4000, 1);
	exits_of("session-4.scope", "script", 2, 0);
	exits_of("session-4.scope", "", 4000, 0);
	exits_of("run-r12.scope", "main", 2, 0);
}

static void crashes_of(double age, int incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 4000);
	for (int i = 0; i < 4; i++)
		tell(&s, 4000 + 60 * i, "crash",
			"\"service\":{\"name\":\"server\",\"unit\":\"session-4.scope\",\"user\":\"1000\","
			"\"alive\":1},"
			"\"process\":{\"pid\":7,\"age\":%f},\"signal\":{\"name\":\"SIGSEGV\"},"
			"\"fingerprint\":\"1:s\"",
			age);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void what_runs_for_long_in_a_terminal_is_as_good_as_a_service(void **state)
{
	(void)state;
	crashes_of(3, 0);
	crashes_of(3600, 1);
}

/* One connection each, seconds after a backend died; a slow one has another cause. */
static void who_lost_the_dead_is_part_of_it(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_crash(s, 4000, "postgresql", "", 3600, 3);
	tell_crash(s, 4001, "postgresql", "", 1, 3);
	tell(s, 4001.5, "exception",
		"\"service\":{\"name\":\"checkout\"},\"exception\":{\"type\":\"PG::ConnectionBad\","
		"\"message\":\"server closed the connection unexpectedly\"},\"fingerprint\":\"1:c\"");
	tell(s, 4001.5, "exception",
		"\"service\":{\"name\":\"web\"},\"exception\":{\"type\":\"TimeoutError\",\"message\":\"timed "
		"out\"},"
		"\"fingerprint\":\"1:t\"");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_non_null(strstr(buf_text(&r->text), "\"checkout\""));
	assert_null(strstr(buf_text(&r->text), "\"name\":\"web\""));
}

/* Hours after it was written, at the first start. */
static void resets_in(const char *tcp_state, unsigned incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 10; i++)
		tell(&s, 5000 + i, "tcp_reset",
			"\"service\":{\"name\":\"shop\"},\"direction\":\"received\",\"remote\":\"127.0.0.1:"
			"443\","
			"\"state\":\"%s\",\"count\":2",
			tcp_state);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

/* TLS takes its leave of who has closed already. */
static void who_had_closed_had_said_all(void **state)
{
	(void)state;
	resets_in("ESTABLISHED", 1);
	resets_in("CLOSE_WAIT", 0);
}

static void a_setting_is_in_force_from_the_next_start_on(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 6000);
	tell_marker(s, 8000, "config", "checkout", "");
	tell(s, 30000, "marker",
		"\"marker\":{\"kind\":\"restart\",\"service\":\"checkout\",\"source\":\"inferred\"}");
	for (int i = 1; i < 9; i++)
		tell_crash(s, 30000 + i, "checkout", "", 1, 0);
	r = judged(s);
	assert_verdict(r, "marker", "revert_config");
	assert_string_equal(first_subject(r), "config checkout");
}

/* A job that fails once, of which nobody lost a connection, and a service that ends. */
static void a_job_is_no_service_that_ends(void **state)
{
	static const struct {
		double age;
		const char *listening;
		int incidents;
	} ends[] = {{0.02, "", 0}, {0.02, ",\"listening\":0", 1}, {400, "", 1}};

	(void)state;
	for (size_t n = 0; n < sizeof(ends) / sizeof(*ends); n++) {
		struct story s = {0};
		struct results r;

		tell_daily_life(&s, 0, 4000);
		tell(&s, 4000, "exit_failure",
			"\"service\":{\"name\":\"job\",\"unit\":\"job.service\",\"alive\":0%s},"
			"\"process\":{\"pid\":7,\"role\":\"main\",\"age\":%f},\"exit\":{\"status\":1},"
			"\"fingerprint\":\"1:j\"",
			ends[n].listening, ends[n].age);
		tell(&s, 4003, "exception",
			"\"service\":{\"name\":\"web\"},\"exception\":{\"type\":\"E\","
			"\"message\":\"connection reset\"},\"fingerprint\":\"1:t\"");
		judge(&s, NULL, &r);
		assert_int_equal(r.incidents, ends[n].incidents);
		assert_int_equal(strstr(buf_text(&r.text), "\"name\":\"web\"") != NULL, ends[n].incidents);
		results_free(&r);
		forget(&s);
	}
}

/* The supervisor's start after the first death took nothing up that the death was of. */
static void a_start_after_the_failure_took_nothing_up(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 6000);
	tell_marker(s, 7880, "config", "checkout", "");
	for (int i = 0; i < 8; i++)
		tell_crash(s, 8000 + 2 * i, "checkout", "", 1, 0);
	tell(s, 8001, "marker",
		"\"marker\":{\"kind\":\"restart\",\"service\":\"checkout\",\"source\":\"inferred\"}");
	r = judged(s);
	assert_null(strstr(buf_text(&r->text), "after the start that took it up"));
}

/* One request in many: minutes apart, of a kind that no hour before had. */
static void what_a_release_brings_is_told_of_at_its_second_time(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 6000);
	tell_marker(s, 6000, "deploy", "checkout", "42");
	for (int i = 1; i < 4; i++)
		tell(s, 6000 + 700 * i, "exception",
			"\"service\":{\"name\":\"checkout\"},\"exception\":{\"type\":\"KeyError\"},"
			"\"fingerprint\":\"1:k\"");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_verdict(r, "marker", "rollback");
}

/* The supervisor's starts are told of once a minute: the next death tells when it had been back. */
static void a_start_that_shows_late_takes_total_back(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_crash(s, 4000, "checkout", "", 3600, 0);
	tell_daily_life(s, 4000, 4100);
	tell_crash(s, 4100, "checkout", "", 98, 0);
	tell_daily_life(s, 4100, 4200);
	tell_crash(s, 4200, "checkout", "", 99, 0);
	tell_daily_life(s, 4200, 4300);
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_non_null(strstr(buf_text(&r->text), "\"impact\":\"partial\""));
}

/* A worker ends with a status, the start of its service is noticed or not, and a client loses a connection.
 */
static void ends_before(const char *role, const char *marker, int incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 4000);
	tell(&s, 4000, "exit_failure",
		"\"service\":{\"name\":\"base\",\"unit\":\"base.service\",\"alive\":3},\"process\":{\"pid\":"
		"7,"
		"\"role\":\"%s\",\"age\":900},\"exit\":{\"status\":1},\"fingerprint\":\"1:w\"",
		role);
	if (marker)
		tell(&s, 4000.02, "marker",
			"\"marker\":{\"kind\":\"%s\",\"service\":\"base\",\"source\":\"inferred\"}", marker);
	tell(&s, 4008, "connect_failure",
		"\"service\":{\"name\":\"web\"},\"remote\":\"127.0.0.1:80\",\"errno\":\"ECONNREFUSED\","
		"\"calls\":[{\"service\":\"base\",\"remote\":\"127.0.0.1:80\"}]");
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void a_worker_ends_as_its_service_is_started_again(void **state)
{
	(void)state;
	ends_before("worker", NULL, 1);
	ends_before("worker", "restart", 0);
	ends_before("worker", "config", 1);
	ends_before("main", "restart", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_no_service),
		cmocka_unit_test(what_runs_for_long_in_a_terminal_is_as_good_as_a_service),
		cmocka_unit_test(who_had_closed_had_said_all),
		STORY_TEST(who_lost_the_dead_is_part_of_it),
		STORY_TEST(a_setting_is_in_force_from_the_next_start_on),
		STORY_TEST(a_start_after_the_failure_took_nothing_up),
		cmocka_unit_test(a_job_is_no_service_that_ends),
		STORY_TEST(what_a_release_brings_is_told_of_at_its_second_time),
		STORY_TEST(a_start_that_shows_late_takes_total_back),
		cmocka_unit_test(a_worker_ends_as_its_service_is_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
