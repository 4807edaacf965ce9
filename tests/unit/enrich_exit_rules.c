/* SPDX-License-Identifier: Apache-2.0 */
/* The rules about exit statuses: the default table, the user's own, and the programs known by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "enrich/exit_rules.h"

static int rules_setup(void **state)
{
	struct exit_rules *rules;

	assert_int_equal(exit_rules_new(&rules), 0);
	*state = rules;
	return 0;
}

static int rules_teardown(void **state)
{
	exit_rules_free(*state);
	return 0;
}

static void defaults(void **state)
{
	assert_true(exit_is_answer(*state, "grep", 1));
	assert_false(exit_is_answer(*state, "grep", 2));
	assert_true(exit_is_answer(*state, "[", 1));
	assert_true(exit_is_answer(*state, "mountpoint", 32));
	assert_false(exit_is_answer(*state, "mountpoint", 33));
	assert_false(exit_is_answer(*state, "worker", 1));
	assert_false(exit_is_answer(*state, "gre", 1));
	assert_false(exit_is_answer(*state, "", 1));
}

static void own_rules(void **state)
{
	assert_null(exit_rules_add(*state, "worker:3"));
	assert_null(exit_rules_add(*state, "worker:7,255,64"));
	assert_null(exit_rules_add(*state, "cron job:*"));
	assert_null(exit_rules_add(*state, "a:b:1")); /* the last colon counts */
	assert_true(exit_is_answer(*state, "worker", 3));
	assert_true(exit_is_answer(*state, "worker", 7));
	assert_true(exit_is_answer(*state, "worker", 64));
	assert_true(exit_is_answer(*state, "worker", 255));
	assert_false(exit_is_answer(*state, "worker", 4));
	assert_false(exit_is_answer(*state, "worker", 256 + 3));
	assert_false(exit_is_answer(*state, "worker", UINT32_MAX));
	assert_true(exit_is_answer(*state, "cron job", 1));
	assert_true(exit_is_answer(*state, "cron job", 255));
	assert_true(exit_is_answer(*state, "a:b", 1));
	assert_true(exit_is_answer(*state, "grep", 1));
	assert_null(exit_rules_add(*state, "none"));
	assert_false(exit_is_answer(*state, "grep", 1));
	assert_true(exit_is_answer(*state, "worker", 3));
}

static void bad_rules(void **state)
{
	static const char *const bad[] = {"", ":", "worker", "worker:", ":1", "worker:0", "worker:256",
		"worker:-1", "worker:x", "worker:1,x", "worker:1,*", "worker:,", "worker: 1",
		"worker:18446744073709551617",
		"a-name-of-sixty-four-bytes-is-one-more-than-there-is-room-for-it:1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!exit_rules_add(*state, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	assert_false(exit_is_answer(*state, "worker", 1));
}

static void too_many(void **state)
{
	char rule[32];

	for (int i = 0; i < 256; i++) {
		snprintf(rule, sizeof(rule), "p%d:1", i);
		assert_null(exit_rules_add(*state, rule));
	}
	assert_non_null(exit_rules_add(*state, "one-more:1"));
	assert_true(exit_is_answer(*state, "p255", 1));
	assert_false(exit_is_answer(*state, "one-more", 1));
	assert_null(exit_rules_add(*state, "none"));
}

static void names(void **state)
{
	(void)state;
	assert_true(exit_is_wrapper("sh") && exit_is_wrapper("sudo") && exit_is_wrapper("zsh"));
	assert_false(exit_is_wrapper("worker") || exit_is_wrapper(""));
	assert_true(exit_parent_is_supervisor(1, "anything"));
	assert_true(
		exit_parent_is_supervisor(9, "systemd") && exit_parent_is_supervisor(9, "containerd-shim"));
	assert_false(exit_parent_is_supervisor(9, "bash") || exit_parent_is_supervisor(0, ""));
}

#define RULES_TEST(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {RULES_TEST(defaults), RULES_TEST(own_rules),
		RULES_TEST(bad_rules), RULES_TEST(too_many), cmocka_unit_test(names)};

	return cmocka_run_group_tests_name("enrich_exit_rules", tests, NULL, NULL);
}
