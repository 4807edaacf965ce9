/* SPDX-License-Identifier: Apache-2.0 */
/* Control requests without a socket: each line has one defined answer. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "marker/control_request.h"

struct sink {
	int result;
	int calls;
	struct event_marker marker;
	uint64_t time;
};

static int take_mark(void *context, const struct event_marker *marker, uint64_t time_ns, uid_t uid, pid_t pid,
	char id[ID_SIZE])
{
	struct sink *sink = context;

	assert_int_equal(uid, 1000);
	assert_int_equal(pid, 12);
	sink->calls++;
	sink->marker = *marker;
	sink->time = time_ns;
	id_make(time_ns, 1, id);
	return sink->result;
}

static bool knows(void *context, const char *service)
{
	(void)context;
	return strcmp(service, "checkout") == 0;
}

static void ask(struct sink *sink, const char *line, size_t len, struct buf *out)
{
	const struct control_caller caller = {
		.mark = take_mark, .knows = knows, .context = sink, .uid = 1000, .pid = 12};

	buf_reset(out);
	control_request(&caller, line, len, out);
	assert_false(out->failed);
	assert_ptr_equal(strchr(out->data, '\n'), out->data + out->len - 1);
}

static void assert_refused(const char *line, size_t len, const char *words)
{
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0};

	ask(&sink, line, len, &out);
	assert_int_equal(sink.calls, 0);
	assert_int_equal(strncmp(out.data, "{\"error\":\"", 10), 0);
	if (!strstr(out.data, words))
		fail_msg("'%s' is not in %s", words, out.data);
}

static void test_warning(void **state)
{
	static const struct {
		const char *line;
		bool warned;
	} marks[] = {
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"checkout\"}", false},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"chekcout\"}", true},
		{"{\"op\":\"mark\",\"kind\":\"third-party\",\"service\":\"bank\"}", false},
	};
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	for (size_t n = 0; n < sizeof(marks) / sizeof(*marks); n++) {
		ask(&sink, marks[n].line, strlen(marks[n].line), &out);
		assert_int_equal(sink.calls, n + 1);
		assert_true(!strstr(out.data, "no service of that name") == !marks[n].warned);
	}
}

static void test_mark(void **state)
{
	static const char line[] =
		"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"42\","
		"\"note\":\"n\",\"link\":\"l\",\"time\":\"2026-01-02T03:04:05.5Z\",\"later\":[1]}";
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0}, expected = {0};
	char id[ID_SIZE];

	(void)state;
	ask(&sink, line, strlen(line), &out);
	assert_int_equal(sink.calls, 1);
	assert_string_equal(sink.marker.kind, "deploy");
	assert_string_equal(sink.marker.service, "checkout");
	assert_string_equal(sink.marker.version, "42");
	assert_string_equal(sink.marker.note, "n");
	assert_string_equal(sink.marker.link, "l");
	assert_string_equal(sink.marker.source, "declared");
	assert_string_equal(sink.marker.evidence, "declared by uid 1000 (pid 12)");
	assert_int_equal(sink.time, 1767323045500000000ull);
	id_make(sink.time, 1, id);
	buf_printf(&expected, "{\"id\":\"%s\"}\n", id);
	assert_string_equal(out.data, expected.data);
}

/* Files, HTTP and the command line have another name for it. */
static void test_mark_at(void **state)
{
	static const char line[] =
		"{\"op\":\"mark\",\"kind\":\"flag\",\"service\":\"a\",\"at\":\"2026-01-02T03:04:05.5Z\"}";
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	ask(&sink, line, strlen(line), &out);
	assert_int_equal(sink.calls, 1);
	assert_int_equal(sink.time, 1767323045500000000ull);
}

static void test_mark_now(void **state)
{
	static const char line[] =
		"{\"op\":\"mark\",\"kind\":\"flag\",\"service\":\"a\",\"note\":null,\"time\":null}";
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0};
	uint64_t before = clock_realtime();

	(void)state;
	ask(&sink, line, strlen(line), &out);
	assert_int_equal(sink.calls, 1);
	assert_in_range(sink.time, before, clock_realtime());
	assert_string_equal(sink.marker.note, "");
}

static void test_not_stored(void **state)
{
	static const char line[] = "{\"op\":\"mark\",\"kind\":\"flag\",\"service\":\"a\"}";
	struct sink sink = {.result = -ENOSPC};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	ask(&sink, line, strlen(line), &out);
	assert_string_equal(out.data, "{\"error\":\"the marker was not stored: No space left on device\"}\n");
}

static void test_ping(void **state)
{
	struct sink sink = {0};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	ask(&sink, "{\"op\":\"ping\"}", 13, &out);
	assert_string_equal(out.data, "{\"ok\":true}\n");
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"", "JSON object"},
		{"GET / HTTP/1.1\r", "JSON object"},
		{"[]", "JSON object"},
		{"\"mark\"", "JSON object"},
		{"{\"op\":\"ping\"} {}", "JSON object"},
		{"{\"op\":\"ping\",\"op\":\"mark\"}", "JSON object"},
		{"{\"op\":\"\xff\"}", "JSON object"},
		{"{\"op\":\"ping\\u0000\"}", "JSON object"},
		{"{\"op\":\"\\ud800\"}", "JSON object"},
		{"{\"op\":1e999}", "JSON object"},
		{"{}", "op must be"},
		{"{\"op\":null}", "op must be"},
		{"{\"op\":\"shutdown\"}", "op must be"},
		{"{\"op\":[\"ping\"]}", "op must be"},
		{"{\"op\":\"mark\"}", "kind must be"},
		{"{\"op\":\"mark\",\"kind\":\"rm\",\"service\":\"a\"}", "kind must be"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\"}", "service is missing"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":7}", "must be a string"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":{}}", "must be a string"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\",\"note\":\"\\u001b[2J\"}",
			"note must be"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\\n\"}", "service must be"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\",\"time\":\"soon\"}", "time must be"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\",\"time\":12}", "must be a string"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\",\"at\":\"soon\"}", "time must be"},
		{"{\"op\":\"mark\",\"kind\":\"deploy\",\"service\":\"a\",\"time\":\"2200-01-01T00:00:00Z\"}",
			"future"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].line, strlen(cases[i].line), cases[i].words);
	assert_refused("{\"op\":\"ping\"\0}", 14, "JSON object");
	assert_refused("{\"op\":\"pi\0ng\"}", 14, "JSON object");
}

static void test_deep_nesting(void **state)
{
	char line[CONTROL_REQUEST_MAX];

	(void)state;
	memset(line, '[', sizeof(line));
	assert_refused(line, sizeof(line), "JSON object");
	memset(line, ']', sizeof(line));
	memset(line, '[', 1500);
	assert_refused(line, 3000, "JSON object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_mark_at),
		cmocka_unit_test(test_mark_now),
		cmocka_unit_test(test_not_stored),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_deep_nesting),
	};

	return cmocka_run_group_tests_name("marker_control_request", tests, NULL, NULL);
}
