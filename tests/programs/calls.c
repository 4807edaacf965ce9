/* SPDX-License-Identifier: Apache-2.0 */
/* calls: two processes of three threads each make a fixed number of system calls that fail; prints what and
 * how often. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 2
#define THREADS   3
#define ROUNDS    7

/* One round; the counts below say what it holds. */
static void fail(void)
{
	struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = 0x0100, .sin_addr = {0x0100007f}};
	int s = socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	for (int i = 0; i < 40; i++)
		open("/nonexistent/lastwords/one", O_RDONLY);
	for (int i = 0; i < 5; i++)
		open("/nonexistent/lastwords/two", O_RDONLY);
	for (int i = 0; i < 11; i++)
		mkdir("/proc/lastwords", 0700);
	for (int i = 0; i < 13; i++)
		unlink("/nonexistent/lastwords/three");
	for (int i = 0; i < 17; i++)
		if (read(9999, &byte, 1) == 0)
			return;
	for (int i = 0; i < 19; i++)
		kill(0x3fffffff, 0);
	for (int i = 0; i < 3; i++)
		connect(s, (struct sockaddr *)&nowhere, sizeof(nowhere));
	close(s);
}

static void *run(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		fail();
	return unused;
}

int main(void)
{
	for (int p = 0; p < PROCESSES; p++) {
		pid_t child = fork();

		if (child == 0) {
			pthread_t threads[THREADS];

			for (int t = 0; t < THREADS; t++)
				pthread_create(&threads[t], NULL, run, NULL);
			for (int t = 0; t < THREADS; t++)
				pthread_join(threads[t], NULL);
			_exit(0);
		}
		printf("%d\n", (int)child);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
