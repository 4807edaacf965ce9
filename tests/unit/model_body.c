/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of an event's JSON for those it is handed on to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "model/body.h"

static void paths(void **state)
{
	json_t *object = json_pack("{s:{s:i,s:n}, s:s}", "process", "pid", 7, "tid", "kind", "crash");

	(void)state;
	assert_int_equal(json_integer_value(body_at(object, "process.pid")), 7);
	assert_null(body_at(object, "process.tid"));
	assert_null(body_at(object, "process.pid.more"));
	assert_null(body_at(NULL, "process"));
	assert_string_equal(body_text(object, "kind"), "crash");
	assert_string_equal(body_text(object, "process.pid"), "");
	json_decref(object);
}

static void ends_of_connections(void **state)
{
	static const struct {
		const char *text, *address;
		int port;
	} cases[] = {
		{"192.0.2.1:443", "192.0.2.1", 443},
		{"[2001:db8::1]:53", "2001:db8::1", 53},
		{"192.0.2.1:*", "192.0.2.1", -1},
		{"*:*", "*", -1},
		{"/run/app.sock", "/run/app.sock", -1},
		{"unix:/run/app:1", "/run/app:1", -1},
		{"unix:@app", "@app", -1},
		{"192.0.2.1:65536", "192.0.2.1:65536", -1},
		{"odd:thing", "odd:thing", -1},
		{"[]:1", "[]", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *object = json_pack("{s:s}", "remote", cases[i].text);
		struct body_end end;

		assert_true(body_end(object, "remote", &end));
		assert_int_equal(end.len, strlen(cases[i].address));
		assert_memory_equal(end.address, cases[i].address, end.len);
		assert_int_equal(end.port, cases[i].port);
		assert_false(body_end(object, "local", &end));
		json_decref(object);
	}
}

static void last_lines(void **state)
{
	static const char *const cases[][2] = {
		{"one\ntwo\n", "two"}, {"one", "one"}, {"one\n\n \r\n", "one"}, {" \n", NULL}, {"", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *object = json_pack("{s:{s:s}}", "last_words", "text", cases[i][0]);
		size_t len = 0;
		const char *line = body_last_line(object, &len);

		if (cases[i][1])
			assert_memory_equal(line, cases[i][1], strlen(cases[i][1]));
		else
			assert_null(line);
		assert_int_equal(len, cases[i][1] ? strlen(cases[i][1]) : 0);
		json_decref(object);
	}
}

static void build_ids(void **state)
{
	json_t *object = json_pack("{s:{s:s}, s:{s:[{s:s,s:s},{s:s,s:s}]}}", "process", "exe", "/a", "stack",
		"frames", "module", "/lib", "build_id", "11", "module", "/a", "build_id", "22");

	(void)state;
	assert_string_equal(json_string_value(body_build_id(object)), "22");
	json_object_del(object, "process");
	assert_null(body_build_id(object));
	json_decref(object);
}

static void deaths(void **state)
{
	(void)state;
	assert_true(body_is_death("oom_kill"));
	assert_false(body_is_death("exception"));
	assert_false(body_is_death("incident"));
	assert_false(body_is_death(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(ends_of_connections),
		cmocka_unit_test(last_lines),
		cmocka_unit_test(build_ids),
		cmocka_unit_test(deaths),
	};

	return cmocka_run_group_tests_name("model_body", tests, NULL, NULL);
}
