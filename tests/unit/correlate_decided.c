/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions of people about issues, and what an event is told to be part of. */
#include "unit/declared_test.h"

static void decide(
	struct engine *e, double second, const char *action, const json_t *issue, const json_t *into)
{
	char rest[256];

	snprintf(rest, sizeof(rest), "\"decision\":{\"action\":\"%s\",\"issue\":\"%s\",\"into\":\"%s\"}",
		action, text(issue, "id"), text(into, "id"));
	tell(e, second, "decision", rest);
}

static void resolved_and_back(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "new");
	decide(e, 200, "resolve", r.issue[0], NULL);
	engine_advance(e, (NOON + 200) * NS_PER_SEC);
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "resolved");
	assert_string_equal(text(r.issue[0], "state_before"), "new");
	tell_crash(e, 300, "web", "1:a");
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "regressed");
	assert_null(json_object_get(r.issue[0], "state_before"));
	/* Of what has ended is told what it was, also when something else is decided then. */
	decide(e, 400, "resolve", r.issue[0], NULL);
	decide(e, 410, "ignore", r.issue[0], NULL);
	engine_advance(e, (NOON + 410) * NS_PER_SEC);
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "ignored");
	assert_string_equal(text(r.issue[0], "state_before"), "regressed");
	results_free(&r);
	engine_free(e);
}

static void ignored_makes_no_incident(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	decide(e, 110, "ignore", r.issue[0], NULL);
	for (int n = 0; n < 20; n++)
		tell_crash(e, 900 + n, "web", "1:a");
	look(e, &r);
	assert_int_equal(r.incidents, 0);
	assert_string_equal(text(r.issue[0], "state"), "ignored");
	assert_int_equal(json_integer_value(json_object_get(r.issue[0], "count")), 21);
	/* Another one does. */
	tell_crash(e, 950, "web", "1:b");
	tell_crash(e, 951, "web", "1:b");
	look(e, &r);
	assert_int_equal(r.incidents, 1);
	results_free(&r);
	engine_free(e);
}

static void merged_stays_merged(void **state)
{
	struct engine *e = engine();
	struct results r = {0};
	json_t *c;

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	tell_crash(e, 101, "web", "1:b");
	tell_crash(e, 102, "web", "1:c");
	look(e, &r);
	decide(e, 110, "merge", r.issue[0], r.issue[1]); /* a into b */
	decide(e, 111, "merge", r.issue[1], r.issue[2]); /* b, and a with it, into c */
	c = json_incref(r.issue[2]);
	tell_crash(e, 120, "web", "1:a");
	tell_crash(e, 121, "web", "1:b");
	look(e, &r);
	assert_int_equal(r.issues, 3);
	for (unsigned n = 0; n < 3; n++) {
		if (strcmp(text(r.issue[n], "id"), text(c, "id")) == 0)
			assert_int_equal(json_integer_value(json_object_get(r.issue[n], "count")), 5);
		else
			assert_string_equal(text(r.issue[n], "state"), "merged");
	}
	json_decref(c);
	results_free(&r);
	engine_free(e);
}

static int take_alias(void *context, const char *fingerprint, const char *issue, uint64_t time)
{
	buf_printf(context, "%s %s %u\n", fingerprint, issue, (unsigned)(time / NS_PER_SEC - NOON));
	return 0;
}

/* Fingerprints that are part of another one's issue are told with it and when they were seen. */
static void aliases_are_told(void **state)
{
	_cleanup_buf_ struct buf said = {0}, later = {0}, expected = {0};
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	tell_crash(e, 101, "web", "1:b");
	tell_crash(e, 102, "web", "3:0123456789abcdef");
	tell_crash(e, 103, "web", "4:0123456789abcdef"); /* the same by newer rules */
	look(e, &r);
	decide(e, 110, "merge", r.issue[0], r.issue[1]);
	tell_crash(e, 120, "web", "1:a");
	assert_int_equal(engine_aliases(e, 0, take_alias, &said), 0);
	buf_printf(&expected, "1:a %s 120\n", text(r.issue[1], "id"));
	assert_non_null(strstr(buf_text(&said), buf_text(&expected)));
	buf_printf(&later, "4:0123456789abcdef %s 103\n", text(r.issue[2], "id"));
	assert_non_null(strstr(buf_text(&said), buf_text(&later)));
	assert_int_equal(said.len, expected.len + later.len);
	buf_reset(&said);
	assert_int_equal(engine_aliases(e, (NOON + 120) * NS_PER_SEC, take_alias, &said), 0);
	assert_string_equal(buf_text(&said), buf_text(&expected));
	results_free(&r);
	engine_free(e);
}

static void decisions_that_make_no_sense(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	decide(e, 101, "merge", r.issue[0], r.issue[0]);
	decide(e, 102, "merge", r.issue[0], NULL);
	decide(e, 103, "explode", r.issue[0], NULL);
	decide(e, 104, "resolve", NULL, NULL);
	engine_finish(e);
	look(e, &r);
	assert_int_equal(r.issues, 1);
	assert_string_equal(text(r.issue[0], "state"), "new");
	results_free(&r);
	engine_free(e);
}

/* Rules of fingerprints that changed, but not for this death, which has the same digits. */
static void issue_of_older_rules(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "3:0123456789abcdef");
	tell_crash(e, 101, "web", "4:0123456789abcdef");
	tell_crash(e, 102, "web", "4:0123456789abcdef");
	tell_crash(e, 103, "web", "4:0123456789abcde0");
	look(e, &r);
	assert_int_equal(r.issues, 2);
	results_free(&r);
	engine_free(e);
}

/* What is told of an event's fingerprint: its issue, or the one that was merged into, and the incident. */
static void issue_of_a_fingerprint(void **state)
{
	struct engine *e = engine();
	struct results r = {0};
	const char *title, *incident;

	(void)state;
	for (int n = 0; n < 5; n++)
		tell_crash(e, 100 + n, "web", "1:a");
	tell_crash(e, 101, "web", "1:b");
	look(e, &r);
	engine_issue(e, "1:a", &title, &incident);
	assert_string_equal(title, "SIGSEGV");
	assert_string_equal(incident, text(r.incident, "id"));
	engine_issue(e, "1:c", &title, &incident);
	assert_null(title);
	assert_null(incident);
	decide(e, 110, "merge", r.issue[1], r.issue[0]);
	engine_issue(e, text(r.issue[1], "fingerprint"), &title, &incident);
	assert_string_equal(incident, text(r.incident, "id"));
	engine_advance(e, (NOON + 7200) * NS_PER_SEC);
	engine_issue(e, "1:a", &title, &incident);
	assert_non_null(title);
	assert_null(incident);
	results_free(&r);
	engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolved_and_back),
		cmocka_unit_test(ignored_makes_no_incident),
		cmocka_unit_test(merged_stays_merged),
		cmocka_unit_test(aliases_are_told),
		cmocka_unit_test(decisions_that_make_no_sense),
		cmocka_unit_test(issue_of_older_rules),
		cmocka_unit_test(issue_of_a_fingerprint),
	};

	return cmocka_run_group_tests_name("correlate_decided", tests, NULL, NULL);
}
