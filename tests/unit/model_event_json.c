/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON: one of each kind against tests/golden, and the hostile ones. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/event.h"

#define NOW 1795344369123456789ull /* 2026-11-22T10:46:09.123456789Z */

static json_t *parse(const struct buf *text)
{
	json_error_t error;
	json_t *root = json_loadb(buf_text(text), text->len, JSON_REJECT_DUPLICATES, &error);

	assert_false(text->failed);
	if (!root)
		fail_msg("%s in %s", error.text, buf_text(text));
	assert_null(strchr(buf_text(text), '\n'));
	return root;
}

/* Compares with tests/golden/event_NAME.json, the order of keys included. */
static void assert_golden_of(const struct event *event, const char *name)
{
	_cleanup_buf_ struct buf text = {0}, path = {0};
	json_error_t error;

	event_json(event, &text);
	buf_printf(&path, "tests/golden/event_%s.json", name);
	json_t *golden = json_load_file(buf_text(&path), JSON_REJECT_DUPLICATES, &error);
	if (!golden)
		fail_msg("%s: %s", buf_text(&path), error.text);
	json_t *actual = parse(&text);
	char *expected_text = json_dumps(golden, JSON_INDENT(2));
	char *actual_text = json_dumps(actual, JSON_INDENT(2));
	/* Reals and integers are one type to JSON, but not to jansson: 1 and 1.0 would differ, as they
	 * should. */
	assert_string_equal(actual_text, expected_text);
	free(expected_text);
	free(actual_text);
	json_decref(golden);
	json_decref(actual);
}

static void assert_golden(const struct event *event)
{
	assert_golden_of(event, event_kind_name(event->kind));
}

static void fill_host(struct event *e, enum event_kind kind)
{
	*e = (struct event){.time = NOW, .kind = kind};
	strcpy(e->id, "01M3AANGM307PDAAAAAAAAAAAA");
	strcpy(e->host.name, "web-1");
	strcpy(e->host.boot_id, "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11");
}

static struct event *of_process(enum event_kind kind)
{
	static struct event event;

	fill_host(&event, kind);
	event.process.key.pid = 4242;
	event.process.tid = 4243;
	strcpy(event.process.comm, "worker");
	return &event;
}

static void add_call(struct event *e, const char *service, const char *remote)
{
	struct event_call *call = &e->calls[e->call_count++];

	text_copy(call->service, sizeof(call->service), service);
	text_copy(call->remote, sizeof(call->remote), remote);
}

static void crash(void **state)
{
	static const char args[] = "/srv/app/worker\0\0--name=\x1B[31m\"x\"\n";
	struct event *e = of_process(EVENT_CRASH);

	(void)state;
	strcpy(e->service.name, "checkout");
	strcpy(e->service.unit, "checkout.service");
	strcpy(e->service.slice, "system.slice");
	strcpy(e->service.container_id, "9f8e7d6c5b4a");
	strcpy(e->service.container_runtime, "containerd");
	strcpy(e->service.pod_uid, "0a1b2c3d-0000-1111-2222-333344445555");
	strcpy(e->service.pod_qos, "burstable");
	strcpy(e->service.cgroup, "/system.slice/checkout.service");
	strcpy(e->service.version, "42");
	strcpy(e->service.user, "1000");
	e->process.ns_pid = 7;
	e->process.ppid = 1;
	e->process.uid = 1000;
	e->process.gid = 100;
	e->process.has_ids = true;
	e->process.age = 12500 * NS_PER_MS;
	e->process.start = NOW - e->process.age;
	strcpy(e->process.exe, "/srv/app/worker");
	memcpy(e->process.args, args, sizeof(args));
	e->process.args_len = sizeof(args); /* with the last NUL, as the kernel keeps it */
	e->death.signal = SIGSEGV;
	e->death.code = 1;
	e->death.has_fault = true;
	e->death.has_address = true;
	e->death.end_signal = SIGABRT;
	strcpy(e->death.no_core_reason, "RLIMIT_CORE is 0");
	event_missing_add(e, "stack", "not captured");
	add_call(e, "orders", "127.0.0.1:8080");
	add_call(e, "cache\x1B", "[::1]:6379");
	add_call(e, "", "198.51.100.7:443");
	text_copy(e->calls[2].remote_name, sizeof(e->calls[2].remote_name), "pay.example.org");
	add_call(e, "", "[2001:db8::7]:443");
	text_copy(e->callers[e->caller_count++], EVENT_SERVICE_NAME, "shop");
	text_copy(e->callers[e->caller_count++], EVENT_SERVICE_NAME, "feed\n");
	assert_golden(e);

	e->process.args_len--; /* and without it */
	assert_golden(e);
}

static void oom_kill(void **state)
{
	struct event *e = of_process(EVENT_OOM_KILL);

	(void)state;
	e->death.signal = SIGKILL;
	e->death.end_signal = SIGKILL; /* the same one: not said twice */
	e->death.core_dumped = -1;
	e->death.killer.known = true;
	e->death.killer.class = "kernel";
	e->death.oom = (struct record_oom){.scope = OOM_CGROUP,
		.limit = 33554432,
		.usage = 33550336,
		.score_adj = -500,
		.trigger_pid = 4300,
		.trigger_comm = "greedy",
		.cgroup = "/system.slice/checkout.service"};
	assert_golden(e);
	text_copy(e->death.killer.reason, sizeof(e->death.killer.reason), "the OOM killer");
	e->death.scene = (struct record_oom_scene){.victim = {4242, 1},
		.marked = 5,
		.read = 1000005,
		.process_count = 2,
		.stat_count = 2,
		.largest = {{31 << 20, 4242, -500, "worker"}, {1 << 20, 4300, 0, "greedy"}},
		.stats = {{"anon", 32 << 20}, {"file", 4096}}};
	e->death.limits = (struct record_limits){.known = true,
		.has_memory = true,
		.has_files = true,
		.files_cut = true,
		.nofile = 1024,
		.as = LIMIT_NONE,
		.stack = 8 << 20,
		.size = 64 << 20,
		.rss = 31 << 20,
		.peak = 32 << 20,
		.files = 7};
	e->process.threads = 3;
	assert_golden_of(e, "oom_scene");
}

static void killer_at_a_terminal(void **state)
{
	struct event *e = of_process(EVENT_KILL);
	struct event_killer *k = &e->death.killer;

	(void)state;
	e->death.signal = SIGKILL;
	*k = (struct event_killer){.known = true,
		.key.pid = 77,
		.uid = 0,
		.comm = "bash",
		.class = "operator",
		.reason = "bash with tty pts/3, login uid 1000"};
	k->origin = (struct record_origin){.has_login = true, .login_uid = 1000, .tty = "pts/3"};
	assert_golden_of(e, "killer");
}

static void stack_overflow(void **state)
{
	struct event *e = of_process(EVENT_CRASH);

	(void)state;
	e->death.signal = SIGSEGV;
	e->death.reason = "stack overflow";
	e->death.reason_text = "the first thread's stack could not grow any more (RLIMIT_STACK)";
	assert_golden_of(e, "overflow");
}

static void kill_by_operator(void **state)
{
	struct event *e = of_process(EVENT_KILL);

	(void)state;
	e->death.signal = SIGTERM;
	e->death.has_fault = true;
	e->death.killer = (struct event_killer){.known = true,
		.key.pid = 900,
		.comm = "kill",
		.exe = "/usr/bin/kill",
		.class = "operator",
		.kin_count = 2,
		.kin = {{890, "bash"}, {880, "sshd"}}};
	assert_golden(e);
}

static void exit_failure(void **state)
{
	struct event *e = of_process(EVENT_EXIT_FAILURE);

	(void)state;
	e->death.status = 3;
	strcpy(e->service.cgroup, "/user.slice");
	assert_golden(e);
}

static void exception(void **state)
{
	static struct exception x = {.language = "python", .type = "KeyError", .message = "'id'"};
	struct event *e = of_process(EVENT_EXCEPTION);

	(void)state;
	x.frame_count = 1;
	x.frames[0] = (struct exception_frame){.function = "pay", .file = "/srv/app/pay.py", .line = 8};
	e->exception = (struct event_exception){.exception = &x, .count = 3, .interval = NS_PER_SEC / 2};
	assert_golden(e);
}

static void syscall_errors(void **state)
{
	struct event *e = of_process(EVENT_SYSCALL_ERRORS);

	(void)state;
	e->syscall = (struct event_syscall){.name = "openat",
		.error = ENOENT,
		.count = INT64_MAX,
		.interval = 10250 * NS_PER_MS,
		.subjects = {{"/etc/app.key", 12}, {"\xFF\xE2\x80\xAE", 1}},
		.subject_count = 2};
	assert_golden(e);
}

static void tcp_reset(void **state)
{
	struct event *e = of_process(EVENT_TCP_RESET);

	(void)state;
	e->tcp = (struct event_tcp){.direction = "sent",
		.local = "10.0.0.1:443",
		.remote = "[2001:db8::1]:*",
		.state = "ESTABLISHED",
		.reason = "TCP_RFC7323_PAWS",
		.count = 3,
		.interval = NS_PER_SEC,
		.netns = 4026531840};
	assert_golden(e);
}

static void connect_failure(void **state)
{
	struct event *e = of_process(EVENT_CONNECT_FAILURE);

	(void)state;
	e->tcp = (struct event_tcp){.local = "10.0.0.1:40000",
		.remote = "10.0.0.2:5432",
		.remote_name = "db.example",
		.error = ECONNREFUSED,
		.count = 7,
		.interval = 5 * NS_PER_SEC};
	add_call(e, "orders", "127.0.0.1:8080");
	assert_golden(e);
}

static void listen_stopped(void **state)
{
	struct event *e = of_process(EVENT_LISTEN);

	(void)state;
	strcpy(e->service.name, "shop");
	strcpy(e->service.unit, "shop.service");
	e->service.has_listening = true;
	e->listen = (struct event_listen){.state = "stopped", .port = 8080};
	assert_golden(e);
}

static void marker(void **state)
{
	static struct event e;

	(void)state;
	fill_host(&e, EVENT_MARKER);
	strcpy(e.service.name, "checkout");
	strcpy(e.service.version, "43");
	e.marker = (struct event_marker){.kind = "deploy",
		.service = "checkout",
		.version = "43",
		.source = "declared",
		.evidence = "uid 1000 by the control socket",
		.note = "canary \"1\"",
		.link = "https://example.org/deploys/43"};
	assert_golden(&e);
}

static void gap(void **state)
{
	static struct event e;

	(void)state;
	fill_host(&e, EVENT_GAP);
	e.gap = (struct event_gap){
		.reason = "ring_full", .source = "tcp", .count = 17, .interval = 60 * NS_PER_SEC};
	assert_golden(&e);
}

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
		cmocka_unit_test(crash),
		cmocka_unit_test(oom_kill),
		cmocka_unit_test(killer_at_a_terminal),
		cmocka_unit_test(stack_overflow),
		cmocka_unit_test(kill_by_operator),
		cmocka_unit_test(exit_failure),
		cmocka_unit_test(exception),
		cmocka_unit_test(syscall_errors),
		cmocka_unit_test(tcp_reset),
		cmocka_unit_test(connect_failure),
		cmocka_unit_test(listen_stopped),
		cmocka_unit_test(marker),
		cmocka_unit_test(gap),
		cmocka_unit_test(unknown_is_absent_or_null),
		cmocka_unit_test(unknown_numbers_are_written),
		cmocka_unit_test(hostile_events_are_one_valid_line),
		cmocka_unit_test(events_append),
	};

	return cmocka_run_group_tests_name("model_event_json", tests, NULL, NULL);
}
