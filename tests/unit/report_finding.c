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
	report_finding_page(incident, false, &out);
	assert_non_null(strstr(buf_text(&out), "done              restart web at "));
	assert_non_null(strstr(buf_text(&out), ": did not help\n                  rollback web 41 at "));
	assert_non_null(strstr(buf_text(&out), "after a rollback, the median of 3 cases"));
	assert_non_null(strstr(buf_text(&out), "not known, there is no history"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_was_done)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
