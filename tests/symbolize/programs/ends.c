/* SPDX-License-Identifier: Apache-2.0 */
/* ends KIND: one way to die each. */
#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile int zero;
static int (*volatile no_function)(int);

static __attribute__((noinline)) void do_abort(void)
{
	abort();
}

static __attribute__((noinline)) void do_assert(void)
{
	assert(zero);
}

static __attribute__((noinline)) void do_null_call(void)
{
	zero = no_function(1) + 1;
}

static __attribute__((noinline)) void do_wild_call(void)
{
	no_function = (int (*)(int))0x123456789000;
	zero = no_function(1) + 1;
}

static __attribute__((noinline)) void do_divide(void)
{
	volatile int seven = 7;

	zero = seven / zero;
}

static __attribute__((noinline)) void do_trap(void)
{
	__builtin_trap();
}

static __attribute__((noinline)) void do_smash(void)
{
	char buffer[16];
	size_t length = 200 + (size_t)zero;

	__asm__ volatile("" : "+r"(length));
	memset(buffer, 'A', length);
	__asm__ volatile("" ::"r"(buffer) : "memory");
}

static void handler(int signo)
{
	fprintf(stderr, "caught %d\n", signo);
	abort();
}

static __attribute__((noinline)) void do_handler(void)
{
	signal(SIGSEGV, handler);
	*(volatile int *)8 = 1;
}

static __attribute__((noinline)) void do_handler_null(void)
{
	signal(SIGSEGV, handler);
	zero = no_function(1) + 1;
}

static __attribute__((noinline)) void do_alternate(void)
{
	static char stack[65536];
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

	sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL);
	sigaction(SIGSEGV, &action, NULL);
	*(volatile int *)8 = 1;
}

static void *thread(void *context)
{
	*(volatile int *)context = 1;
	return NULL;
}

static __attribute__((noinline)) void do_thread(void)
{
	pthread_t id;

	pthread_create(&id, NULL, thread, (void *)8);
	pthread_join(id, NULL);
}

static __attribute__((noinline)) void do_overflow(void)
{
	volatile char buffer[4096];

	buffer[zero] = 1;
	do_overflow();
	buffer[zero] = 2;
}

static __attribute__((noinline)) void do_free(void)
{
	char *p = malloc(10);

	free(p);
	__asm__ volatile("" : "+r"(p));
	free(p);
}

static __attribute__((noinline)) void do_strlen(void)
{
	zero = (int)strlen((const char *)(long)(zero + 1));
}

static __attribute__((noinline)) void do_printf(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %d", (char *)(long)(zero + 8), 1);
}

static __attribute__((noinline)) void do_clock(void)
{
	struct timespec now;

	for (;;)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

static __attribute__((noinline)) void do_large_frame(void)
{
	volatile char buffer[1000000];

	buffer[zero] = 1;
	raise(SIGSEGV);
	buffer[zero] = 2;
}

static __attribute__((noinline)) void do_alloca(void)
{
	volatile char *p = __builtin_alloca((size_t)(zero + 100));

	p[0] = 1;
	*(volatile int *)8 = p[0];
	p[1] = 2;
}

/* Code that no unwind information describes, as a just-in-time compiler makes it: push %rbp; mov %rsp,%rbp;
 * call *%rdi; pop %rbp; ret. */
static __attribute__((noinline)) void do_jit(void)
{
	static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(page, code, sizeof(code));
	((void (*)(void (*)(void)))page)(do_alloca);
	zero = 1;
}

/* A function without unwind information and frame pointer. */
__asm__(".text\n.type bare_call,@function\nbare_call:\nsub $24,%rsp\ncall *%rdi\nadd $24,%rsp\nret\n.size "
	"bare_call,.-bare_call\n");
void bare_call(void (*)(void));

static __attribute__((noinline)) void do_bare(void)
{
	bare_call(do_alloca);
	zero = 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} kinds[] = {{"abort", do_abort}, {"assert", do_assert}, {"null_call", do_null_call},
		{"wild_call", do_wild_call}, {"divide", do_divide}, {"trap", do_trap}, {"smash", do_smash},
		{"handler", do_handler}, {"handler_null", do_handler_null}, {"alternate", do_alternate},
		{"thread", do_thread}, {"overflow", do_overflow}, {"free", do_free}, {"strlen", do_strlen},
		{"printf", do_printf}, {"clock", do_clock}, {"large_frame", do_large_frame},
		{"alloca", do_alloca}, {"jit", do_jit}, {"bare", do_bare}};

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].name) == 0)
			kinds[i].run();
	return 2;
}
