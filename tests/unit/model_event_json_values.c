/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON: what is not known, numbers without a name, and bytes of hostile processes. */
#include "unit/event_json_test.h"

#include <signal.h>
#include <stdlib.h>

#include "base/text.h"

/* The value at OBJECT.KEY as text, "absent" or "null". */
static void assert_value(const struct event *e, const char *object, const char *key, const char *expected)
{
	_cleanup_buf_ struct buf text = {0};

	event_json(e, &text);
	json_t *root = parse(&text);
	json_t *value = json_object_get(*object ? json_object_get(root, object) : root, key);
	char *actual = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : strdup("absent");
	assert_string_equal(actual, expected);
	free(actual);
	json_decref(root);
}

static void unknown_is_absent_or_null(void **state)
{
	struct event *e = of_process(EVENT_CRASH);

	(void)state;
	assert_value(e, "", "service", "absent");
	assert_value(e, "", "signal", "absent");
	assert_value(e, "", "missing", "absent");
	assert_value(e, "", "killer", "absent");
	assert_value(e, "", "oom", "absent");
	assert_value(e, "process", "ppid", "absent");
	assert_value(e, "process", "uid", "absent");
	assert_value(e, "process", "start", "absent");
	assert_value(e, "process", "cmdline", "absent");
	assert_value(e, "exit", "signal", "absent");
	assert_value(e, "exit", "status", "null");
	e->process.has_ids = true; /* then 0 is a value */
	e->process.ns_pid = 4242;  /* but this one says nothing new */
	assert_value(e, "process", "ppid", "0");
	assert_value(e, "process", "uid", "0");
	assert_value(e, "process", "gid", "0");
	assert_value(e, "process", "ns_pid", "absent");
	e->process.key.pid = 0;
	assert_value(e, "", "process", "absent");
}

static void unknown_numbers_are_written(void **state)
{
	struct event *e = of_process(EVENT_CRASH);

	(void)state;
	e->death.signal = SIGSEGV;
	e->death.code = INT32_MIN;
	assert_value(e, "signal", "code", "absent");
	e->death.has_fault = true;
	assert_value(e, "signal", "code", "\"-2147483648\"");
	assert_value(e, "signal", "address", "absent");
	e->death.has_address = true;
	e->death.address = UINT64_MAX;
	assert_value(e, "signal", "address", "\"0xffffffffffffffff\"");
	e->death.core_dumped = 1;
	assert_value(e, "exit", "core_dumped", "true");
	e->death.oom.scope = OOM_HOST;
	assert_value(e, "oom", "scope", "\"host\"");
	assert_value(e, "oom", "limit", "absent");
	assert_value(e, "oom", "trigger", "absent");

	e = of_process(EVENT_SYSCALL_ERRORS);
	e->syscall.error = 4000;
	assert_value(e, "", "errno", "\"4000\"");
	assert_value(e, "", "subjects", "absent");
}

/* Every field as full as it can be, of bytes that need the most room. */
static void hostile_events_are_one_valid_line(void **state)
{
	_cleanup_buf_ struct buf text = {0};
	struct event *e = of_process(EVENT_KILL);
	char evil[RECORD_PATH];

	(void)state;
	memset(evil, 0x1B, sizeof(evil) - 1);
	evil[sizeof(evil) - 1] = '\0';
	text_copy(e->host.name, sizeof(e->host.name), evil);
	text_copy(e->service.name, sizeof(e->service.name), evil);
	text_copy(e->service.cgroup, sizeof(e->service.cgroup), evil);
	text_copy(e->process.comm, sizeof(e->process.comm), evil);
	text_copy(e->process.exe, sizeof(e->process.exe), evil);
	memset(e->process.args, 0, sizeof(e->process.args)); /* 513 empty arguments */
	e->process.args_len = RECORD_ARGS;
	e->death.killer.known = true;
	e->death.killer.kin_count = RECORD_ANCESTRY;
	for (int i = 0; i < RECORD_ANCESTRY; i++)
		text_copy(e->death.killer.kin[i].comm, RECORD_COMM, evil);
	for (int i = 0; i < EVENT_MISSING_MAX; i++)
		event_missing_add(e, "exe", "gone");
	event_json(e, &text);
	for (size_t i = 0; i < text.len; i++)
		assert_true(text.data[i] >= 0x20);

	json_t *root = parse(&text);
	json_t *process = json_object_get(root, "process");
	assert_string_equal(json_string_value(json_object_get(process, "exe")), evil);
	assert_int_equal(json_array_size(json_object_get(process, "cmdline")), EVENT_ARGS_MAX);
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "killer"), "ancestry")),
		RECORD_ANCESTRY);
	json_decref(root);

	/* Arguments without a NUL end with args_len. */
	memset(e->process.args, 'a', sizeof(e->process.args));
	e->process.args_len = 3;
	assert_value(e, "process", "cmdline", "[\"aaa\"]");
}

static void events_append(void **state)
{
	_cleanup_buf_ struct buf one = {0}, two = {0};
	struct event *e = of_process(EVENT_EXIT_FAILURE);

	(void)state;
	event_json(e, &one);
	event_json(e, &two);
	buf_char(&two, '\n');
	event_json(e, &two);
	assert_int_equal(two.len, 2 * one.len + 1);
	assert_memory_equal(two.data, one.data, one.len);
	assert_string_equal(two.data + one.len + 1, one.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_is_absent_or_null),
		cmocka_unit_test(unknown_numbers_are_written),
		cmocka_unit_test(hostile_events_are_one_valid_line),
		cmocka_unit_test(events_append),
	};

	return cmocka_run_group_tests_name("model_event_json_values", tests, NULL, NULL);
}
