/* SPDX-License-Identifier: Apache-2.0 */
/* Names of signals, their codes, errors, TCP states, and of what records come from. */
#include "model/names.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ERRNO_MAX 4095 /* of the kernel's error pointers, include/linux/err.h */
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define CODE(sig, si)                                                                                        \
	{                                                                                                    \
		sig, si, #si                                                                                 \
	}

const char *name_signal(uint32_t signal, char *buf, size_t size)
{
	const char *abbrev = signal <= INT32_MAX ? sigabbrev_np((int)signal) : NULL;
	int64_t realtime = (int64_t)signal - SIGRTMIN;

	if (abbrev)
		snprintf(buf, size, "SIG%s", abbrev);
	else if (realtime == 0)
		snprintf(buf, size, "SIGRTMIN");
	else if (realtime > 0 && signal <= (uint32_t)SIGRTMAX)
		snprintf(buf, size, "SIGRTMIN+%d", (int)realtime);
	else
		snprintf(buf, size, "SIG%u", signal);
	return buf;
}

/* From the kernel's include/uapi/asm-generic/siginfo.h; as numbers where older C libraries lack the constant.
 * Signal 0 stands for any. */
static const struct {
	uint32_t signal;
	int32_t code;
	const char *name;
} codes[] = {
	CODE(SIGSEGV, SEGV_MAPERR),
	CODE(SIGSEGV, SEGV_ACCERR),
	CODE(SIGSEGV, SEGV_BNDERR),
	CODE(SIGSEGV, SEGV_PKUERR),
	CODE(SIGSEGV, SEGV_ACCADI),
	CODE(SIGSEGV, SEGV_ADIDERR),
	CODE(SIGSEGV, SEGV_ADIPERR),
	{SIGSEGV, 8, "SEGV_MTEAERR"},
	{SIGSEGV, 9, "SEGV_MTESERR"},
	{SIGSEGV, 10, "SEGV_CPERR"},
	CODE(SIGBUS, BUS_ADRALN),
	CODE(SIGBUS, BUS_ADRERR),
	CODE(SIGBUS, BUS_OBJERR),
	CODE(SIGBUS, BUS_MCEERR_AR),
	CODE(SIGBUS, BUS_MCEERR_AO),
	CODE(SIGFPE, FPE_INTDIV),
	CODE(SIGFPE, FPE_INTOVF),
	CODE(SIGFPE, FPE_FLTDIV),
	CODE(SIGFPE, FPE_FLTOVF),
	CODE(SIGFPE, FPE_FLTUND),
	CODE(SIGFPE, FPE_FLTRES),
	CODE(SIGFPE, FPE_FLTINV),
	CODE(SIGFPE, FPE_FLTSUB),
	CODE(SIGFPE, FPE_FLTUNK),
	CODE(SIGFPE, FPE_CONDTRAP),
	CODE(SIGILL, ILL_ILLOPC),
	CODE(SIGILL, ILL_ILLOPN),
	CODE(SIGILL, ILL_ILLADR),
	CODE(SIGILL, ILL_ILLTRP),
	CODE(SIGILL, ILL_PRVOPC),
	CODE(SIGILL, ILL_PRVREG),
	CODE(SIGILL, ILL_COPROC),
	CODE(SIGILL, ILL_BADSTK),
	CODE(SIGILL, ILL_BADIADDR),
	CODE(SIGTRAP, TRAP_BRKPT),
	CODE(SIGTRAP, TRAP_TRACE),
	CODE(SIGTRAP, TRAP_BRANCH),
	CODE(SIGTRAP, TRAP_HWBKPT),
	CODE(SIGTRAP, TRAP_UNK),
	{SIGTRAP, 6, "TRAP_PERF"},
	{SIGSYS, 1, "SYS_SECCOMP"},
	{SIGSYS, 2, "SYS_USER_DISPATCH"},
	CODE(0, SI_USER),
	CODE(0, SI_KERNEL),
	CODE(0, SI_QUEUE),
	CODE(0, SI_TIMER),
	CODE(0, SI_MESGQ),
	CODE(0, SI_ASYNCIO),
	CODE(0, SI_SIGIO),
	CODE(0, SI_TKILL),
	CODE(0, SI_DETHREAD),
	CODE(0, SI_ASYNCNL),
};

const char *name_signal_code(uint32_t signal, int32_t code)
{
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == code && (!codes[i].signal || codes[i].signal == signal))
			return codes[i].name;
	return NULL;
}

static bool in_set(uint32_t signal, const uint8_t *set, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (set[i] == signal)
			return true;
	return false;
}

bool signal_has_address(uint32_t signal, int32_t code)
{
	static const uint8_t faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

	/* Codes of 0 and below come from a process, SI_KERNEL has no details, those of ptrace lie above it.
	 */
	return in_set(signal, faults, COUNT(faults)) && code > 0 && code < SI_KERNEL;
}

bool signal_dumps_core(uint32_t signal)
{
	static const uint8_t cores[] = {
		SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};

	return in_set(signal, cores, COUNT(cores));
}

const char *name_errno(uint32_t error)
{
	return error && error <= ERRNO_MAX ? strerrorname_np((int)error) : NULL;
}

uint32_t errno_by_name(const char *name)
{
	for (uint32_t error = 1; error <= ERRNO_MAX; error++) {
		const char *known = name_errno(error);
		if (known && !strcmp(known, name))
			return error;
	}
	return 0;
}

const char *name_tcp_state(uint8_t state)
{
	static const char *const states[] = {NULL, "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1",
		"FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
		"NEW_SYN_RECV", "BOUND_INACTIVE"};

	return state < COUNT(states) ? states[state] : NULL;
}

const char *name_source(enum record_source source)
{
	static const char *const sources[SOURCES] = {
		[SOURCE_LIFECYCLE] = "lifecycle",
		[SOURCE_DEATH] = "death",
		[SOURCE_SYSCALL] = "syscall",
		[SOURCE_SUBJECT] = "subject",
		[SOURCE_TCP] = "tcp",
		[SOURCE_SNAPSHOT] = "snapshot",
		[SOURCE_OUTPUT] = "output",
		[SOURCE_DNS] = "dns",
	};

	return source < SOURCES ? sources[source] : NULL;
}
