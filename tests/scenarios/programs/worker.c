/* SPDX-License-Identifier: Apache-2.0 */
/* A service in C that handles a request each 100 ms; each release is compiled with its own bug (-DBUG=N,
 * 0: none) that one request in ODDS meets. worker [N]: forks so many and starts those that die again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif
#ifndef ODDS
#define ODDS 1
#endif

struct order {
	char *name;
	int total;
};

static int __attribute__((noinline)) price(struct order *volatile order)
{
	return order->total;
}

static int __attribute__((noinline)) discount(volatile int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth < 0 ? room[0] : discount(depth + 1) + room[0];
}

static void __attribute__((noinline)) handle(unsigned count)
{
	char *volatile block;

	if (count % ODDS)
		return;
	if (BUG == 1) {
		exit(price(NULL));
	} else if (BUG == 2) {
		block = malloc(64);
		free(block);
		free(block);
	} else if (BUG == 3) {
		exit(discount(0));
	}
}

static void work(void)
{
	for (unsigned count = 1;; count++) {
		usleep(100000);
		handle(count);
	}
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 0;

	if (!workers)
		work();
	for (;;) {
		for (; workers > 0; workers--)
			if (fork() == 0)
				work();
		wait(NULL);
		workers++;
		usleep(200000);
	}
}
