/* SPDX-License-Identifier: Apache-2.0 */
/* Advice names what to go back to, and gives as a command only what can be typed. */
#include "unit/correlate_story.h"

static void assert_advice(const struct story *s, const char *action, const char *why, const char *command)
{
	struct results r;
	const json_t *advice;

	judge(s, NULL, &r);
	assert_int_equal(r.incidents, 1);
	advice = json_object_get(r.incident, "advice");
	assert_string_equal(text_at(advice, "action"), action);
	assert_string_equal(text_at(advice, "why"), why);
	assert_string_equal(text_at(advice, "command"), command);
	results_free(&r);
}

static void crashes(struct story *s, const char *version)
{
	for (unsigned n = 0; n < 6; n++)
		tell_crash(s, 4010 + n, "checkout", version, 1, 3);
}

static void noticed_release(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"42\",\"before\":"
		"\"41\","
		"\"source\":\"inferred\",\"evidence\":\"/bin/x now runs from release 42, before from 41\"}");
	crashes(&s, "");
	assert_advice(&s, "rollback", "checkout 41, the version before, did not fail", "");
	forget(&s);
}

static void declared_and_noticed(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell_marker(&s, 3990, "deploy", "checkout", "42");
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"42\",\"before\":"
		"\"41\","
		"\"source\":\"inferred\",\"evidence\":\"e\"}");
	crashes(&s, "42");
	assert_advice(&s, "rollback", "checkout 41, the version before, did not fail", "");
	forget(&s);
}

static void declared_twice(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell_marker(&s, 10, "deploy", "checkout", "41");
	tell_marker(&s, 4000, "deploy", "checkout", "42");
	crashes(&s, "42");
	assert_advice(&s, "rollback", "checkout 41, the version before, did not fail", "");
	forget(&s);
}

/* Without a version what was seen of the change says what to undo. */
static void noticed_binary(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"source\":\"inferred\","
		"\"evidence\":\"/srv/checkout is another file than it was\"}");
	crashes(&s, "");
	assert_advice(&s, "rollback",
		"the version before did not fail: /srv/checkout is another file than it was", "");
	forget(&s);
}

/* And a service that is down can be started again meanwhile. */
static void noticed_setting(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"config\",\"service\":\"checkout\",\"source\":\"inferred\","
		"\"evidence\":\"/etc/checkout.conf was written\"}");
	for (unsigned n = 0; n < 6; n++)
		tell_crash(&s, 4010 + n, "checkout", "", 0.1, 0);
	assert_advice(&s, "revert_config",
		"the failure began with the configuration: /etc/checkout.conf was written",
		"systemctl restart checkout.service");
	forget(&s);
}

static void said_by_who_declared(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	tell(&s, 4000, "marker",
		"\"marker\":{\"kind\":\"schema\",\"service\":\"checkout\",\"source\":\"declared\","
		"\"evidence\":\"declared by uid 0 (pid 7)\",\"note\":\"drop the coupons\"}");
	crashes(&s, "");
	assert_advice(&s, "revert_schema", "the failure began with the schema change: drop the coupons", "");
	forget(&s);
}

static void third_party(void **state)
{
	struct story s = {0};

	(void)state;
	tell_daily_life(&s, 0, 4000);
	for (unsigned n = 0; n < 60; n++)
		tell(&s, 4000 + n, "connect_failure",
			"\"service\":{\"name\":\"%s\"},\"remote\":\"192.0.2.7:443\",\"errno\":"
			"\"ECONNREFUSED\","
			"\"count\":3",
			n % 2 ? "shop" : "web");
	assert_advice(
		&s, "isolate_third_party", "what it serves fails, this host does not: 192.0.2.7:443", "");
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noticed_release),
		cmocka_unit_test(declared_and_noticed),
		cmocka_unit_test(declared_twice),
		cmocka_unit_test(noticed_binary),
		cmocka_unit_test(noticed_setting),
		cmocka_unit_test(said_by_who_declared),
		cmocka_unit_test(third_party),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
