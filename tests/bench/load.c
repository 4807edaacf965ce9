/* SPDX-License-Identifier: Apache-2.0 */
/* Makes work for the probes. Usage: load crash|exit|exec|fail|connect SECONDS|COUNT or
 * load one, or load reap MEGABYTES COUNT, or load pace RATE SECONDS
 *
 * A number with an 's' behind it is seconds, else a count. Prints how much was
 * done and the seconds it took. With "one", each line on standard input makes
 * one crash: answers with its pid and the boottime in ns right before the
 * fault. With "reap" each child touches so much memory first, and the time in ns
 * from its fault until it is reaped is printed. With "pace" so many children a
 * second die, each in the next of some ways and under the next of some names;
 * prints a line once a second: how many so far. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAILURES 1000  /* between two looks at the clock */
#define PORTS    10000 /* connections to one address: a closed one keeps its port for a while */

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

static unsigned fail_calls(void)
{
	for (int i = 0; i < FAILURES; i++)
		syscall(SYS_read, -1, NULL, 0);
	return FAILURES;
}

/* To this very program, by loopback. */
static unsigned connect_once(void)
{
	static int listener = -1;
	static unsigned done;
	static struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int client, server;

	if (listener < 0) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (listen(listener, 16) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
			err(1, "listen");
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + done++ / PORTS);
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "connect");
	server = accept(listener, NULL, NULL);
	close(client);
	close(server);
	return 1;
}

static const struct work {
	const char *name;
	void (*child)(void);
	unsigned (*here)(void); /* instead of a child; returns how much it did */
} works[] = {{"crash", crash, NULL}, {"exit", nothing, NULL}, {"exec", execute, NULL},
	{"fail", NULL, fail_calls}, {"connect", NULL, connect_once}};

static unsigned work_once(const struct work *w)
{
	if (w->here)
		return w->here();
	run_child(w->child);
	return 1;
}

static void work(const struct work *w, const char *amount)
{
	char *end;
	double number = strtod(amount, &end), took = 0;
	uint64_t start = now_ns(CLOCK_MONOTONIC), done = 0;

	while (*end == 's' ? took < number : (double)done < number) {
		done += work_once(w);
		took = (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9;
	}
	printf("%llu %.6f\n", (unsigned long long)done, took);
}

static size_t heap; /* bytes that a child touches */

static void crash_big(void)
{
	char *memory = mmap(NULL, heap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	memset(memory, 1, heap);
	crash();
}

static void reap(const char *megabytes, const char *count)
{
	heap = strtoul(megabytes, NULL, 10) << 20;
	for (unsigned long i = strtoul(count, NULL, 10); i > 0; i--) {
		run_child(heap ? crash_big : crash);
		printf("%llu\n", (unsigned long long)(now_ns(CLOCK_BOOTTIME) - *stamp));
	}
}

#define PACE_NAMES 97

static unsigned pace_turn;

static void die_somehow(void)
{
	char name[16];

	snprintf(name, sizeof(name), "pace-%u", pace_turn % PACE_NAMES);
	prctl(PR_SET_NAME, name);
	switch (pace_turn % 5) {
	case 0: crash(); break;
	case 1: abort();
	case 2: raise(SIGKILL); break;
	case 3: syscall(SYS_read, -1, NULL, 0); _exit(3);
	default: _exit(1 + (int)(pace_turn % 100));
	}
}

static void pace(const char *rate, const char *seconds)
{
	unsigned long each = strtoul(rate, NULL, 10), rounds = 100 * strtoul(seconds, NULL, 10);
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	for (unsigned long round = 1; round <= rounds; round++) {
		uint64_t due = start + round * 10000000u;
		struct timespec until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};

		while (pace_turn < round * each / 100) {
			run_child(die_somehow);
			pace_turn++;
		}
		if (round % 100 == 0) {
			printf("%u\n", pace_turn);
			fflush(stdout);
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
		}
	}
}

int main(int argc, char **argv)
{
	char line[16];

	if (argc < 2)
		return 0; /* the end of an exec */
	if (!getenv("LOAD_CORES"))
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	stamp = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stamp == MAP_FAILED)
		err(1, "mmap");
	for (size_t i = 0; argc == 3 && i < sizeof(works) / sizeof(*works); i++) {
		if (strcmp(argv[1], works[i].name) == 0) {
			work(&works[i], argv[2]);
			return 0;
		}
	}
	if (argc == 4 && strcmp(argv[1], "reap") == 0) {
		reap(argv[2], argv[3]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "pace") == 0) {
		pace(argv[2], argv[3]);
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "one") != 0)
		errx(2, "usage: load crash|exit|exec|fail|connect AMOUNT, or load one");
	while (fgets(line, sizeof(line), stdin)) {
		pid_t pid = run_child(crash);

		printf("%d %llu\n", pid, (unsigned long long)*stamp);
		fflush(stdout);
	}
	return 0;
}
