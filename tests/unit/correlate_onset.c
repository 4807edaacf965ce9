/* SPDX-License-Identifier: Apache-2.0 */
/* Since when it failed, what is unheard of, and what speaks of the thing that was changed. */
#include "tests/unit/correlate_story.h"

static void tell_failure(
	struct story *s, double second, const char *service, const char *type, const char *message, int count)
{
	tell(s, second, "exception",
		"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"%s\",\"message\":\"%s\"},"
		"\"fingerprint\":\"1:%s\",\"count\":%d",
		service, type, message, type, count);
}

static void tell_change(struct story *s, double second, const char *kind, const char *service,
	const char *note, const char *evidence)
{
	tell(s, second, "marker",
		"\"marker\":{\"kind\":\"%s\",\"service\":\"%s\",\"source\":\"declared\",\"note\":\"%s\","
		"\"evidence\":\"%s\"}",
		kind, service, note, evidence);
}

/* The first failure was too little to be told; the release came between it and the second. */
static void what_began_before_a_release_is_not_its_fault(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_failure(s, 4000, "archive", "OSError", "No space left on device", 1);
	tell_marker(s, 4020, "deploy", "archive", "42");
	for (int i = 1; i < 9; i++)
		tell_failure(s, 4020 + i, "archive", "OSError", "No space left on device", 2);
	r = judged(s);
	assert_verdict(r, "resource", "free_resource");
	assert_non_null(strstr(text_at(r->incident, "started"), "23:20:00"));
}

/* Minutes apart, which is no rate. */
static void three_refusals_of_a_provider_in_ten_minutes(const char *remote, unsigned incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 3; i++)
		tell(&s, 5000 + 250 * i, "connect_failure",
			"\"service\":{\"name\":\"checkout\"},\"remote\":\"%s\",\"errno\":\"ECONNREFUSED\","
			"\"count\":1",
			remote);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void a_provider_that_never_failed_needs_no_rate(void **state)
{
	(void)state;
	three_refusals_of_a_provider_in_ten_minutes("198.51.100.7:443", 1);
	three_refusals_of_a_provider_in_ten_minutes("127.0.0.1:443", 0);
}

/* Two services that lose the same name, after the change of the name server or without one. */
static void lookups(bool changed, const char *cause)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	if (changed)
		tell_change(&s, 4990, "infra", "host", "", "/etc/resolv.conf was written");
	for (int i = 0; i < 9; i++)
		tell_failure(&s, 5000 + i, i % 2 ? "mail" : "refunds", i % 2 ? "gaierror" : "SocketError",
			"Temporary failure in name resolution", 2);
	judge(&s, NULL, &r);
	assert_string_equal(text_at(r.incident, "cause"), cause);
	results_free(&r);
	forget(&s);
}

static void a_name_server_that_was_changed(void **state)
{
	(void)state;
	lookups(true, "marker");
	lookups(false, "third_party");
}

/* The server does not fail, its client does not trust it any more. */
static void a_certificate_that_the_client_does_not_trust(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell_change(s, 4990, "config", "nginx", "", "/etc/nginx/tls.pem was written");
	for (int i = 0; i < 9; i++)
		tell_failure(s, 5000 + i, "refunds", "SSLError", "certificate verify failed", 2);
	r = judged(s);
	assert_verdict(r, "marker", "revert_config");
}

/* It was rolled back, and what was started since fails like that, too: it was the configuration. */
static void what_fails_after_going_back_was_not_the_release(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell_change(s, 4900, "config", "geo", "", "/etc/geo.conf was written");
	tell_marker(s, 5000, "deploy", "geo", "19");
	for (int i = 1; i < 6; i++)
		tell_crash(s, 5000 + 3 * i, "geo", "19", 1, 0);
	tell_marker(s, 5020, "rollback", "geo", "18");
	for (int i = 1; i < 6; i++)
		tell_crash(s, 5022 + 3 * i, "geo", "18", 1, 0);
	r = judged(s);
	assert_verdict(r, "marker", "revert_config");
}

/* A command that is asked again and again, and ends with its answer. */
static void answers_of(int count, unsigned incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < count; i++)
		tell(&s, 5000 + 2 * i, "exit_failure",
			"\"service\":{\"name\":\"import\",\"unit\":\"import.service\",\"alive\":2},"
			"\"process\":{\"pid\":7,\"exe\":\"/bin/x\",\"role\":\"command\",\"age\":1},"
			"\"exit\":{\"status\":75},\"fingerprint\":\"1:x\"");
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void answers_are_no_failures(void **state)
{
	(void)state;
	answers_of(4, 0);
	answers_of(40, 0);
}

/* Its master kills the workers that a supervisor's signal did not end; one that was started since is another
 * matter. */
static void killed_workers(double started, unsigned incidents)
{
	struct story s = {0};
	struct results r;
	char start[CLOCK_TEXT_SIZE];

	tell_daily_life(&s, 0, 5000);
	tell(&s, 5000, "kill",
		"\"service\":{\"name\":\"booth\",\"alive\":6},\"signal\":{\"name\":\"SIGTERM\"},"
		"\"killer\":{\"comm\":\"systemd\",\"class\":\"supervisor\"}");
	clock_format((uint64_t)((NOON + started) * 1e9), start);
	for (int i = 1; i < 9; i++)
		tell(&s, 5001 + 0.1 * i, "exit_failure",
			"\"service\":{\"name\":\"booth\",\"unit\":\"booth.service\",\"alive\":2},"
			"\"process\":{\"pid\":%d,\"role\":\"worker\",\"start\":\"%s\",\"age\":100},"
			"\"exit\":{\"status\":1},\"fingerprint\":\"1:w\"",
			100 + i, start);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void what_a_supervisor_stops_may_end_as_it_will(void **state)
{
	(void)state;
	killed_workers(4000, 0);
	killed_workers(5000.5, 1);
}

/* Every quarter of an hour or less often: one story, not three. */
static void what_fails_seldom_is_one_incident(void **state)
{
	static const int minutes[] = {15, 30, 45, 68, 83, 98, 140};
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell_marker(s, 5000, "deploy", "relay", "32");
	for (size_t i = 0; i < sizeof(minutes) / sizeof(*minutes); i++)
		tell_failure(s, 5000 + 60 * minutes[i], "relay", "RangeError", "index", 1);
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
}

/* Its client asks a server that is started anew, for so many seconds. */
static void refused_for(int seconds, const char *remote, unsigned incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	tell_marker(&s, 5000, "deploy", "stock", "42");
	for (int i = 0; i < seconds; i++)
		tell(&s, 5000.5 + i, "connect_failure",
			"\"service\":{\"name\":\"shop\"},\"remote\":\"%s\",\"errno\":\"ECONNREFUSED\","
			"\"count\":4",
			remote);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	if (incidents)
		assert_non_null(strstr(text_at(r.incident, "started"), "23:36:40"));
	results_free(&r);
	forget(&s);
}

static void who_asks_during_a_restart_has_to_ask_again(void **state)
{
	(void)state;
	refused_for(6, "127.0.0.1:8080", 0);
	refused_for(14, "127.0.0.1:8080", 1);
	refused_for(6, "198.51.100.7:8080", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(what_began_before_a_release_is_not_its_fault),
		cmocka_unit_test(a_provider_that_never_failed_needs_no_rate),
		cmocka_unit_test(a_name_server_that_was_changed),
		STORY_TEST(a_certificate_that_the_client_does_not_trust),
		STORY_TEST(what_fails_after_going_back_was_not_the_release),
		cmocka_unit_test(answers_are_no_failures),
		cmocka_unit_test(what_a_supervisor_stops_may_end_as_it_will),
		STORY_TEST(what_fails_seldom_is_one_incident),
		cmocka_unit_test(who_asks_during_a_restart_has_to_ask_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
