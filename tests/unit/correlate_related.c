/* SPDX-License-Identifier: Apache-2.0 */
/* Services that have connections with each other: whose change it was, and which failures are one incident.
 */
#include "tests/unit/correlate_story.h"

static void tell_failure(
	struct story *s, double second, const char *service, const char *message, const char *calls)
{
	tell(s, second, "exception",
		"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"TypeError\",\"message\":\"%s\"},"
		"\"fingerprint\":\"1:t\",\"count\":3%s",
		service, message, calls);
}

#define CALLS_RELAY ",\"calls\":[{\"service\":\"relay\",\"remote\":\"127.0.0.1:80\"}]"
#define CALLED_BY   ",\"callers\":[{\"service\":\"web\"}]"

/* Its own release had gone well for twelve minutes. */
static void a_release_of_whom_it_calls(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell_marker(s, 5000, "deploy", "feed", "2");
	tell_marker(s, 5720, "deploy", "relay", "32");
	for (int i = 1; i < 9; i++)
		tell_failure(s, 5722 + i, "feed", "no price", CALLS_RELAY);
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
	assert_string_equal(first_subject(r), "deploy relay 32");
}

static void blame_for(const char *calls, const char *cause)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	tell_marker(&s, 5000, "deploy", "web", "3");
	for (int i = 1; i < 9; i++)
		tell_failure(&s, 5005 + i, "api", "no sku", calls);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	assert_string_equal(text_at(r.incident, "cause"), cause);
	results_free(&r);
	forget(&s);
}

static void a_release_of_who_calls_it(void **state)
{
	(void)state;
	blame_for(CALLED_BY, "marker");
	blame_for("", "unknown");
	blame_for(",\"callers\":[[{\"service\":\"web\"}],7,null,{\"service\":{}}],\"calls\":{}", "unknown");
}

/* It accepts and never answers: the address is known by the connections that there are. */
static void the_only_peer_elsewhere_is_meant(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	for (int i = 1; i < 9; i++)
		tell_failure(s, 5005 + i, "api", "read timed out",
			",\"calls\":[{\"remote\":\"198.51.100.7:443\",\"remote_name\":\"pay.example.org\"}]");
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "pay.example.org (198.51.100.7:443)");
}

/* Half a minute after a death that nothing else joins with it. */
static void who_fails_with_whom_it_calls_is_one_incident(const char *calls, unsigned incidents)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 3; i++)
		tell_crash(&s, 5000 + 10 * i, "relay", "", 9, 0);
	for (int i = 0; i < 4; i++)
		tell_failure(&s, 5035 + i, "feed", "no price", calls);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, incidents);
	results_free(&r);
	forget(&s);
}

static void related_failures_are_one_incident(void **state)
{
	(void)state;
	who_fails_with_whom_it_calls_is_one_incident(CALLS_RELAY, 1);
	who_fails_with_whom_it_calls_is_one_incident("", 2);
}

static void tell_death(struct story *s, double second, const char *callers)
{
	tell(s, second, "crash",
		"\"service\":{\"name\":\"shop\",\"alive\":3},\"process\":{\"pid\":%u,\"exe\":\"/srv/"
		"shop\",\"age\":90},"
		"\"signal\":{\"name\":\"SIGSEGV\"},\"fingerprint\":\"1:s\"%s",
		s->count + 100, callers);
}

/* Too few to be told by themselves. A proxy that hands errors on does not fail. */
static void answers_through_a_proxy(const char *callers, const char *calls, size_t services)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 3; i++)
		tell_death(&s, 5000 + i, callers);
	tell(&s, 5004, "exception",
		"\"service\":{\"name\":\"visitors\"},\"exception\":{\"type\":\"HTTPError\",\"message\":"
		"\"HTTP Error 500\"},\"fingerprint\":\"1:h\",\"count\":1%s",
		calls);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	assert_int_equal(json_array_size(json_object_get(r.incident, "services")), services);
	results_free(&r);
	forget(&s);
}

static void who_asks_through_a_proxy_is_part_of_it(void **state)
{
	const char *edge = ",\"callers\":[{\"service\":\"edge\"}]";

	(void)state;
	answers_through_a_proxy(edge, ",\"calls\":[{\"service\":\"edge\"}]", 2);
	answers_through_a_proxy(edge, ",\"calls\":[{\"service\":\"other\"}]", 1);
	answers_through_a_proxy("", ",\"calls\":[{\"service\":\"edge\"}]", 1);
}

/* A few errors that do not say whose they are, of who has connections with the peer that another one misses.
 */
static void answers_of_a_missed_peer(const char *peer, size_t services)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 5; i++)
		tell(&s, 5000 + i, "connect_failure",
			"\"service\":{\"name\":\"office\"},\"remote\":\"192.0.2.7:80\",\"errno\":"
			"\"ETIMEDOUT\"");
	tell(&s, 5006, "exception",
		"\"service\":{\"name\":\"tugs\"},\"exception\":{\"type\":\"IOError\",\"message\":\"bad "
		"answer\"},"
		"\"fingerprint\":\"1:i\",\"calls\":[{\"service\":\"queue\"},{\"remote\":\"%s\"}]",
		peer);
	judge(&s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	assert_int_equal(json_array_size(json_object_get(r.incident, "services")), services);
	results_free(&r);
	forget(&s);
}

static void who_asks_the_peer_that_is_missed_is_part_of_it(void **state)
{
	(void)state;
	answers_of_a_missed_peer("192.0.2.7:80", 2);
	answers_of_a_missed_peer("192.0.2.8:80", 1);
}

/* A release hangs up on who asks it: at once, as it would if it were only being started. */
static void who_is_hung_up_on_is_part_of_it(void **state)
{
	for (int fails = 0; fails < 2; fails++) {
		struct story s = {0};
		struct results r;

		(void)state;
		tell_daily_life(&s, 0, 5000);
		tell_marker(&s, 5000, "deploy", "relay", "32");
		for (int i = 0; i < 3; i++) {
			if (fails)
				tell_failure(&s, 5003 + 2 * i, "relay", "no field", "");
			tell_failure(&s, 5003 + 2 * i, "feed", "socket hang up", CALLS_RELAY);
		}
		judge(&s, NULL, &r);
		assert_int_equal(r.incidents, fails);
		if (fails) {
			assert_verdict(&r, "marker", "rollback");
			assert_int_equal(json_array_size(json_object_get(r.incident, "services")), 2);
		}
		results_free(&r);
		forget(&s);
	}
}

static void tell_nameless(struct story *s, double second, const char *process, const char *fingerprint)
{
	for (int i = 0; i < 3; i++)
		tell(s, second + i, "crash", "\"process\":{\"pid\":9%s},\"fingerprint\":\"4:%s\"", process,
			fingerprint);
}

/* Of processes that nobody saw start there may be no more than a name, or not even that. */
static void what_has_no_name_is_not_one_service(void **state)
{
	static const char *const processes[][2] = {{",\"comm\":\"one\"", ",\"comm\":\"two\""}, {"", ""}};

	(void)state;
	for (int n = 0; n < 2; n++) {
		struct story s = {0};
		struct results r;

		tell_daily_life(&s, 0, 5000);
		tell_nameless(&s, 5000, processes[n][0], "aa");
		tell_nameless(&s, 5090, processes[n][1], "bb");
		judge(&s, NULL, &r);
		assert_int_equal(r.incidents, 2);
		results_free(&r);
		forget(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_release_of_whom_it_calls),
		cmocka_unit_test(a_release_of_who_calls_it),
		STORY_TEST(the_only_peer_elsewhere_is_meant),
		cmocka_unit_test(related_failures_are_one_incident),
		cmocka_unit_test(who_asks_through_a_proxy_is_part_of_it),
		cmocka_unit_test(who_asks_the_peer_that_is_missed_is_part_of_it),
		cmocka_unit_test(who_is_hung_up_on_is_part_of_it),
		cmocka_unit_test(what_has_no_name_is_not_one_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
