/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash costs the task that dies, measured inside of the probe. Usage: capture COUNT
 *
 * Prints a line for each way: NAME DEATHS P50 P99, in ns. "lone": one death at a time, captured, the reader
 * asleep; "polled": the same, the reader polls; "captured": one after the other, each at a place of its own,
 * so that all of it is captured, the reader polls; "bare": all at one place, over its budget; "aborted": the
 * same, but who called is looked for, since the place is the C library's. */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/internal.h"

/* As in bpf/maps.bpf.h. */
#define COST_STEP 128
#define COST_ROWS 1024

#define PAGE 4096

static const struct way {
	const char *name;
	unsigned pause; /* us between two deaths */
	bool places;    /* each at its own */
	bool polls;     /* the reader */
	unsigned kind;  /* of the cost: with all that is captured, or without */
	bool aborts;
} ways[] = {{"lone", 5000, true, false, 1, false}, {"polled", 5000, true, true, 1, false},
	{"captured", 0, true, true, 1, false}, {"bare", 0, false, true, 0, false},
	{"aborted", 0, false, true, 0, true}};

static void ignore(void *context, const void *message, size_t size)
{
	(void)context;
	(void)message;
	(void)size;
}

/* The counts of all CPUs together. */
static void read_costs(const struct probe *probe, unsigned kind, uint64_t counts[COST_ROWS])
{
	uint64_t *cpus = calloc(probe->cpus, sizeof(*cpus));

	for (uint32_t row = 0; cpus && row < COST_ROWS; row++) {
		uint32_t key = kind * COST_ROWS + row;

		if (bpf_map_lookup_elem(probe->map_costs, &key, cpus) < 0)
			err(1, "cannot read the costs");
		counts[row] = 0;
		for (unsigned i = 0; i < probe->cpus; i++)
			counts[row] += cpus[i];
	}
	free(cpus);
}

/* A jump to where no code may be run: a fault whose place is the address. */
static void die(const char *page, unsigned place)
{
	void (*jump)(void);

	page += place % PAGE;
	memcpy(&jump, &page, sizeof(jump));
	jump();
	_exit(0);
}

static void make_deaths(const struct way *way, unsigned count)
{
	const struct rlimit no_core = {0, 0};
	const char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	setrlimit(RLIMIT_CORE, &no_core);
	for (unsigned i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0 && way->aborts)
			abort();
		if (pid == 0)
			die(page, way->places ? i : 0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
		if (way->pause)
			usleep(way->pause);
	}
	_exit(0);
}

static void run_way(struct probe *probe, const struct way *way, unsigned count)
{
	static uint64_t before[COST_ROWS], after[COST_ROWS];
	uint64_t total = 0, seen = 0, p50 = 0, p99 = 0;
	struct epoll_event event;
	pid_t child;
	int status;

	read_costs(probe, way->kind, before);
	probe_poll(probe, way->polls);
	child = fork();
	if (child == 0)
		make_deaths(way, count);
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (!way->polls)
			epoll_wait(probe_fd(probe), &event, 1, 100);
		else
			usleep(2000);
		probe_drain(probe, ignore, NULL);
	}
	if (child < 0 || status)
		errx(1, "cannot make deaths");
	read_costs(probe, way->kind, after);
	for (unsigned row = 0; row < COST_ROWS; row++)
		total += after[row] -= before[row];
	for (unsigned row = 0; row < COST_ROWS; row++) {
		seen += after[row];
		if (!p50 && 2 * seen >= total)
			p50 = (row + 1) * COST_STEP;
		if (!p99 && 100 * seen >= 99 * total)
			p99 = (row + 1) * COST_STEP;
	}
	printf("%s %llu %llu %llu\n", way->name, (unsigned long long)total, (unsigned long long)p50,
		(unsigned long long)p99);
}

int main(int argc, char **argv)
{
	struct probe_config config = {.families = 1u << FAMILY_CRASH, .measure_cost = true};
	_cleanup_buf_ struct buf error = {0};
	struct probe *probe;
	int count = argc == 2 ? atoi(argv[1]) : 0;

	if (count < 100)
		errx(2, "usage: capture COUNT, at least 100");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (probe_open(&probe, &config, &error) < 0)
		errx(1, "%s", buf_text(&error));
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		run_way(probe, &ways[i], ways[i].pause ? (unsigned)count / 5 : (unsigned)count);
	probe_close(probe);
	return 0;
}
