/* SPDX-License-Identifier: Apache-2.0 */
/* What user space encodes decodes to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "probe/decode.h"
#include "probe/internal.h"

static struct record decode_ok(const struct buf *out)
{
	struct record r;

	assert_int_equal(decode(out->data, out->len, &r), 0);
	return r;
}

static struct record_exec process_of(const char *exe, const char *cgroup)
{
	struct record_exec p = {.task = {.key = {42, 5},
					.tid = 42,
					.ppid = 7,
					.ns_pid = 2,
					.uid = 1000,
					.gid = 1001,
					.comm = "a (b) c"},
		.inode = 11,
		.mtime = 12,
		.device = 13,
		.args = "worker\0--fast",
		.args_len = 14};

	text_copy(p.exe, sizeof(p.exe), exe);
	text_copy(p.cgroup.v2, sizeof(p.cgroup.v2), cgroup);
	text_copy(p.cgroup.v1, sizeof(p.cgroup.v1), "/");
	return p;
}

static void gone(void **state)
{
	_cleanup_buf_ struct buf out = {0};
	struct record r;

	(void)state;
	probe_encode_gone((struct process_key){.pid = 42, .start = 5}, 99, &out);
	r = decode_ok(&out);
	assert_int_equal(r.type, RECORD_EXIT);
	assert_int_equal(r.time, 99);
	assert_true(r.exit.key.pid == 42 && r.exit.key.start == 5 && r.exit.found);
}

static void seed(void **state)
{
	struct record_exec p = process_of("/srv/app/worker", "/system.slice/shop.service");
	_cleanup_buf_ struct buf out = {0};
	struct record r;

	(void)state;
	probe_encode_seed(&p, 99, &out);
	r = decode_ok(&out);
	assert_int_equal(r.type, RECORD_SEED);
	assert_int_equal(r.time, 99);
	assert_memory_equal(&r.exec.task.key, &p.task.key, sizeof(p.task.key));
	assert_true(r.exec.task.tid == 42 && r.exec.task.ppid == 7 && r.exec.task.ns_pid == 2);
	assert_true(r.exec.task.uid == 1000 && r.exec.task.gid == 1001);
	assert_true(r.exec.inode == 11 && r.exec.mtime == 12 && r.exec.device == 13 && !r.exec.args_cut);
	assert_string_equal(r.exec.task.comm, p.task.comm);
	assert_string_equal(r.exec.exe, p.exe);
	assert_string_equal(r.exec.cgroup.v2, p.cgroup.v2);
	assert_string_equal(r.exec.cgroup.v1, "/");
	assert_int_equal(r.exec.args_len, 14);
	assert_memory_equal(r.exec.args, p.args, 14);
}

/* Paths as /proc may tell them: what cannot be sent whole is left out, and the rest arrives. */
static void odd_paths(void **state)
{
	static const char *const left_out[] = {"", "(unreachable)/x", "pipe:[1]"};
	char path[RECORD_PATH] = "";
	_cleanup_buf_ struct buf out = {0};
	struct record_exec p;

	(void)state;
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
		p = process_of(left_out[i], "/../../x");
		buf_reset(&out);
		probe_encode_seed(&p, 0, &out);
		assert_string_equal(decode_ok(&out).exec.exe, "");
		assert_string_equal(decode_ok(&out).exec.cgroup.v2, "/../../x");
	}
	for (size_t len = LW_PATH - 1; len <= LW_PATH + 1; len++) {
		memset(path, 'x', len);
		path[0] = path[300] = '/';
		p = process_of(path, path);
		buf_reset(&out);
		probe_encode_seed(&p, 0, &out);
		assert_string_equal(decode_ok(&out).exec.exe, len <= LW_PATH ? path : "");
	}
}

static void largest_seed(void **state)
{
	char path[LW_PATH + 1] = "";
	_cleanup_buf_ struct buf out = {0};
	struct record_exec p;

	(void)state;
	memset(path, 'x', LW_PATH);
	path[0] = '/';
	p = process_of(path, path);
	text_copy(p.cgroup.v1, sizeof(p.cgroup.v1), path);
	memset(p.args, 'a', LW_ARGS);
	p.args_len = LW_ARGS;
	p.args_cut = true;
	probe_encode_seed(&p, 0, &out);
	assert_int_equal(decode_ok(&out).exec.args_len, LW_ARGS);
	assert_true(decode_ok(&out).exec.args_cut);
	assert_string_equal(decode_ok(&out).exec.cgroup.v1, path);
}

static void host(void **state)
{
	struct record_host h = {"web-1", "834b311d-4506-471b-be43-8fc205b6171f", "x86_64", "6.1.0", ""}, full;
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	probe_encode_host(&h, 77, &out);
	assert_int_equal(decode_ok(&out).time, 77);
	assert_string_equal(decode_ok(&out).host.name, h.name);
	assert_string_equal(decode_ok(&out).host.boot_id, h.boot_id);
	assert_string_equal(decode_ok(&out).host.machine, h.machine);
	assert_string_equal(decode_ok(&out).host.release, h.release);
	assert_string_equal(decode_ok(&out).host.core_pattern, "");
	memset(&full, 'x', sizeof(full));
	full.name[sizeof(full.name) - 1] = full.boot_id[sizeof(full.boot_id) - 1] = '\0';
	full.machine[sizeof(full.machine) - 1] = full.release[sizeof(full.release) - 1] = '\0';
	full.core_pattern[sizeof(full.core_pattern) - 1] = '\0';
	buf_reset(&out);
	probe_encode_host(&full, 0, &out);
	assert_string_equal(decode_ok(&out).host.name, full.name);
	assert_string_equal(decode_ok(&out).host.core_pattern, full.core_pattern);
}

static void oom_scene(void **state)
{
	struct record_oom_scene scene = {
		.victim = {42, 5}, .marked = 7, .read = 9, .process_count = 2, .stat_count = 1};
	_cleanup_buf_ struct buf out = {0};
	struct record_oom_mark mark;
	struct record r;

	(void)state;
	scene.largest[0] =
		(struct record_oom_process){.rss = 11, .pid = 42, .score_adj = -3, .comm = "worker"};
	scene.largest[1] = (struct record_oom_process){.rss = 10, .pid = 43, .comm = "a name of 15 by"};
	scene.stats[0] = (struct record_oom_stat){.name = "slab_unreclaimable", .bytes = 12};
	probe_encode_oom_scene(&scene, &out);
	r = decode_ok(&out);
	assert_memory_equal(&r.oom_scene, &scene, sizeof(scene));
	assert_false(probe_is_oom_mark(out.data, out.len, &mark));
}

static void reasons(void **state)
{
	static struct probe probe;
	_cleanup_buf_ struct buf out = {0};
	struct record r;

	(void)state;
	probe_encode_reset_reasons(&probe, 1, &out);
	assert_int_equal(out.len, 0);
	buf_append(&probe.reset_reasons, "A\0\0BC", 6);
	probe_encode_reset_reasons(&probe, 1, &out);
	r = decode_ok(&out);
	assert_int_equal(r.reasons.count, 3);
	assert_string_equal(r.reasons.text + r.reasons.offset[2], "BC");
	while (probe.reset_reasons.len <= LW_MSG_MAX)
		buf_append(&probe.reset_reasons, "ABCDEFG", 8);
	buf_reset(&out);
	probe_encode_reset_reasons(&probe, 1, &out);
	assert_int_equal(out.len, 0);
	buf_free(&probe.reset_reasons);
}

static void tick(void **state)
{
	_cleanup_buf_ struct buf out = {0};
	uint64_t boot = clock_boottime(), real = clock_realtime();
	struct record r;

	(void)state;
	probe_encode_tick(&out);
	r = decode_ok(&out);
	assert_int_equal(r.type, RECORD_TICK);
	assert_in_range(r.time - boot, 0, 60 * NS_PER_SEC);
	assert_in_range(r.tick.realtime - real, 0, 60 * NS_PER_SEC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(seed), cmocka_unit_test(gone),
		cmocka_unit_test(odd_paths), cmocka_unit_test(largest_seed), cmocka_unit_test(host),
		cmocka_unit_test(oom_scene), cmocka_unit_test(reasons), cmocka_unit_test(tick)};

	return cmocka_run_group_tests_name("probe_encode", tests, NULL, NULL);
}
