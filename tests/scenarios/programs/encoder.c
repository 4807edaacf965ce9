/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes frames, in C, one each 120 ms a worker: encoder [workers=N] [mb=N] [in=FILE] [out=FOLDER]. A frame
 * takes up to mb MB of memory; in has width and height of a film that is done first; frames go to out.
 * Releases are compiled with their bugs
 * (-DBUG=N, 0: none), which one frame in ODDS meets. Without workers it encodes by itself, with them it
 * replaces those that die. */
#include <assert.h>
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

static int workers, mb = 1;
static const char *in, *out;

static void __attribute__((noinline)) title(const char *text)
{
	char line[16];
	char *volatile to = line;

	strcpy(to, text);
	puts(to);
}

static void __attribute__((noinline)) pack(size_t size)
{
	volatile char *block = malloc(size), *next = malloc(size);

	for (size_t n = 0; n < size + 40; n++)
		block[n] = 'x';
	free((void *)next);
	free((void *)block);
}

static int __attribute__((noinline)) blocks(size_t size, int width, int height)
{
	return (int)size / (width / 8) / (height / 8);
}

static void check_order(void)
{
	FILE *file = in ? fopen(in, "r") : NULL;
	int width, height;
	char *film;

	if (!file)
		return;
	if (fscanf(file, "%d %d", &width, &height) == 2) {
		film = calloc((size_t)width, (size_t)height);
		memset(film, 'f', (size_t)width * (size_t)height);
		printf("%d blocks of %c\n", blocks(1000000, width, height), *film);
		free(film);
	}
	fclose(file);
}

static void store(unsigned count, const char *frame, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d-%u", out, (int)getpid(), count);
	file = fopen(path, "w");
	if (!file || fwrite(frame, 1, size, file) < size || fflush(file))
		perror("encoder: cannot store a frame");
	if (file)
		fclose(file);
}

static void encode(unsigned count)
{
	size_t size = ((size_t)mb << 20) / (1 + count % 4);
	char *frame = malloc(size);

	memset(frame, 'f', size);
	if (out)
		store(count, frame, size / 16);
	free(frame);
	if (count % ODDS)
		return;
	if (BUG == 1)
		title("a title of a film that is longer than it was thought that titles are");
	if (BUG == 2)
		pack(120);
	if (BUG == 3)
		assert(size == 0 && "frame has a size");
}

static void work(void)
{
	for (unsigned count = 1;; count++) {
		usleep(120000);
		check_order();
		encode(count);
	}
}

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++) {
		if (!strncmp(argv[n], "workers=", 8))
			workers = atoi(argv[n] + 8);
		if (!strncmp(argv[n], "mb=", 3))
			mb = atoi(argv[n] + 3);
		if (!strncmp(argv[n], "in=", 3))
			in = argv[n] + 3;
		if (!strncmp(argv[n], "out=", 4))
			out = argv[n] + 4;
	}
	if (!workers)
		work();
	for (;;) {
		for (; workers > 0; workers--)
			if (fork() == 0)
				work();
		wait(NULL);
		workers++;
		usleep(300000);
	}
}
