/* SPDX-License-Identifier: Apache-2.0 */
/* The page of an incident: what was done, and how long that took the last times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "report/report.h"

static const char incident[] =
	"{\"kind\":\"incident\",\"id\":\"01\",\"state\":\"open\",\"count\":2,\"cause\":\"marker\","
	"\"suspects\":[],"
	"\"actions\":[{\"kind\":\"restart\",\"service\":\"web\",\"time\":\"2026-11-21T10:00:00Z\","
	"\"result\":\"failed\"},{\"kind\":\"rollback\",\"service\":\"web\",\"version\":\"41\","
	"\"time\":\"2026-11-21T10:05:00Z\",\"result\":\"helped\",\"seconds\":8.5}],"
	"\"advice\":{\"action\":\"rollback\",\"why\":\"the rollback helped: leave it "
	"so\",\"restore_estimate\":"
	"{\"action\":\"rollback\",\"seconds\":90,\"cases\":3,\"helped\":2,\"of_this_service\":true},"
	"\"fix_estimate\":null}}";

static void says_what_was_done(void **state)
{
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_page(incident, NULL, 0, false, &out);
	assert_non_null(strstr(buf_text(&out), "done              restart web at "));
	assert_non_null(strstr(buf_text(&out), ": did not help\n                  rollback web 41 at "));
	assert_non_null(strstr(buf_text(&out), "after a rollback, the median of 3 cases"));
	assert_non_null(strstr(buf_text(&out), "not known, there is no history"));
}

/* The times of one case, and one that took no time at all. */
static void says_one_case(void **state)
{
	static const char body[] =
		"{\"kind\":\"incident\",\"advice\":{\"action\":\"rollback\",\"restore_estimate\":{\"action\":"
		"\"rollback\",\"seconds\":0,\"cases\":1,\"helped\":1,\"of_this_service\":false}}}";
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_page(body, NULL, 0, false, &out);
	assert_non_null(strstr(buf_text(&out),
		"within a second after a rollback, the median of 1 case of other services\n"));
}

static void line_says_what_came_of_it(void **state)
{
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_line(incident, false, &out);
	assert_non_null(strstr(buf_text(&out), "-> rollback; rollback web: helped  01"));
	assert_null(strstr(buf_text(&out), "restart"));
	buf_reset(&out);
	report_finding_line(
		"{\"kind\":\"incident\",\"state\":\"open\",\"count\":1,\"cause\":\"unknown\"}", false, &out);
	assert_non_null(strstr(buf_text(&out), "  1 failure: cause unknown"));
}

static const char blamed[] =
	"{\"kind\":\"incident\",\"id\":\"01\",\"state\":\"open\",\"count\":5,\"started\":\"2026-11-21T10:00:"
	"00Z\","
	"\"last_seen\":\"2026-11-21T10:02:03Z\",\"suspects\":[{\"cause\":\"marker\",\"subject\":\"deploy web "
	"2\","
	"\"score\":0.99},{\"cause\":\"unknown\",\"score\":0.007},{\"cause\":\"marker\",\"subject\":\"config "
	"a\","
	"\"score\":0.001},{\"cause\":\"marker\",\"subject\":\"config b\",\"score\":0}],\"issues\":[\"0A\"]}";

/* Those that are next to impossible would fill a screen. */
static void leaves_out_the_impossible(void **state)
{
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_page(blamed, NULL, 0, false, &out);
	assert_non_null(strstr(buf_text(&out), "  0.990  marker  deploy web 2\n"));
	assert_non_null(strstr(buf_text(&out), "  0.007  unknown\n"));
	assert_null(strstr(buf_text(&out), "config a"));
	assert_non_null(strstr(buf_text(&out), "  and 2 more that are most unlikely\n"));
	assert_non_null(strstr(buf_text(&out), "started           2026-11-21 10:00:00.000 UTC\n"));
	assert_non_null(strstr(buf_text(&out), "lasted            2 min 3 s so far\n"));
}

static void names_its_issues(void **state)
{
	json_t *issue = json_pack("{s:i, s:s, s:s, s:s}", "count", 7, "title", "SIGSEGV in charge", "state",
		"regressed", "id", "0A");
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_page(blamed, &issue, 1, false, &out);
	json_decref(issue);
	assert_non_null(
		strstr(buf_text(&out), "issues            7 x SIGSEGV in charge (in all)  regressed  0A\n"));
}

static const char merged[] =
	"{\"kind\":\"incident\",\"id\":\"01\",\"state\":\"closed\",\"merged_into\":\"02\","
	"\"count\":2,\"services\":[{\"name\":\"web\",\"impact\":\"partial\",\"count\":2}],"
	"\"cause\":\"unknown\",\"suspects\":[],\"advice\":{\"action\":\"investigate\",\"why\":\"\"}}";

static void says_what_it_is_part_of(void **state)
{
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	report_finding_line(merged, false, &out);
	assert_string_equal(buf_text(&out), "  closed  web (partial)  2 failures: part of incident 02  01\n");
	out.len = 0;
	report_finding_page(merged, NULL, 0, false, &out);
	assert_non_null(strstr(buf_text(&out), "part of           02\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_done),
		cmocka_unit_test(says_what_it_is_part_of),
		cmocka_unit_test(says_one_case),
		cmocka_unit_test(line_says_what_came_of_it),
		cmocka_unit_test(leaves_out_the_impossible),
		cmocka_unit_test(names_its_issues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
