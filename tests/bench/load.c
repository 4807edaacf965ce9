/* SPDX-License-Identifier: Apache-2.0 */
/* Makes work for the probes. Usage: load crash|exit|exec|fail SECONDS|COUNT   or   load one
 *
 * A number with an 's' behind it is seconds, else a count. Prints how much was done and the seconds it took.
 * With "one", each line on standard input makes one crash: answers with its pid and the boottime in ns right
 * before the fault. */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t *stamp; /* shared with the children */
static volatile int *volatile nowhere;

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static pid_t run_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		body();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(1, "wait");
	return pid;
}

static void crash(void)
{
	*stamp = now_ns(CLOCK_BOOTTIME);
	*nowhere = 1;
}

static void nothing(void)
{
}

static void execute(void)
{
	execl("/proc/self/exe", "load", (char *)NULL);
	_exit(1);
}

static void do_crash(void)
{
	run_child(crash);
}

static void do_exit(void)
{
	run_child(nothing);
}

static void do_exec(void)
{
	run_child(execute);
}

static void do_fail(void)
{
	for (int i = 0; i < 1000; i++)
		syscall(SYS_read, -1, NULL, 0);
}

static const struct work {
	const char *name;
	void (*fn)(void);
	unsigned units;
} works[] = {{"crash", do_crash, 1}, {"exit", do_exit, 1}, {"exec", do_exec, 1}, {"fail", do_fail, 1000}};

static void work(const struct work *w, const char *amount)
{
	char *end;
	double number = strtod(amount, &end);
	uint64_t start = now_ns(CLOCK_MONOTONIC), done = 0;
	double limit = *end == 's' ? number * 1e9 : 1e18, took = 0;

	while (took < limit && (*end == 's' || (double)done < number)) {
		w->fn();
		done += w->units;
		took = (double)(now_ns(CLOCK_MONOTONIC) - start);
	}
	printf("%llu %.6f\n", (unsigned long long)done, took / 1e9);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	char line[16];

	if (argc < 2)
		return 0; /* the end of an exec */
	setrlimit(RLIMIT_CORE, &no_core);
	stamp = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stamp == MAP_FAILED)
		err(1, "mmap");
	for (size_t i = 0; argc == 3 && i < sizeof(works) / sizeof(*works); i++) {
		if (strcmp(argv[1], works[i].name) == 0) {
			work(&works[i], argv[2]);
			return 0;
		}
	}
	if (argc != 2 || strcmp(argv[1], "one") != 0)
		errx(2, "usage: load crash|exit|exec|fail AMOUNT, or load one");
	while (fgets(line, sizeof(line), stdin)) {
		pid_t pid = run_child(crash);

		printf("%d %llu\n", pid, (unsigned long long)*stamp);
		fflush(stdout);
	}
	return 0;
}
