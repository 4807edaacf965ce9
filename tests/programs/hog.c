/* SPDX-License-Identifier: Apache-2.0 */
/* hog MEGABYTES [threads]: touches so much memory, says "ready" and waits; with threads, four of them at a
 * time. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t each;

static void *fill(void *unused)
{
	char *memory = malloc(each);

	if (memory)
		memset(memory, 1, each);
	__asm__ volatile("" : : "r"(memory) : "memory");
	return unused;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? 4 : 0;
	pthread_t ids[4];

	each = (size_t)(argc > 1 ? atoi(argv[1]) : 16) << 20;
	if (!threads)
		fill(NULL);
	else
		each /= 4;
	for (int i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, fill, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
