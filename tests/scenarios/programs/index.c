/* SPDX-License-Identifier: Apache-2.0 */
/* A service in C that looks things up in a file it has mapped: index PATH [WORKERS]. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int __attribute__((noinline)) look_up(const volatile char *map, size_t at)
{
	return map[at];
}

static void work(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat stat;
	const char *map;
	unsigned seed = (unsigned)getpid();

	if (fd < 0 || fstat(fd, &stat) != 0)
		exit(2);
	if (!stat.st_size)
		for (;;)
			pause();
	map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	for (;;) {
		usleep(100000);
		look_up(map, (size_t)rand_r(&seed) % (size_t)stat.st_size);
	}
}

int main(int argc, char **argv)
{
	int workers = argc > 2 ? atoi(argv[2]) : 1;

	for (;;) {
		for (; workers > 0; workers--)
			if (fork() == 0)
				work(argv[1]);
		wait(NULL);
		workers++;
		usleep(1000000);
	}
}
