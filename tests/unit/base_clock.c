/* SPDX-License-Identifier: Apache-2.0 */
/* Times and durations as text. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define NOW 1795344369123456789ull /* 2026-11-22T10:46:09.123456789Z */
#define S   NS_PER_SEC
#define DAY (86400 * S)

static void times_are_written_with_nanoseconds(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_format(NOW, text);
	assert_string_equal(text, "2026-11-22T10:46:09.123456789Z");
	clock_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000000Z");
	clock_format(UINT64_MAX, text);
	assert_string_equal(text, "2554-07-21T23:34:33.709551615Z");
}

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"2026-11-22T10:46:09.123456789Z", NOW},
		{"2026-11-22t10:46:09.123456789z", NOW},
		{"2026-11-22T12:16:09.123456789+01:30", NOW},
		{"2026-11-21T22:46:09.123456789-12:00", NOW},
		{"2026-11-22T10:46:09Z", NOW / S * S},
		{"2026-11-22T10:46:09.5Z", NOW / S * S + S / 2},
		{"2026-11-22 10:46:09", NOW / S * S},
		{"2026-11-22 10:46", NOW / S * S - 9 * S},
		{"10:46:09", NOW / S * S},
		{"10:46", NOW / S * S - 9 * S},
		{"2026-11-22", NOW / DAY * DAY},
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:00:00-01:00", 0},
		{"2024-02-29T00:00:00Z", 1709164800 * S},
		{"2016-12-31T23:59:60Z", 1483228800 * S},
		{"2554-07-21T23:34:33.709551615Z", UINT64_MAX},
		{"@0", 0},
		{"@1795344369", NOW / S * S},
		{"@1795344369.123456789", NOW},
		{"now", NOW},
		{"today", NOW / DAY * DAY},
		{"yesterday", NOW / DAY * DAY - DAY},
		{"90s", NOW - 90 * S},
		{"15m", NOW - 900 * S},
		{"15m ago", NOW - 900 * S},
		{"2h", NOW - 7200 * S},
		{"7d", NOW - 7 * DAY},
		{"1h30m", NOW - 5400 * S},
		{"0s", NOW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 1;
		if (clock_parse(rows[i].text, NOW, &ns) || ns != rows[i].ns)
			fail_msg("%s gave %llu", rows[i].text, (unsigned long long)ns);
	}
}

static void garbage_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"ago",
		" ago",
		"tomorrow",
		"nowish",
		"90",
		"-5m",
		"5",
		"5 ago",
		"5x",
		"1h30",
		"5m  ago",
		"1.5h",
		"2026-11-22T",
		"2026-11-22 ",
		"2026-11-22T10",
		"2026-11-22T10:46:",
		"2026-11-22T10:46:09.",
		"2026-11-22T10:46:09.1234567891Z",
		"2026-11-22T10:46:09Zx",
		"2026-11-22T10:46:09+1:00",
		"2026-11-22T10:46:09+24:00",
		"2026-11-22T10:46:09+01:60",
		"2026-11-22T10:46:09+0100",
		"2026-11-22T24:00:00Z",
		"2026-11-22T10:60:00Z",
		"2026-11-22T10:46:61Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-11-31T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2025-02-29T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"2554-07-21T23:34:33.709551616Z",
		"2555-01-01",
		"20261-11-22",
		"2026-1-22",
		"2026-11-22x10:46",
		"10:46:09x",
		"1:46",
		"24:00",
		"@",
		"@-1",
		"@1x",
		"@1.",
		"@18446744074",
		"@99999999999999999999",
		"99999d",
		"99999999999999999999d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ns = 77;
		if (clock_parse(bad[i], NOW, &ns) != -EINVAL || ns != 77)
			fail_msg("'%s' was taken as %llu", bad[i], (unsigned long long)ns);
	}
}

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t ns;
	} rows[] = {
		{"500ms", 0, S / 2},
		{"90s", 0, 90 * S},
		{"15m", 0, 900 * S},
		{"2h", 0, 7200 * S},
		{"7d", 0, 7 * DAY},
		{"1d2h3m4s5ms", 0, DAY + 7384 * S + 5 * NS_PER_MS},
		{"0", 0, 0},
		{"60", 0, 60 * S},
		{"213503d", 0, 213503 * DAY},
		{"18446744073", 0, 18446744073 * S},
		{"18446744074", -ERANGE, 0},
		{"213504d", -ERANGE, 0},
		{"213503d24h", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"99999999999999999999s", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"-1s", -EINVAL, 0},
		{"1h30", -EINVAL, 0},
		{"1w", -EINVAL, 0},
		{"1 s", -EINVAL, 0},
		{"1s ", -EINVAL, 0},
		{"1.5s", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 0;
		int err = clock_parse_duration(rows[i].text, &ns);
		if (err != rows[i].err || ns != rows[i].ns)
			fail_msg("%s gave %d, %llu", rows[i].text, err, (unsigned long long)ns);
	}
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < UINT64_MAX / 3; ns = ns * 3 + 1) {
		char text[CLOCK_TEXT_SIZE];
		uint64_t back;
		clock_format(ns, text);
		assert_int_equal(strlen(text), CLOCK_TEXT_SIZE - 1);
		assert_int_equal(clock_parse(text, 0, &back), 0);
		assert_true(back == ns);
	}
}

static void clocks_go_on(void **state)
{
	uint64_t boot = clock_boottime(), real = clock_realtime();

	(void)state;
	assert_true(real > 1600000000 * S);
	assert_true(boot > 0 && boot < real);
	assert_true(clock_boottime() >= boot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_with_nanoseconds),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(clocks_go_on),
	};

	return cmocka_run_group_tests_name("base_clock", tests, NULL, NULL);
}
