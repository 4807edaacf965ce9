/* SPDX-License-Identifier: Apache-2.0 */
/* overflow WHERE HOW: runs out of stack, or faults in another way that looks like it. WHERE is main or
 * thread; HOW is recursion, frames (of several pages), alloca (first thread only), handler (recursion, with a
 * handler on a stack of its own that raises again), null, wild, guard (from far above), readonly (near the
 * stack pointer). */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static volatile int depth; /* never below 0: the compiler must not know that there is no end */

static int recursion(int n)
{
	volatile char frame[200];

	frame[n % 200] = (char)n;
	if (depth < 0)
		return 0;
	return recursion(n + 1) + frame[n % 200];
}

static int frames(int n)
{
	volatile char frame[3 * 4096];

	frame[0] = (char)n;
	if (depth < 0)
		return 0;
	return frames(n + 1) + frame[0];
}

static int large(int n)
{
	struct rlimit limit;
	volatile char *memory;

	getrlimit(RLIMIT_STACK, &limit);
	memory = alloca(limit.rlim_cur + ((size_t)n << 20));
	memory[64] = 1;
	return memory[64];
}

static void again(int signal_number)
{
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int handler(int n)
{
	static char stack[65536];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = again, .sa_flags = SA_ONSTACK};

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	return recursion(n);
}

static int null(int n)
{
	volatile char *volatile p = NULL;

	return *p + n;
}

static int wild(int n)
{
	volatile char *volatile p = (char *)0x123456789000;

	return *p + n;
}

/* A pointer into the guard page, while the stack is nearly unused. */
static int guard(int n)
{
	pthread_attr_t attributes;
	volatile char *low;
	void *lowest;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &lowest, &size);
	low = (char *)lowest - 64;
	*low = (char)n;
	return *low;
}

/* Writes into a page of the stack itself that may not be written, 100 KB above the stack pointer. */
static int readonly(int n)
{
	char *memory = alloca(200 << 10);
	char *page = (char *)(((unsigned long)memory + (100 << 10)) & ~4095ul);

	memset(memory, n, 200 << 10);
	mprotect(page, 4096, PROT_READ);
	*(volatile char *)page = 1;
	return page[1];
}

static const struct {
	const char *name;
	int (*run)(int n);
} ways[] = {{"recursion", recursion}, {"frames", frames}, {"alloca", large}, {"handler", handler},
	{"null", null}, {"wild", wild}, {"guard", guard}, {"readonly", readonly}};

static void *run(void *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			ways[i].run(1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "main") == 0)
		run(argv[2]);
	else if (pthread_create(&thread, NULL, run, argv[2]) == 0)
		pthread_join(thread, NULL);
	return 1;
}
