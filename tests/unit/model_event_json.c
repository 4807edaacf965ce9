/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON: one of each kind against tests/golden. */
#include "unit/event_json_test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/text.h"

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
	};

	return cmocka_run_group_tests_name("model_event_json", tests, NULL, NULL);
}
