/* SPDX-License-Identifier: Apache-2.0 */
/* workers COUNT WAY: threads that wait in ways of their own while one of them faults ("fault"), or all wait
 * to be killed ("wait"). Prints "ready" once they all stand still. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int waiting;

/* Not inlined, so that each has a frame of its own. */
static __attribute__((noinline)) void wait_for_lock(void)
{
	waiting++;
	pthread_mutex_lock(&lock);
	abort();
}

static __attribute__((noinline)) void wait_for_input(int fd)
{
	char byte;

	waiting++;
	if (read(fd, &byte, 1) != 1)
		abort();
}

static void *locker(void *unused)
{
	wait_for_lock();
	return unused;
}

static void *reader(void *argument)
{
	pthread_setname_np(pthread_self(), "reader");
	wait_for_input(*(int *)argument);
	return NULL;
}

static __attribute__((noinline)) void fault(void)
{
	char *volatile nowhere = (char *)0x20;

	*nowhere = 1;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 4, ends[2];
	pthread_t thread;

	if (pipe(ends) < 0)
		return 1;
	pthread_mutex_lock(&lock);
	pthread_create(&thread, NULL, reader, &ends[0]);
	for (int i = 0; i < count; i++)
		pthread_create(&thread, NULL, locker, NULL);
	while (waiting < count + 1)
		usleep(1000);
	usleep(50000);
	puts("ready");
	fflush(stdout);
	if (argc > 2 && strcmp(argv[2], "wait") == 0)
		pause();
	fault();
	return 0;
}
