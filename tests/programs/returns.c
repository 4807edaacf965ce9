/* SPDX-License-Identifier: Apache-2.0 */
/* returns: comes back from a signal handler a hundred times while the register of results holds -1, and makes
 * three calls of a number that no kernel has. Prints nothing. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t left = 100;

static void count(int signo)
{
	(void)signo;
	left--;
}

/* Returns when none is left. */
static void wait_busily(void)
{
#ifdef __x86_64__
	__asm__ volatile("1: mov $-1, %%rax; cmpl $0, %0; jg 1b" : : "m"(left) : "rax", "cc", "memory");
#else
	while (left > 0)
		;
#endif
}

int main(void)
{
	struct itimerval often = {{0, 1000}, {0, 1000}};

	signal(SIGALRM, count);
	setitimer(ITIMER_REAL, &often, NULL);
	wait_busily();
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	for (int i = 0; i < 3; i++)
		syscall(-1);
	return 0;
}
