/* SPDX-License-Identifier: Apache-2.0 */
/* flood COUNT [SIGNAL]: so many children end by that signal of their own; prints "PID STATUS" of each as
 * wait(2) saw it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100, signo = argc > 2 ? atoi(argv[2]) : SIGSEGV;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	while (count--) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			raise(signo);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
		printf("%d %d\n", (int)child, status);
	}
	return 0;
}
