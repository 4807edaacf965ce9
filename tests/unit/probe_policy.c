/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of system calls: pairs by name as the kernel will see them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "bpf/syscall.h"
#include "probe/policy.h"

static int policy_setup(void **state)
{
	struct syscall_policy *policy;

	assert_int_equal(policy_new(&policy), 0);
	*state = policy;
	return 0;
}

static int policy_teardown(void **state)
{
	policy_free(*state);
	return 0;
}

static const struct lw_call_policy *row(void *policy, long call)
{
	const struct lw_call_policy *rows;
	size_t size;

	rows = policy_rows(policy, &size);
	assert_int_equal(size, (LW_CALLS + 1) * sizeof(*rows));
	return &rows[call];
}

static bool routine(void *policy, long call, int error)
{
	return row(policy, call)->routine[error / 64] >> (error % 64) & 1;
}

static void defaults(void **state)
{
	assert_true(routine(*state, SYS_openat, ENOENT));
	assert_false(routine(*state, SYS_openat, EACCES));
	assert_true(routine(*state, SYS_ioctl, ENOTTY));
	assert_true(routine(*state, SYS_futex, ETIMEDOUT)); /* over 63 */
	assert_true(routine(*state, SYS_read, EAGAIN));
	assert_true(routine(*state, LW_CALLS, EAGAIN)); /* calls without a row of their own */
	assert_false(routine(*state, LW_CALLS, ENOENT));
	assert_false(routine(*state, SYS_clone, EAGAIN)); /* no more processes */
	assert_false(routine(*state, SYS_clone3, EAGAIN));
	assert_int_equal(row(*state, SYS_openat)->subject_kind, LW_SUBJECT_PATH);
	assert_int_equal(row(*state, SYS_openat)->subject_arg, 1);
	assert_int_equal(row(*state, SYS_connect)->subject_kind, LW_SUBJECT_ADDRESS);
	assert_int_equal(row(*state, SYS_write)->subject_kind, LW_SUBJECT_FILE);
	assert_int_equal(row(*state, SYS_close)->subject_kind, LW_SUBJECT_NONE);
}

static void pairs(void **state)
{
	assert_null(policy_set(*state, "openat:EACCES", true));
	assert_true(routine(*state, SYS_openat, EACCES));
	assert_false(routine(*state, SYS_execve, EACCES));
	assert_null(policy_set(*state, "openat:EACCES", false)); /* report after ignore */
	assert_false(routine(*state, SYS_openat, EACCES));
	assert_true(routine(*state, SYS_openat, ENOENT));
	assert_null(policy_set(*state, "openat:ENOENT", false));
	assert_null(policy_set(*state, "openat:ENOENT", false));
	assert_false(routine(*state, SYS_openat, ENOENT));
	assert_null(policy_set(*state, "openat:EHWPOISON", true)); /* the highest number */
	assert_true(routine(*state, SYS_openat, EHWPOISON));
}

static void all_calls(void **state)
{
	assert_null(policy_set(*state, "*:EPERM", true));
	for (long call = 0; call <= LW_CALLS; call++)
		assert_true(routine(*state, call, EPERM));
	assert_null(policy_set(*state, "*:EPERM", false));
	for (long call = 0; call <= LW_CALLS; call++)
		assert_false(routine(*state, call, EPERM));
	assert_null(policy_set(*state, "none", true));
	for (long call = 0; call <= LW_CALLS; call++)
		for (int error = 0; error < 256; error++)
			assert_false(routine(*state, call, error));
	assert_int_equal(row(*state, SYS_openat)->subject_kind, LW_SUBJECT_PATH);
}

/* The same file serves many hosts: names that only another architecture has are no mistakes. */
static void foreign_names(void **state)
{
	static const char *const foreign[] = {
		"socketcall:EPERM", "arm_fadvise64_64:EPERM", "riscv_flush_icache:EPERM"};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
		assert_null(policy_set(*state, foreign[i], true));
	for (long call = 0; call <= LW_CALLS; call++)
		assert_false(call != SYS_setpgid && routine(*state, call, EPERM) && call != SYS_epoll_ctl);
}

static void bad_pairs(void **state)
{
	static const char *const bad[] = {"", ":", "openat", "openat:", ":ENOENT", "openat:NOENT", "openat:2",
		"openat:enoent", "opena:ENOENT", "openat :ENOENT", "openat: ENOENT", "**:ENOENT",
		"openat:ENOENT:", "NONE"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!policy_set(*state, bad[i], true))
			fail_msg("'%s' was taken", bad[i]);
}

#define POLICY_TEST(f) cmocka_unit_test_setup_teardown(f, policy_setup, policy_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {POLICY_TEST(defaults), POLICY_TEST(pairs),
		POLICY_TEST(all_calls), POLICY_TEST(foreign_names), POLICY_TEST(bad_pairs)};

	return cmocka_run_group_tests_name("probe_policy", tests, NULL, NULL);
}
