/* SPDX-License-Identifier: Apache-2.0 */
/* An incident: what was done, and how long that took the last times; which other one it is part of. */
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
	report_finding_page(incident, false, &out);
	assert_non_null(strstr(buf_text(&out), "done              restart web at "));
	assert_non_null(strstr(buf_text(&out), ": did not help\n                  rollback web 41 at "));
	assert_non_null(strstr(buf_text(&out), "after a rollback, the median of 3 cases"));
	assert_non_null(strstr(buf_text(&out), "not known, there is no history"));
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
	report_finding_page(merged, false, &out);
	assert_non_null(strstr(buf_text(&out), "part of           02\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_done),
		cmocka_unit_test(says_what_it_is_part_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
