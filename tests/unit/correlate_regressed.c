/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs that come back. */
#include "tests/unit/correlate_story.h"

#define A_DAY 87000 /* s, and some: what was seen for minutes counts as gone then */

static void assert_state(struct story *s, const char *state)
{
	char expected[32];
	struct results r;

	snprintf(expected, sizeof(expected), "\"state\":\"%s\"", state);
	judge(s, NULL, &r);
	assert_int_equal(r.issues, 1);
	if (!strstr(strstr(buf_text(&r.text), "\"kind\":\"issue\""), expected))
		fail_msg("no %s in %s", expected, buf_text(&r.text));
	results_free(&r);
	forget(s);
}

/* Seen in 1, not in 2, back in 3. */
static void after_a_version_without_it(void **state)
{
	static const struct {
		double third; /* when version 3 comes; 2 comes at 1000 */
		bool in_second;
		const char *state;
	} cases[] = {{5000, false, "regressed"}, {5000, true, "new"}, {1100, false, "new"}};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct story s = {0};

		tell_marker(&s, 0, "deploy", "web", "1");
		tell_crash(&s, 100, "web", "", 50, 3);
		tell_marker(&s, 1000, "deploy", "web", "2");
		if (cases[n].in_second)
			tell_crash(&s, 1050, "web", "", 50, 3);
		tell_marker(&s, cases[n].third, "deploy", "web", "3");
		tell_crash(&s, cases[n].third + 60, "web", "", 50, 3);
		assert_state(&s, cases[n].state);
	}
}

/* The same where nobody saw the first version come. */
static void after_a_release_without_it(void **state)
{
	static const struct {
		double second; /* when version 2 comes; 3 comes after a day */
		const char *state;
	} cases[] = {{1000, "regressed"}, {405 - 10, "regressed"}, {A_DAY - 60, "ongoing"}, {50, "ongoing"}};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct story s = {0};

		tell_crash(&s, 100, "web", "", 50, 3);
		tell_crash(&s, 400, "web", "", 50, 3);
		tell_marker(&s, cases[n].second, "deploy", "web", "2");
		tell_marker(&s, A_DAY, "deploy", "web", "3");
		tell_crash(&s, A_DAY + 60, "web", "", 50, 3);
		assert_state(&s, cases[n].state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_version_without_it),
		cmocka_unit_test(after_a_release_without_it),
	};

	return cmocka_run_group_tests_name("correlate_regressed", tests, NULL, NULL);
}
