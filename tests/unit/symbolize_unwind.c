/* SPDX-License-Identifier: Apache-2.0 */
/* Every instruction of a child is executed one by one, with a shadow stack of its calls and returns: at each,
 * the frames must be exactly those. */
#include "symbolize_test.h"

#include <execinfo.h>
#include <locale.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#define STEPS  60000 /* instructions */
#define SHADOW 512
#define STACK  32768 /* bytes that are read at each step */

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Calls through the procedure linkage table (for the first time through the dynamic linker), callbacks, the
 * vDSO. */
static __attribute__((noinline)) void work(void)
{
	int values[] = {5, 2, 9, 1, 7, 3};
	char text[128];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	qsort(values, sizeof(values) / sizeof(values[0]), sizeof(values[0]), compare);
	snprintf(text, sizeof(text), "%d %s %.3f %lx", values[0], "words", (double)values[1] / 3,
		strtoul("123", NULL, 8));
	char *copy = strdup(text);
	char *space = copy ? strchr(copy, ' ') : NULL;
	if (space && strstr(copy, "wor") && strcasecmp(copy, text) == 0)
		memmove(copy, space, strlen(space));
	free(copy);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		work();
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

struct shadow {
	uint64_t returns[SHADOW]; /* outermost first */
	unsigned count;
};

/* Follows one instruction: before and after are the registers around it. */
static void follow(struct shadow *shadow, const struct snapshot *before, const struct snapshot *after)
{
	uint64_t top = 0;

	memcpy(&top, after->stack + RED_ZONE, sizeof(top));
	if (after->sp == before->sp - 8 && top - before->pc - 1 < 8 && after->pc != top) {
		assert_true(shadow->count < SHADOW);
		shadow->returns[shadow->count++] = top;
	} else if (after->sp == before->sp + 8 && shadow->count &&
		   after->pc == shadow->returns[shadow->count - 1]) {
		shadow->count--;
	}
}

static bool agrees(const struct shadow *shadow, const struct frames *frames, uint64_t pc)
{
	if (frames->count != shadow->count + 1 || frames->frame[0].address != pc || frames->why)
		return false;
	for (unsigned i = 1; i < frames->count; i++)
		if (frames->frame[i].address != shadow->returns[shadow->count - i])
			return false;
	return true;
}

static void take_step(struct local *local, pid_t pid)
{
	struct user_regs_struct regs;
	struct snapshot *snapshot = &local->taken.snapshot;

	assert_int_equal(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	taken_registers(snapshot, &regs);
	snapshot->stack_start = snapshot->sp - RED_ZONE;
	struct iovec here = {local->taken.stack, STACK}, there = {(void *)snapshot->stack_start, STACK};
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
	assert_true(got > RED_ZONE);
	snapshot->stack_size = (uint32_t)got;
}

static void print_difference(const struct local *local, const struct shadow *shadow)
{
	const struct frames *frames = &local->work;

	print_message("at %#lx sp %#lx: %s\n", local->taken.snapshot.pc, local->taken.snapshot.sp,
		frames->why ?: "");
	for (unsigned i = 0; i < frames->count || i <= shadow->count; i++)
		print_message("  %#lx  %#lx\n", i < frames->count ? frames->frame[i].address : 0,
			i && i <= shadow->count ? shadow->returns[shadow->count - i] : 0);
}

static void each_instruction_has_its_callers(void **state)
{
	struct local *local = local_new();
	struct shadow shadow = {.count = 0};
	unsigned steps = 0, wrong = 0, scanned = 0;
	int status;

	(void)state;
	pid_t pid = start_child();
	assert_int_equal(taken_take(&local->taken, pid), 0);
	unwind(&local->space, &local->work);
	assert_null(local->work.why);
	for (unsigned i = local->work.count; i-- > 1;)
		shadow.returns[shadow.count++] = local->work.frame[i].address;
	for (; steps < STEPS; steps++) {
		struct snapshot before = local->taken.snapshot;
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) == SIGSTOP)
			break;
		take_step(local, pid);
		follow(&shadow, &before, &local->taken.snapshot);
		unwind(&local->space, &local->work);
		for (unsigned i = 0; i < local->work.count; i++)
			scanned += local->work.frame[i].trust == TRUST_SCAN;
		if (!agrees(&shadow, &local->work, local->taken.snapshot.pc) && wrong++ < 3)
			print_difference(local, &shadow);
	}
	print_message("%u instructions, %u wrong, %u frames by search\n", steps, wrong, scanned);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(steps > 3000);
	assert_int_equal(wrong, 0);
	local_free(local);
}

#define FRAMES 32

static struct local *crashed;
static void *expected[FRAMES];
static int expected_count;

/* The state that was interrupted, from the context that the kernel saved. */
static void on_signal(int signo, siginfo_t *info, void *context)
{
	const ucontext_t *user = context;
	const greg_t *g = user->uc_mcontext.gregs;
	const struct user_regs_struct regs = {.rax = (unsigned long long)g[REG_RAX],
		.rbx = (unsigned long long)g[REG_RBX],
		.rbp = (unsigned long long)g[REG_RBP],
		.rsp = (unsigned long long)g[REG_RSP],
		.r12 = (unsigned long long)g[REG_R12],
		.r13 = (unsigned long long)g[REG_R13],
		.r14 = (unsigned long long)g[REG_R14],
		.r15 = (unsigned long long)g[REG_R15],
		.rip = (unsigned long long)g[REG_RIP]};

	(void)info;
	(void)signo;
	taken_registers(&crashed->taken.snapshot, &regs);
	taken_maps(&crashed->taken, getpid());
	taken_stack(&crashed->taken, getpid());
	expected_count = backtrace(expected, FRAMES);
}

static __attribute__((noinline, noclone)) int bottom(int n)
{
	raise(SIGUSR1);
	return n + 1;
}

static __attribute__((noinline, noclone)) int middle(int n)
{
	return bottom(n) + 1;
}

static void own_stack_is_as_backtrace_says(void **state)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	(void)state;
	crashed = local_new();
	crashed->taken.debug_folder = NULL;
	expected_count = backtrace(expected, FRAMES); /* loads what it needs, outside of the handler */
	sigaction(SIGUSR1, &action, NULL);
	assert_int_equal(middle(1), 3);
	frames_make(&crashed->space, &crashed->work, &crashed->frames);
	/* backtrace() sees the handler and the signal frame first. */
	int skipped = 0;
	while (skipped < expected_count && (uint64_t)expected[skipped] != crashed->work.frame[0].address)
		skipped++;
	assert_int_equal(expected_count - skipped, crashed->work.count);
	for (unsigned i = 0; i < crashed->work.count; i++)
		assert_int_equal(crashed->work.frame[i].address, (uint64_t)expected[(unsigned)skipped + i]);
	bool seen = false;
	for (unsigned i = 0; i + 1 < crashed->frames.count; i++)
		if (strcmp(crashed->frames.frame[i].function, "bottom") == 0 &&
			strcmp(crashed->frames.frame[i + 1].function, "middle") == 0)
			seen = crashed->frames.frame[i].line > 0 &&
			       strstr(crashed->frames.frame[i].file, "symbolize_unwind.c");
	assert_true(seen);
	local_free(crashed);
}

static void nothing_known_is_one_frame(void **state)
{
	struct local *local = local_new();

	(void)state;
	local->taken.snapshot = (struct snapshot){.pc = 0x1234, .sp = 0x7000};
	unwind(&local->space, &local->work);
	assert_int_equal(local->work.count, 1);
	assert_int_equal(local->work.frame[0].address, 0x1234);
	assert_int_equal(local->work.frame[0].map, -1);
	assert_non_null(local->work.why);
	local_free(local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_instruction_has_its_callers),
		cmocka_unit_test(own_stack_is_as_backtrace_says),
		cmocka_unit_test(nothing_known_is_one_frame),
	};

	return cmocka_run_group_tests_name("symbolize/unwind", tests, NULL, NULL);
}
