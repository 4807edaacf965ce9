/* SPDX-License-Identifier: Apache-2.0 */
/* handler WAY: takes a signal in a handler of its own, which then ends the process in that way, or does not.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sigjmp_buf safe;

static void on_abort(int signo)
{
	(void)signo;
	abort();
}

static void on_raise(int signo)
{
	signal(signo, SIG_DFL);
	raise(signo);
}

/* The faulting instruction runs again, without a handler. */
static void on_return(int signo)
{
	signal(signo, SIG_DFL);
}

static void on_jump(int signo)
{
	(void)signo;
	siglongjmp(safe, 1);
}

static void on_exit_status(int signo)
{
	_exit(128 + signo);
}

static void nothing(int signo)
{
	(void)signo;
}

static void fault(void)
{
	char *volatile nowhere = (char *)0x10;

	*nowhere = 1;
}

/* On a stack of its own, as runtimes do it to tell of an overflow. */
static int recurse(volatile char *above)
{
	volatile char frame[4096];

	frame[0] = *above;
	return *above == 2 ? 0 : recurse(frame) + frame[0];
}

static void overflow(void)
{
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	volatile char first = 1;

	sigaltstack(&stack, NULL);
	recurse(&first);
}

/* Signals that come before the wait are kept for it. */
static void wait_for_signal(void)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, NULL);
	puts("ready");
	fflush(stdout);
	sigsuspend(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void raise_usr1(void)
{
	raise(SIGUSR1);
}

static void recover(void)
{
	if (!sigsetjmp(safe, 1))
		fault();
}

/* A fault that was survived must not be told when something else ends the process. */
static void recover_then_abort(void)
{
	recover();
	abort();
}

static const struct {
	const char *name;
	int signal;
	void (*handler)(int signo);
	void (*act)(void);
} ways[] = {
	{"abort", SIGSEGV, on_abort, fault},
	{"raise", SIGSEGV, on_raise, fault},
	{"return", SIGSEGV, on_return, fault},
	{"altstack-raise", SIGSEGV, on_raise, overflow},
	{"jump", SIGSEGV, on_jump, recover},
	{"jump-then-abort", SIGSEGV, on_jump, recover_then_abort},
	{"usr1", SIGUSR1, nothing, raise_usr1},
	{"term-raise", SIGTERM, on_raise, wait_for_signal},
	{"term-exit", SIGTERM, on_exit_status, wait_for_signal},
	{"term-survive", SIGTERM, nothing, wait_for_signal},
};

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "abort";

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct sigaction action = {.sa_handler = ways[i].handler, .sa_flags = SA_ONSTACK};

		if (strcmp(ways[i].name, way) != 0)
			continue;
		sigaction(ways[i].signal, &action, NULL);
		ways[i].act();
	}
	return 0;
}
