/* SPDX-License-Identifier: Apache-2.0 */
/* Markers: what is accepted, and the event that one becomes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "marker/marker.h"

#define NOW 1795344369123456789ull

static const struct event_marker good = {.kind = "deploy", .service = "checkout", .version = "42"};

static void test_kinds(void **state)
{
	struct event_marker marker = good;

	(void)state;
	for (const char *const *kind = marker_kinds; *kind; kind++) {
		assert_null(marker_set(&marker, "kind", *kind));
		assert_null(marker_check(&marker));
	}
	assert_string_equal(marker.kind, "third-party");
	assert_null(marker_set(&marker, "kind", "Deploy"));
	assert_non_null(strstr(marker_check(&marker), "third-party"));
	assert_null(marker_set(&marker, "kind", NULL));
	assert_non_null(marker_check(&marker));
	assert_non_null(marker_set(&marker, "kind", "deploydeploydeploy"));
}

static void test_lengths(void **state)
{
	static const struct {
		const char *field;
		size_t max;
	} fields[] = {{"service", 255}, {"version", 127}, {"note", 1023}, {"link", 1023}};
	char text[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct event_marker marker = good;

		memset(text, 'a', sizeof(text));
		text[fields[i].max] = '\0';
		assert_null(marker_set(&marker, fields[i].field, text));
		assert_null(marker_check(&marker));
		text[fields[i].max] = 'a';
		text[fields[i].max + 1] = '\0';
		assert_non_null(strstr(marker_set(&marker, fields[i].field, text), fields[i].field));
	}
}

static void test_texts(void **state)
{
	static const char *const bad[] = {"\033[31m", "a\nb", "a\tb", "\x7f", "\xff", "\xc0\x80",
		"\xed\xa0\x80", "\xc2\x9b", "\xe2\x80\xae", "a\xc3"};
	static const char *const fine[] = {"", "é 日本 🚀", "a\\b", "\xef\xbf\xbd"};
	struct event_marker marker = good;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(marker_set(&marker, "note", bad[i]));
		assert_string_equal(
			marker_check(&marker), "note must be UTF-8 text without control characters");
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		assert_null(marker_set(&marker, "note", fine[i]));
		assert_null(marker_check(&marker));
	}
	assert_null(marker_set(&marker, "service", ""));
	assert_string_equal(marker_check(&marker), "service is missing: name what was changed");
	assert_non_null(marker_set(&marker, "evidence", "forged"));
}

static void test_unterminated(void **state)
{
	struct event_marker marker = good;

	(void)state;
	memset(marker.note, 'a', sizeof(marker.note));
	assert_non_null(marker_check(&marker));
}

static void test_time(void **state)
{
	(void)state;
	assert_null(marker_check_time(0, NOW));
	assert_null(marker_check_time(NOW + MARKER_FUTURE_MAX, NOW));
	assert_non_null(marker_check_time(NOW + MARKER_FUTURE_MAX + 1, NOW));
	assert_non_null(marker_check_time(UINT64_MAX, NOW));
}

static void test_event(void **state)
{
	const struct event_host host = {.name = "web-1"};
	struct event_marker marker = good;
	struct event one, two, again;

	(void)state;
	marker_declare(&marker, 1000, 12);
	marker_event(&marker, NOW, 1, &host, &one);
	marker_event(&marker, NOW, 2, &host, &two);
	marker_event(&marker, NOW, 1, &host, &again);
	assert_int_equal(one.kind, EVENT_MARKER);
	assert_int_equal(one.time, NOW);
	assert_string_equal(one.service.name, "checkout");
	assert_string_equal(one.service.version, "42");
	assert_string_equal(one.host.name, "web-1");
	assert_string_equal(one.marker.source, "declared");
	assert_string_equal(one.marker.evidence, "declared by uid 1000 (pid 12)");
	assert_true(id_valid(one.id));
	assert_string_not_equal(one.id, two.id);
	assert_string_equal(one.id, again.id);
}

static void test_unit_name(void **state)
{
	static const struct event_host host = {0};
	struct event_marker marker = good;
	struct event event;

	(void)state;
	marker_set(&marker, "service", "checkout.service");
	marker_event(&marker, NOW, 1, &host, &event);
	assert_string_equal(event.marker.service, "checkout");
	assert_string_equal(event.service.name, "checkout");
	marker_set(&marker, "service", ".service");
	marker_event(&marker, NOW, 1, &host, &event);
	assert_string_equal(event.marker.service, ".service");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unterminated),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_unit_name),
	};

	return cmocka_run_group_tests_name("marker_marker", tests, NULL, NULL);
}
