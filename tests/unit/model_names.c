/* SPDX-License-Identifier: Apache-2.0 */
/* Names of signals, codes, errors and states. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "model/names.h"

static void assert_signal(uint32_t number, const char *expected)
{
	char buf[16];

	assert_string_equal(name_signal(number, buf, sizeof(buf)), expected);
}

static void signals_have_names(void **state)
{
	char number[16];

	(void)state;
	assert_signal(SIGSEGV, "SIGSEGV");
	assert_signal(SIGABRT, "SIGABRT");
	assert_signal(SIGKILL, "SIGKILL");
	assert_signal(SIGSYS, "SIGSYS");
	assert_signal(SIGHUP, "SIGHUP");
	assert_signal((uint32_t)SIGRTMIN, "SIGRTMIN");
	assert_signal((uint32_t)SIGRTMIN + 3, "SIGRTMIN+3");
	snprintf(number, sizeof(number), "SIGRTMIN+%d", SIGRTMAX - SIGRTMIN);
	assert_signal((uint32_t)SIGRTMAX, number);
	snprintf(number, sizeof(number), "SIG%d", SIGRTMAX + 1);
	assert_signal((uint32_t)SIGRTMAX + 1, number);
	assert_signal(0, "SIG0");
	assert_signal(32, "SIG32"); /* the C library's own */
	assert_signal(INT32_MAX, "SIG2147483647");
	assert_signal(UINT32_MAX, "SIG4294967295");
}

static void codes_have_names(void **state)
{
	static const struct {
		uint32_t signal;
		int32_t code;
		const char *name;
	} rows[] = {
		{SIGSEGV, 1, "SEGV_MAPERR"},
		{SIGSEGV, 2, "SEGV_ACCERR"},
		{SIGSEGV, 10, "SEGV_CPERR"},
		{SIGBUS, 1, "BUS_ADRALN"},
		{SIGBUS, 2, "BUS_ADRERR"},
		{SIGBUS, 5, "BUS_MCEERR_AO"},
		{SIGFPE, 1, "FPE_INTDIV"},
		{SIGFPE, 15, "FPE_CONDTRAP"},
		{SIGILL, 2, "ILL_ILLOPN"},
		{SIGILL, 9, "ILL_BADIADDR"},
		{SIGTRAP, 1, "TRAP_BRKPT"},
		{SIGTRAP, 6, "TRAP_PERF"},
		{SIGSYS, 1, "SYS_SECCOMP"},
		{SIGSEGV, 0, "SI_USER"},
		{SIGTERM, 0, "SI_USER"},
		{SIGABRT, -6, "SI_TKILL"},
		{SIGSEGV, 128, "SI_KERNEL"},
		{SIGUSR1, -1, "SI_QUEUE"},
		{SIGALRM, -2, "SI_TIMER"},
		{SIGIO, -5, "SI_SIGIO"},
		{SIGUSR1, -60, "SI_ASYNCNL"},
		{SIGSEGV, 11, NULL},
		{SIGTERM, 1, NULL},
		{SIGBUS, 6, NULL},
		{SIGTRAP, 0x405, NULL},
		{0, 1, NULL},
		{SIGSEGV, INT32_MIN, NULL},
		{SIGSEGV, INT32_MAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = name_signal_code(rows[i].signal, rows[i].code);
		if (rows[i].name && name)
			assert_string_equal(name, rows[i].name);
		else
			assert_ptr_equal(name, rows[i].name);
	}
}

static void addresses_belong_to_faults(void **state)
{
	(void)state;
	assert_true(signal_has_address(SIGSEGV, 1));
	assert_true(signal_has_address(SIGBUS, 2));
	assert_true(signal_has_address(SIGFPE, 1));
	assert_true(signal_has_address(SIGILL, 2));
	assert_true(signal_has_address(SIGTRAP, 1));
	assert_false(signal_has_address(SIGSEGV, 0));     /* kill(1) */
	assert_false(signal_has_address(SIGSEGV, -6));    /* raise() */
	assert_false(signal_has_address(SIGSEGV, 128));   /* a general protection fault */
	assert_false(signal_has_address(SIGTRAP, 0x405)); /* ptrace */
	assert_false(signal_has_address(SIGSYS, 1));
	assert_false(signal_has_address(SIGKILL, 1));
	assert_false(signal_has_address(SIGSEGV + 256, 1));
}

static void cores_are_of_signal_7(void **state)
{
	static const uint32_t cores[] = {
		SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};

	(void)state;
	for (uint32_t signal = 0; signal < 600; signal++) {
		bool core = false;
		for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++)
			core |= cores[i] == signal;
		assert_int_equal(signal_dumps_core(signal), core);
	}
}

static void errors_have_names_both_ways(void **state)
{
	(void)state;
	assert_string_equal(name_errno(EACCES), "EACCES");
	assert_string_equal(name_errno(EAGAIN), "EAGAIN");
	assert_string_equal(name_errno(ECONNREFUSED), "ECONNREFUSED");
	assert_string_equal(name_errno(EHWPOISON), "EHWPOISON");
	assert_null(name_errno(0));
	assert_null(name_errno(512)); /* ERESTARTSYS never leaves the kernel */
	assert_null(name_errno(UINT32_MAX));
	assert_int_equal(errno_by_name("EACCES"), EACCES);
	assert_int_equal(errno_by_name("0"), 0);
	assert_int_equal(errno_by_name(""), 0);
	assert_int_equal(errno_by_name("eacces"), 0);
	assert_int_equal(errno_by_name("ENOSUCH"), 0);
	for (uint32_t error = 1; error < 4096; error++)
		if (name_errno(error))
			assert_int_equal(errno_by_name(name_errno(error)), error);
}

static void tcp_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(name_tcp_state(1), "ESTABLISHED");
	assert_string_equal(name_tcp_state(2), "SYN_SENT");
	assert_string_equal(name_tcp_state(7), "CLOSE");
	assert_string_equal(name_tcp_state(12), "NEW_SYN_RECV");
	assert_null(name_tcp_state(0));
	assert_null(name_tcp_state(14));
	assert_null(name_tcp_state(255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_have_names),
		cmocka_unit_test(codes_have_names),
		cmocka_unit_test(addresses_belong_to_faults),
		cmocka_unit_test(cores_are_of_signal_7),
		cmocka_unit_test(errors_have_names_both_ways),
		cmocka_unit_test(tcp_states_have_names),
	};

	return cmocka_run_group_tests_name("model_names", tests, NULL, NULL);
}
