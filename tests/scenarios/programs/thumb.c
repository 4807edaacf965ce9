/* SPDX-License-Identifier: Apache-2.0 */
/* Makes small pictures of large ones, one each 100 ms, in forked processes that are started again: thumb
 * [PROCESSES [SPOOL]]. A picture is "WIDTH HEIGHT"; that of SPOOL is taken where the file is there. Compiled
 * with the bug of the release (-DBUG=N, one picture in ODDS): 1 divides by a height of 0, 2 asserts, 3 writes
 * beyond a row. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif
#ifndef ODDS
#define ODDS 1
#endif

struct picture {
	int width, height;
};

static const char *spool;

static int __attribute__((noinline)) ratio(volatile struct picture *picture)
{
	return picture->width / picture->height;
}

static void __attribute__((noinline)) scale(volatile struct picture *picture)
{
	volatile char *row = malloc((size_t)picture->width), *next = malloc((size_t)picture->width);

	for (int i = 0; i < picture->width + (BUG == 3 ? 64 : 0); i++)
		row[i] = 7;
	next[0] = row[0];
	free((void *)next);
	free((void *)row);
	assert(BUG != 2 || picture->width < picture->height);
}

static void take(struct picture *picture)
{
	FILE *file = spool ? fopen(spool, "r") : NULL;

	if (!file)
		return;
	if (fscanf(file, "%d %d", &picture->width, &picture->height) != 2)
		picture->height = 1;
	fclose(file);
}

static void handle(unsigned count)
{
	struct picture picture = {640, 480};

	take(&picture);
	if (count % ODDS == 0) {
		if (BUG == 1)
			picture.height = 0;
		if (BUG == 2 || BUG == 3)
			scale(&picture);
	}
	if (ratio(&picture) < 0)
		exit(4);
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
	int processes = argc > 1 ? atoi(argv[1]) : 0;

	spool = argc > 2 ? argv[2] : NULL;
	if (!processes)
		work();
	for (;;) {
		for (; processes > 0; processes--)
			if (fork() == 0)
				work();
		wait(NULL);
		processes++;
		usleep(200000);
	}
}
