/* SPDX-License-Identifier: Apache-2.0 */
/* ways WAY: ends at places where unwinders go wrong. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

static volatile int zero;

/* A trap after the next instruction but one: the processor single-steps from the popf on. */
#define TRAP_IN_NEXT "pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\t"

/* At the first instruction of a stub of the procedure linkage table. */
static NOINLINE void plt(void)
{
	__asm__ volatile(
		TRAP_IN_NEXT "call getppid@plt" ::
			: "memory", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
	zero = 1;
}

/* Within the resolver: the first call through the stub looks the function up. */
static void *lookup(void *unused)
{
	for (;;)
		zero = (int)strtol("12", NULL, 10);
	return unused;
}

static NOINLINE void lazy_plt(void)
{
	pthread_t id;

	pthread_create(&id, NULL, lookup, NULL);
	usleep(1000);
	pthread_kill(id, SIGSEGV);
	pthread_join(id, NULL);
}

/* Pushes three registers: the trap is after the first push. */
__asm__(".text\n.type pusher,@function\npusher:\n.cfi_startproc\n\tpush %rbx\n.cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset %rbx,0\n\tpushfq\n.cfi_adjust_cfa_offset 8\n\torl $0x100,(%rsp)\n\tpopfq\n"
	".cfi_adjust_cfa_offset -8\n\tpush %r12\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r12,0\n\tpush "
	"%r13\n"
	".cfi_adjust_cfa_offset 8\n\tud2\n.cfi_endproc\n.size pusher,.-pusher\n");
void pusher(void);

static NOINLINE void prologue(void)
{
	pusher();
	zero = 1;
}

/* The return address of a call that never returns lies behind the function's end. */
static NOINLINE _Noreturn void last(void)
{
	abort();
}

static NOINLINE _Noreturn void tail_call(void)
{
	last();
}

/* Returns into unmapped memory: nothing above can be trusted. */
static NOINLINE void return_to(unsigned long address)
{
	((volatile unsigned long *)__builtin_frame_address(0))[1] = address;
}

static NOINLINE void return_address(void)
{
	return_to(0x4141414141414141);
}

static NOINLINE void zero_return(void)
{
	return_to(0);
}

static NOINLINE int down(int n)
{
	volatile int local = n;

	if (n == 0)
		abort();
	return down(n - 1) + local;
}

static void on_signal(int number)
{
	down(number);
}

/* A signal while another one is handled. */
static void nest(int number)
{
	signal(SIGUSR2, on_signal);
	raise(SIGUSR2);
	zero = number;
}

static NOINLINE void deep_handler(void)
{
	signal(SIGUSR1, nest);
	raise(SIGUSR1);
	zero = 1;
}

static void *raiser(void *unused)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	return unused;
}

static NOINLINE void signal_in_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, raiser, NULL);
	pthread_join(id, NULL);
}

static void deep_one(void)
{
	down(20);
}

/* A coroutine's stack. */
static NOINLINE void own_stack(void)
{
	static ucontext_t here, there;
	static char stack[65536];

	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, deep_one, 0);
	swapcontext(&here, &there);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = {{"plt", plt}, {"lazy_plt", lazy_plt}, {"prologue", prologue}, {"tail_call", tail_call},
		{"return_address", return_address}, {"zero_return", zero_return},
		{"deep_handler", deep_handler}, {"signal_in_thread", signal_in_thread},
		{"own_stack", own_stack}};

	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			ways[i].run();
	return 2;
}
