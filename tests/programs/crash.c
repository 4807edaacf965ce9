/* SPDX-License-Identifier: Apache-2.0 */
/* crash WAY: ends itself by one real fault or by a signal of its own; crash NUMBER: by raise(NUMBER). */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Through a variable, since a compiler may leave out what it knows to be a fault. */
static void store(uintptr_t address)
{
	volatile uintptr_t hidden = address;

	*(volatile char *)hidden = 1;
}

static void null(void)
{
	store(0);
}

static void read_only(void)
{
	store((uintptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void bad_jump(void)
{
	((void (*)(void))0x1234000)();
}

static void beyond_file(void)
{
	int fd = memfd_create("empty", 0);

	store((uintptr_t)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
}

static int recurse(volatile char *above)
{
	volatile char frame[4096];

	frame[0] = *above;
	return *above == 2 ? 0 : recurse(frame) + frame[0];
}

static void stack(void)
{
	volatile char first = 1;

	recurse(&first);
}

#ifdef __x86_64__
static void divide(void)
{
	volatile int zero = 0, one = 1;

	one /= zero;
}

static void illegal(void)
{
	__asm__ volatile("ud2");
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

/* An address that no x86-64 process can have: the processor tells the kernel no address. */
static void non_canonical(void)
{
	store(0xdead000000000000);
}
#endif

/* The whole process is killed as the filter says, at getppid. */
static void seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = 4, .filter = code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
	syscall(SYS_getppid);
}

static void file_too_large(void)
{
	struct rlimit limit = {1, 1};
	int fd = memfd_create("full", 0);

	setrlimit(RLIMIT_FSIZE, &limit);
	if (write(fd, "ab", 2) == 1 && write(fd, "c", 1))
		return;
}

static void cpu_time(void)
{
	struct rlimit limit = {1, 5};

	setrlimit(RLIMIT_CPU, &limit);
	for (;;)
		;
}

static void alarmed(void)
{
	alarm(1);
	pause();
}

/* Nobody reads: routine work of a shell's pipeline. */
static void broken_pipe(void)
{
	int ends[2];

	if (pipe(ends) < 0 || close(ends[0]) < 0 || write(ends[1], "x", 1) > 0)
		return;
}

static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	null();
}

static const struct {
	const char *name;
	void (*end)(void);
} ways[] = {
	{"null", null},
	{"read-only", read_only},
	{"bad-jump", bad_jump},
	{"beyond-file", beyond_file},
	{"stack", stack},
	{"abort", abort},
	{"seccomp", seccomp},
	{"file-size", file_too_large},
	{"cpu-time", cpu_time},
	{"alarm", alarmed},
	{"pipe", broken_pipe},
	{"not-dumpable", not_dumpable},
#ifdef __x86_64__
	{"divide", divide},
	{"illegal", illegal},
	{"breakpoint", breakpoint},
	{"non-canonical", non_canonical},
#endif
};

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "null";

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, way) == 0)
			ways[i].end();
	if (atoi(way))
		raise(atoi(way));
	fprintf(stderr, "crash: still here after '%s'\n", way);
	return 99;
}
