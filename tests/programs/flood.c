/* SPDX-License-Identifier: Apache-2.0 */
/* flood COUNT [SIGNAL [CALLERS]]: so many children end by that signal of their own; with CALLERS 2 every
 * second one is sent by another function, and says so. Prints "PID STATUS" of each as wait(2) saw it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void by_one(int signo)
{
	raise(signo);
	_exit(0);
}

static void by_other(int signo)
{
	fputs("the other one\n", stderr);
	raise(signo);
	_exit(0);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100, signo = argc > 2 ? atoi(argv[2]) : SIGSEGV;
	int callers = argc > 3 ? atoi(argv[3]) : 1;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	while (count--) {
		void (*end)(int) = count % callers ? by_other : by_one;
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			end(signo);
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		printf("%d %d\n", (int)child, status);
	}
	return 0;
}
