/* SPDX-License-Identifier: Apache-2.0 */
/* snap [-f] [-d DEBUG] [-n TIMES] [-s SECONDS] -- COMMAND…: runs a command until a fatal signal (with -f also
 * one that it handles; with -s for a time), takes a snapshot and prints its frames as the library finds them;
 * then leaves the process stopped for a debugger and waits for a line on its standard input before it kills
 * it. Lines: "pid PID TID", "frame ADDRESS TRUST INLINED SIGNAL FUNCTION FILE:LINE", "end …", "time COLD
 * WARM" in us. */
#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/loop.h"
#include "symbolize/taken.h"

struct run {
	struct loop *loop;
	struct symbolizer *symbolizer;
	struct taken *taken;
	unsigned left;
	uint64_t begun, cold, warm;
};

static void print_result(const struct symbolized *result)
{
	static const char *const trusts[] = {"context", "cfi", "fp", "scan"};

	for (unsigned i = 0; i < result->frames->count; i++) {
		const struct frame *frame = &result->frames->frame[i];
		printf("frame\t%#lx\t%s\t%d\t%d\t%s\t%s:%u\t+%#lx\t%s\n", frame->address,
			trusts[frame->trust], frame->inlined, frame->signal, frame->function, frame->file,
			frame->line, frame->symbol_offset,
			frame->map >= 0 ? result->build_ids[frame->map] : "");
	}
	printf("end\t%d\t%s\t%s\n", result->frames->truncated, result->frames->why ?: "",
		result->missing ?: "");
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

static void ask(struct run *run);

static void on_done(void *context, const struct symbolized *result)
{
	struct run *run = context;
	uint64_t took = now() - run->begun;

	if (!run->cold)
		run->cold = took;
	else if (!run->warm || took < run->warm)
		run->warm = took;
	/* The first answer may be without the lines of big files. */
	if (run->left == 1)
		print_result(result);
	if (--run->left)
		ask(run);
	else
		loop_stop(run->loop, 0);
}

static int open_file(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct run *run = context;

	return taken_open(run->taken, device, inode, debug);
}

static void ask(struct run *run)
{
	run->begun = now();
	symbolizer_request(run->symbolizer, &run->taken->snapshot, open_file, on_done, run);
}

static void on_ready(void *context, const struct symbolized *result)
{
	(void)result;
	loop_stop(context, 0);
}

/* The helper is there from the daemon's start on: its own start does not count. */
static void wait_for_helper(struct run *run)
{
	const struct snapshot nothing = {.pc = 1};

	symbolizer_attach(run->symbolizer, run->loop);
	symbolizer_request(run->symbolizer, &nothing, NULL, on_ready, run->loop);
	loop_run(run->loop);
}

static bool is_fatal(int signo)
{
	static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (signo == fatal[i])
			return true;
	return false;
}

static bool is_handled(pid_t pid, int signo)
{
	char path[64], line[256];
	unsigned long caught = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "SigCgt: %lx", &caught);
	if (file)
		fclose(file);
	return caught >> (signo - 1) & 1;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		dup2(open("/dev/null", O_RDWR), 0);
		dup2(0, 1);
		dup2(0, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* Runs until a thread gets a signal that will kill the process, or until the alarm. Returns that thread. */
static pid_t run_until_death(pid_t pid, bool first_fault)
{
	int status;
	bool first = true;

	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0 || (tid == pid && !WIFSTOPPED(status)))
			return -1;
		if (!WIFSTOPPED(status))
			continue;
		int signo = WSTOPSIG(status);
		bool ours = first || status >> 16 || signo == SIGSTOP;
		if (first)
			ptrace(PTRACE_SETOPTIONS, pid, NULL,
				PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
		else if (!ours &&
			 (signo == SIGURG || (is_fatal(signo) && (first_fault || !is_handled(tid, signo)))))
			return tid;
		ptrace(PTRACE_CONT, tid, NULL, ours ? 0 : (long)signo);
		first = false;
	}
}

/* Stopped by the signal that ends the tracing, the process shows a debugger the very same state. */
static void leave(pid_t pid, pid_t tid)
{
	char path[64];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		pid_t other = atoi(entry->d_name);
		if (other <= 0 || other == tid)
			continue;
		syscall(SYS_tgkill, pid, other, SIGSTOP);
		waitpid(other, NULL, __WALL);
		ptrace(PTRACE_DETACH, other, NULL, SIGSTOP);
	}
	if (tasks)
		closedir(tasks);
	ptrace(PTRACE_DETACH, tid, NULL, SIGSTOP);
}

int main(int argc, char **argv)
{
	struct run run = {.left = 1, .taken = calloc(1, sizeof(*run.taken))};
	int option;
	unsigned seconds = 0;
	bool first_fault = false;

	while ((option = getopt(argc, argv, "+fd:n:s:")) != -1) {
		if (option == 'd')
			run.taken->debug_folder = optarg;
		else if (option == 'n')
			run.left = (unsigned)atoi(optarg);
		else if (option == 'f')
			first_fault = true;
		else if (option == 's')
			seconds = (unsigned)atoi(optarg);
	}
	if (optind == argc || symbolizer_start(&run.symbolizer) < 0 || loop_new(&run.loop) < 0)
		return 2;
	pid_t pid = start(argv + optind);
	pid_t timer = seconds ? fork() : -1;
	if (timer == 0) {
		sleep(seconds);
		kill(pid, SIGURG); /* by default ignored, and known to no program here */
		_exit(0);
	}
	pid_t tid = run_until_death(pid, first_fault);
	if (tid < 0 || taken_take(run.taken, tid) < 0)
		return 1;
	wait_for_helper(&run);
	ask(&run);
	loop_run(run.loop);
	leave(pid, tid);
	printf("time\t%lu\t%lu\npid\t%d\t%d\n", run.cold / 1000, run.warm / 1000, pid, tid);
	fflush(stdout);
	getchar();
	kill(pid, SIGKILL);
	symbolizer_stop(run.symbolizer);
	loop_free(run.loop);
	free(run.taken);
	return 0;
}
