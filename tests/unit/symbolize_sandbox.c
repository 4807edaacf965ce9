/* SPDX-License-Identifier: Apache-2.0 */
/* From inside: what a process in the sandbox can still do, and what ends it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbolize/sandbox.h"
#include "symbolize/symbolize.h"

#define KEPT 5

/* The sanitizers have memory and calls of their own. */
#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

/* Runs attempt in a sandboxed child; returns its wait status: 0 when attempt said true. */
static int in_sandbox(bool (*attempt)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		int pair[2];
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0 || dup2(pair[0], KEPT) < 0)
			_exit(3);
		_exit(sandbox_enter(KEPT, false) < 0 ? 4 : attempt() ? 0 : 1);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	return status;
}

#define WORKS(attempt) assert_int_equal(in_sandbox(attempt), 0)
#define KILLS(attempt) assert_true(WIFSIGNALED(in_sandbox(attempt)))

static bool computes(void)
{
	char *memory = malloc(1 << 20);
	bool good = memory;

	if (memory)
		memory[1000] = 1;
	free(memory);
	return good;
}

static bool has_one_descriptor(void)
{
	for (int fd = 0; fd < 64; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd == KEPT))
			return false;
	return true;
}

static bool is_refused_files(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) < 0 && errno == EACCES;
}

static bool is_refused_memory(void)
{
	for (size_t size = 0; size <= SYMBOLIZER_MEMORY; size += 16 << 20)
		if (!malloc(16 << 20))
			return true;
	return false;
}

static bool opens_a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= -1;
}

static bool executes(void)
{
	char *const none[] = {NULL};

	return execve("/bin/true", none, none) == -1;
}

static bool forks(void)
{
	return fork() >= -1;
}

static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool makes_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) >= -1;
}

static bool traces(void)
{
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL) >= -1;
}

static bool kills(void)
{
	return kill(1, 0) >= -1;
}

static bool sees_user(void)
{
	return syscall(SYS_getuid) >= -1;
}

static void works_and_reads(void **state)
{
	(void)state;
	WORKS(computes);
	WORKS(has_one_descriptor);
	WORKS(is_refused_files);
	if (!sanitized)
		WORKS(is_refused_memory);
}

static void anything_else_ends_it(void **state)
{
	(void)state;
	KILLS(opens_a_socket);
	KILLS(executes);
	KILLS(maps_code);
	KILLS(makes_code);
	KILLS(traces);
	KILLS(sees_user);
	if (sanitized)
		return;
	KILLS(forks);
	KILLS(kills);
}

/* The part that is not seccomp's: user, groups, capabilities, limits, seen from outside in /proc. */
static void has_no_privileges(void **state)
{
	static const char *const lines[] = {"NoNewPrivs:\t1\n", "Seccomp:\t2\n",
		"CapEff:\t0000000000000000\n", "CapPrm:\t0000000000000000\n", "CapInh:\t0000000000000000\n",
		"CapAmb:\t0000000000000000\n"};
	char path[64], text[4096] = "";
	int wait[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, wait), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (sandbox_enter(wait[1], false) < 0)
			_exit(4);
		if (write(wait[1], "r", 1) == 1 && read(wait[1], path, 1) >= 0)
			_exit(0);
		_exit(1);
	}
	close(wait[1]);
	assert_int_equal(read(wait[0], text, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(text, lines[i]));
	if (geteuid() == 0) {
		assert_non_null(strstr(text, "Uid:\t65534\t65534\t65534\t65534\n"));
		assert_non_null(strstr(text, "Groups:\t \n"));
		assert_non_null(strstr(text, "CapBnd:\t0000000000000000\n"));
	}
	close(fd);
	close(wait[0]);
	waitpid(pid, NULL, 0);
}

/* As under a service manager that took the right to change groups away. */
static bool lose_cap_setgid(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps) < 0)
		return false;
	caps[0].effective &= ~(1u << CAP_SETGID);
	caps[0].permitted &= ~(1u << CAP_SETGID);
	return syscall(SYS_capset, &head, caps) == 0;
}

static void does_not_stay_root(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(!lose_cap_setgid() ? 2 : sandbox_enter_network(1 << 20) != -EPERM);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(works_and_reads),
		cmocka_unit_test(anything_else_ends_it),
		cmocka_unit_test(has_no_privileges),
		cmocka_unit_test(does_not_stay_root),
	};

	return cmocka_run_group_tests_name("symbolize/sandbox", tests, NULL, NULL);
}
