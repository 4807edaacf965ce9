/* SPDX-License-Identifier: Apache-2.0 */
/* Advice names what to go back to, and gives as a command only what can be typed. */
#include "unit/correlate_story.h"

#include "model/event.h"

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

/* A change of checkout that was seen, and how to undo it where that is not empty. */
static void tell_undo(
	struct story *s, double second, const char *kind, const char *evidence, const char *undo)
{
	tell(s, second, "marker",
		"\"marker\":{\"kind\":\"%s\",\"service\":\"checkout\",\"source\":\"inferred\","
		"\"evidence\":\"%s\"%s%s%s}",
		kind, evidence, undo[0] ? ",\"undo\":\"" : "", undo, undo[0] ? "\"" : "");
}

/* The release 42 of checkout that was seen; more: further keys, each behind a comma. */
static void tell_release(struct story *s, const char *evidence, const char *more)
{
	tell(s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"42\","
		"\"before\":\"41\",\"source\":\"inferred\",\"evidence\":\"%s\"%s}",
		evidence, more);
}

static void noticed_release(void **state)
{
	struct story *s = *state;

	tell_release(s, "/bin/x now runs from release 42, before from 41", "");
	crashes(s, "");
	assert_advice(s, "rollback", "checkout 41, the version before, did not fail", "");
}

static void declared_and_noticed(void **state)
{
	struct story *s = *state;

	tell_marker(s, 3990, "deploy", "checkout", "42");
	tell_release(s, "e", "");
	crashes(s, "42");
	assert_advice(s, "rollback", "checkout 41, the version before, did not fail", "");
}

static void declared_twice(void **state)
{
	struct story *s = *state;

	tell_marker(s, 10, "deploy", "checkout", "41");
	tell_marker(s, 4000, "deploy", "checkout", "42");
	crashes(s, "42");
	assert_advice(s, "rollback", "checkout 41, the version before, did not fail", "");
}

/* Without a version what was seen of the change says what to undo. */
static void noticed_binary(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "deploy", "/srv/checkout is another file than it was", "");
	crashes(s, "");
	assert_advice(s, "rollback",
		"the version before did not fail: /srv/checkout is another file than it was", "");
}

/* And a service that is down can be started again meanwhile. */
static void noticed_setting(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "config", "/etc/checkout.conf was written", "");
	for (unsigned n = 0; n < 6; n++)
		tell_crash(s, 4010 + n, "checkout", "", 0.1, 0);
	assert_advice(s, "revert_config",
		"the failure began with the configuration: /etc/checkout.conf was written",
		"systemctl restart checkout.service");
}

/* All that was changed at once is taken back, and taken up by a start. */
static void noticed_packages(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "infra", "package libtax1 was changed from 1 to 2", "apt-get install libtax1=1");
	tell_undo(s, 4001, "infra", "package tax1 was changed from 1 to 2", "apt-get install tax1=1");
	tell_undo(s, 4002, "infra", "pids.max", "systemctl set-property checkout.service TasksMax=9");
	tell_undo(s, 4003, "infra", "package ax1", "apt-get install ax1=1");
	crashes(s, "");
	assert_advice(s, "rollback",
		"the failure began with the change: package libtax1 was changed from 1 to 2; package tax1 "
		"was "
		"changed from 1 to 2; pids.max; package ax1",
		"apt-get install ax1=1 && systemctl set-property checkout.service TasksMax=9 && "
		"apt-get install libtax1=1 tax1=1 && systemctl restart checkout.service");
}

/* What was changed twice is as it was at first. */
static void changed_twice(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "infra", "pip ran: 1", "/srv/bin/pip install a==1 b==1");
	tell_undo(s, 4001, "infra", "pip ran: 2", "/srv/bin/pip install a==2");
	tell_undo(s, 4002, "infra", "sysctl ran: 1", "sysctl -w vm.x=1");
	tell_undo(s, 4003, "infra", "sysctl ran: 2", "sysctl -w vm.x=2");
	crashes(s, "");
	assert_advice(s, "rollback",
		"the failure began with the change: pip ran: 1; pip ran: 2; sysctl ran: 1; sysctl ran: 2",
		"sysctl -w vm.x=2 && sysctl -w vm.x=1 && /srv/bin/pip install a==2 && "
		"/srv/bin/pip install a==1 b==1 && systemctl restart checkout.service");
}

/* A part of it taken back may make things worse. */
static void a_part_is_not_known(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "infra", "package a was changed from 1 to 2", "apt-get install a=1");
	tell_undo(s, 4001, "infra", "package b was changed", "");
	tell_undo(s, 4002, "infra", "package c was changed from 1 to 2", "apt-get install c=1");
	crashes(s, "");
	assert_advice(s, "investigate",
		"the change is suspected, how to undo it is not known: package a was changed from 1 to 2; "
		"package b was changed; package c was changed from 1 to 2",
		"");
}

/* What fills its room may have been cut: no command is better than the begin of one. */
static void a_command_that_is_cut(void **state)
{
	struct story *s = *state;
	char undo[EVENT_UNDO + 10];

	memset(undo, 'a', sizeof(undo) - 1);
	undo[sizeof(undo) - 1] = '\0';
	tell_undo(s, 4000, "infra", "package a was changed", undo);
	crashes(s, "");
	assert_advice(s, "investigate",
		"the change is suspected, how to undo it is not known: package a was changed", "");
}

static void noticed_limit(void **state)
{
	struct story *s = *state;

	tell_undo(s, 4000, "infra", "memory.max of checkout from 512M to 64M",
		"systemctl set-property checkout.service MemoryMax=512M");
	crashes(s, "");
	assert_advice(s, "raise_limit",
		"the failure began with the limit: memory.max of checkout from 512M to 64M",
		"systemctl set-property checkout.service MemoryMax=512M");
}

/* The release before is beside this one, and the link leads to this one. */
static void declared_and_noticed_link(void **state)
{
	struct story *s = *state;

	tell_marker(s, 3990, "deploy", "checkout", "42");
	tell_release(s, "e", ",\"undo\":\"test -d /r/41 && ln -sfn /r/41 /current\"");
	crashes(s, "42");
	assert_advice(s, "rollback", "checkout 41, the version before, did not fail",
		"test -d /r/41 && ln -sfn /r/41 /current && systemctl restart checkout.service");
}

/* A unit of a person's manager, one in a container, a scope, and names that a shell reads in other ways. */
static void what_systemctl_cannot_restart(void **state)
{
	static const char *const services[] = {
		"\"unit\":\"checkout.service\",\"user\":\"1000\"",
		"\"unit\":\"checkout.service\",\"container\":{\"id\":\"0123456789ab\"}",
		"\"unit\":\"checkout.scope\"",
		"\"unit\":\"check;out.service\"",
	};

	(void)state;
	for (size_t n = 0; n < sizeof(services) / sizeof(*services); n++) {
		struct story s = {0};

		tell_daily_life(&s, 0, 4000);
		tell_undo(&s, 4000, "config", "/etc/checkout.conf was written", "");
		for (unsigned i = 0; i < 6; i++)
			tell(&s, 4010 + i, "crash",
				"\"service\":{\"name\":\"checkout\",%s,\"alive\":0},\"process\":{\"pid\":%u,"
				"\"exe\":\"/srv/checkout\",\"age\":0.1},\"signal\":{\"name\":\"SIGSEGV\"},"
				"\"fingerprint\":\"1:checkout\"",
				services[n], 100 + i);
		assert_advice(&s, "revert_config",
			"the failure began with the configuration: /etc/checkout.conf was written", "");
		forget(&s);
	}
}

static void said_by_who_declared(void **state)
{
	struct story *s = *state;

	tell(s, 4000, "marker",
		"\"marker\":{\"kind\":\"schema\",\"service\":\"checkout\",\"source\":\"declared\","
		"\"evidence\":\"declared by uid 0 (pid 7)\",\"note\":\"drop the coupons\"}");
	crashes(s, "");
	assert_advice(s, "revert_schema", "the failure began with the schema change: drop the coupons", "");
}

static void third_party(void **state)
{
	struct story *s = *state;

	for (unsigned n = 0; n < 60; n++)
		tell(s, 4000 + n, "connect_failure",
			"\"service\":{\"name\":\"%s\"},\"remote\":\"192.0.2.7:443\",\"errno\":"
			"\"ECONNREFUSED\","
			"\"count\":3",
			n % 2 ? "shop" : "web");
	assert_advice(
		s, "isolate_third_party", "what it serves fails, this host does not: 192.0.2.7:443", "");
}

/* What was just done is not to be done again. */
static void too_early_to_tell(void **state)
{
	struct story *s = *state;

	tell_marker(s, 10, "deploy", "checkout", "41");
	tell_marker(s, 4000, "deploy", "checkout", "42");
	crashes(s, "42");
	tell_marker(s, 4020, "rollback", "checkout", "41");
	tell_daily_life(s, 4021, 4060);
	assert_advice(s, "rollback",
		"checkout 41, the version before, did not fail; wait: it is too early to tell of the "
		"rollback",
		"");
}

static void assert_evidence(const struct story *s, const char *words)
{
	struct results r;

	judge(s, NULL, &r);
	if (!strstr(buf_text(&r.text), words))
		fail_msg("'%s' is not in %s", words, buf_text(&r.text));
	results_free(&r);
}

/* Clocks differ by a little: what was marked after the first failure may have been its cause. */
static void times_in_words(void **state)
{
	struct story *s = *state;

	tell_marker(s, 4010.5, "deploy", "checkout", "42");
	tell_marker(s, 4009.66, "config", "checkout", "");
	tell_marker(s, 3800, "flag", "checkout", "");
	for (unsigned n = 0; n < 20; n++)
		tell_crash(s, 4010 + 0.3 * n, "checkout", "42", 0.1, 3);
	assert_evidence(s, "\"failures began with it\"");
	assert_evidence(s, "\"failures began 340 ms after it\"");
	assert_evidence(s, "\"3 min went well, and then it failed every 300 ms\"");
}

/* Whose limit, and which: that of a group above it may be the one. */
static void limit_by_name(void **state)
{
	struct story *s = *state;

	for (unsigned n = 0; n < 6; n++)
		tell(s, 4010 + 5 * n, "oom_kill",
			"\"service\":{\"name\":\"uploads\",\"unit\":\"uploads.service\"},\"process\":{"
			"\"pid\":%u},"
			"\"oom\":{\"scope\":\"cgroup\",\"limit\":100663296,\"cgroup\":\"/system.slice/"
			"uploads.service\"},\"fingerprint\":\"1:oom\"",
			n);
	assert_advice(s, "raise_limit", "the limit is reached: memory of uploads.service (limit 96 MiB)", "");
}

static int begin_calm(void **state)
{
	int r = story_begin(state);

	if (r == 0)
		tell_daily_life(*state, 0, 4000);
	return r;
}

/* All of it happens after 4000 seconds of daily life. */
#define CALM_TEST(test) cmocka_unit_test_setup_teardown(test, begin_calm, story_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALM_TEST(noticed_release),
		CALM_TEST(declared_and_noticed),
		CALM_TEST(declared_twice),
		CALM_TEST(noticed_binary),
		CALM_TEST(noticed_setting),
		CALM_TEST(noticed_packages),
		CALM_TEST(changed_twice),
		CALM_TEST(a_part_is_not_known),
		CALM_TEST(a_command_that_is_cut),
		CALM_TEST(noticed_limit),
		CALM_TEST(declared_and_noticed_link),
		cmocka_unit_test(what_systemctl_cannot_restart),
		CALM_TEST(said_by_who_declared),
		CALM_TEST(third_party),
		CALM_TEST(too_early_to_tell),
		CALM_TEST(times_in_words),
		CALM_TEST(limit_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
