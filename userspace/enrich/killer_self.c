/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes that are no fault of the program's code: raised by itself, a timer, a limit, the hardware. */
#include "enrich/internal.h"

#include <signal.h>
#include <stddef.h>

#include "base/text.h"

#define ANY          0
#define OF_KERNEL    0x80 /* SI_KERNEL */
#define OF_SECCOMP   1    /* SYS_SECCOMP */
#define MCE_REQUIRED 4    /* BUS_MCEERR_AR */
#define MCE_OPTIONAL 5    /* BUS_MCEERR_AO */

static const struct {
	uint32_t signal;
	int32_t code;
	const char *class;
	const char *reason;
} rules[] = {
	{SIGBUS, MCE_REQUIRED, "hardware", "a memory error of the hardware in what it used (BUS_MCEERR_AR)"},
	{SIGBUS, MCE_OPTIONAL, "hardware", "a memory error of the hardware, found ahead (BUS_MCEERR_AO)"},
	{SIGXCPU, OF_KERNEL, "kernel", "RLIMIT_CPU: it used up its processor time"},
	{SIGKILL, OF_KERNEL, "kernel", "RLIMIT_CPU: it used up its processor time (hard limit)"},
	{SIGXFSZ, OF_KERNEL, "kernel", "RLIMIT_FSIZE: a file would have become too large"},
	{SIGXFSZ, SI_USER, "kernel", "RLIMIT_FSIZE: a file would have become too large"}, /* as delivered */
	{SIGSYS, OF_SECCOMP, "kernel", "seccomp: a system call that its filter forbids"},
	{SIGALRM, OF_KERNEL, "self", "its own alarm() or setitimer()"},
	{SIGVTALRM, OF_KERNEL, "self", "its own setitimer()"},
	{SIGPROF, OF_KERNEL, "self", "its own setitimer()"},
	{ANY, SI_TIMER, "self", "a timer of its own (timer_create)"},
	{SIGABRT, SI_TKILL, "self", "abort(), or raise() by itself"},
	{ANY, SI_TKILL, "self", "raise() by itself"},
	{ANY, SI_USER, "self", "kill() of itself"},
	{ANY, SI_QUEUE, "self", "sigqueue() to itself"},
};

void killer_self(const struct record_fault *fault, struct event_killer *k)
{
	for (size_t i = 0; fault && i < sizeof(rules) / sizeof(*rules); i++) {
		if ((rules[i].signal != ANY && rules[i].signal != fault->signal) ||
			rules[i].code != fault->code)
			continue;
		k->known = true;
		k->class = rules[i].class;
		text_copy(k->reason, sizeof(k->reason), rules[i].reason);
		return;
	}
}
