/* SPDX-License-Identifier: Apache-2.0 */
/* threads WAY: processes whose end is another thread's doing. Says on stdout which thread crashes. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t both;
static const char *self;

static void fault(void)
{
	char *volatile nowhere = (char *)0x20;

	*nowhere = 1;
}

static void *worker(void *unused)
{
	pthread_setname_np(pthread_self(), "worker-7");
	printf("%d\n", (int)gettid());
	fflush(stdout);
	fault();
	return unused;
}

static void *racer(void *unused)
{
	pthread_barrier_wait(&both);
	fault();
	return unused;
}

/* Comes after the first thread has ended. */
static void *survivor(void *unused)
{
	usleep(100000);
	return worker(unused);
}

/* All other threads end, and this one takes the first one's place and name. */
static void *replacer(void *unused)
{
	execl("/proc/self/exe", self, "replaced", NULL);
	return unused;
}

static void start(void *(*run)(void *), int count)
{
	pthread_t thread;

	while (count--)
		pthread_create(&thread, NULL, run, NULL);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "one";

	self = argv[0];
	if (strcmp(way, "one") == 0) {
		start(worker, 1);
	} else if (strcmp(way, "two") == 0) {
		pthread_barrier_init(&both, NULL, 2);
		start(racer, 2);
	} else if (strcmp(way, "leader-gone") == 0) {
		start(survivor, 1);
		pthread_exit(NULL);
	} else if (strcmp(way, "exec") == 0) {
		start(replacer, 1);
	} else if (strcmp(way, "replaced") == 0) {
		usleep(50000);
		fault();
	}
	pause();
	return 0;
}
