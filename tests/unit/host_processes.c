/* SPDX-License-Identifier: Apache-2.0 */
/* /proc read back: children with odd names, long arguments, a deleted executable. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "unit/store_test.h"
#include "base/clock.h"
#include "host/host.h"

struct wanted {
	uint32_t pid;
	unsigned count;
	struct record_exec found;
};

static void on_process(void *context, const struct record_exec *process)
{
	struct wanted *w = context;

	assert_int_not_equal(process->task.key.pid, 0);
	assert_true(strlen(process->task.comm) < sizeof(process->task.comm));
	if (process->task.key.pid != w->pid)
		return;
	w->count++;
	w->found = *process;
}

static struct record_exec find(pid_t pid)
{
	struct wanted w = {.pid = (uint32_t)pid};

	assert_int_equal(host_processes(on_process, &w), 0);
	assert_int_equal(w.count, 1);
	return w.found;
}

/* A child that has a name, or has become a program, and waits to be killed. */
static pid_t start(const char *name, char *const *argv, const char *path)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		if (name)
			prctl(PR_SET_NAME, name);
		if (path)
			execv(path, argv);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0); /* closed by exec, or when the name is set */
	close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void myself(void **state)
{
	struct record_exec p = find(getpid());
	uint64_t now = clock_boottime();
	char exe[RECORD_PATH] = "";
	struct stat st;

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_string_equal(p.exe, exe);
	assert_int_equal(p.inode, st.st_ino);
	assert_int_equal(p.device, major(st.st_dev) << 20 | minor(st.st_dev));
	assert_int_equal(p.mtime, (uint64_t)st.st_mtim.tv_sec * NS_PER_SEC + (uint64_t)st.st_mtim.tv_nsec);
	assert_int_equal(p.task.tid, getpid());
	assert_int_equal(p.task.ppid, getppid());
	assert_int_equal(p.task.uid, getuid());
	assert_int_equal(p.task.gid, getgid());
	assert_int_not_equal(p.task.ns_pid, 0);
	assert_true(p.args_len > 0 && p.args[p.args_len - 1] == '\0' && !p.args_cut);
	assert_true(p.task.key.start <= now && now - p.task.key.start < 600 * NS_PER_SEC);
	assert_true(p.cgroup.v2[0] == '/' || p.cgroup.v1[0] == '/' || access("/sys/fs/cgroup", F_OK) < 0);
}

static void odd_names(void **state)
{
	static const char *const names[] = {
		"a b", ") R 1 1", "((x)) (", "a\nb", "fifteen bytes..", "", "\xff\x1b[0m"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		pid_t pid = start(names[i], NULL, NULL);
		struct record_exec p = find(pid);

		assert_string_equal(p.task.comm, names[i]);
		assert_int_equal(p.task.ppid, getpid());
		assert_int_equal(p.task.uid, getuid());
		stop(pid);
	}
}

static void long_arguments(void **state)
{
	char text[600] = "", *argv[] = {"/bin/sleep", "1000", NULL},
	     *many[] = {"sh", "-c", "read x; :", text, NULL};
	pid_t pid = start(NULL, argv, "/bin/sleep");
	struct record_exec p = find(pid);
	int quiet[2];

	(void)state;
	assert_string_equal(p.task.comm, "sleep");
	assert_int_equal(p.args_len, 16);
	assert_memory_equal(p.args,
		"/bin/sleep\0"
		"1000",
		16);
	stop(pid);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(pipe(quiet), 0);
	assert_true(dup2(quiet[0], STDIN_FILENO) >= 0);
	pid = start(NULL, many, "/bin/sh");
	p = find(pid);
	assert_true(p.args_cut);
	assert_int_equal(p.args_len, RECORD_ARGS - 1);
	assert_memory_equal(p.args, "sh\0-c\0read x; :\0xxx", 19);
	stop(pid);
	close(quiet[0]);
	close(quiet[1]);
}

static void deleted_executable(void **state)
{
	char path[128], *argv[] = {"x", "1000", NULL};
	int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC), to;
	struct record_exec p;
	struct stat st;
	pid_t pid;

	path_of(path, sizeof(path), *state, "prog");
	assert_int_equal(fstat(from, &st), 0);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(sendfile(to, from, NULL, (size_t)st.st_size), st.st_size);
	assert_int_equal(fstat(to, &st), 0);
	close(from);
	close(to);
	pid = start(NULL, argv, path);
	unlink(path);
	p = find(pid);
	assert_string_equal(p.exe, path); /* without " (deleted)" */
	assert_int_equal(p.inode, st.st_ino);
	stop(pid);
}

static void zombie(void **state)
{
	struct record_exec p;
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	p = find(pid);
	assert_string_equal(p.exe, "");
	assert_int_equal(p.args_len, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void description(void **state)
{
	struct record_host host;

	(void)state;
	host_describe(&host);
	assert_true(host.name[0] && host.machine[0] && host.release[0]);
	assert_int_equal(strlen(host.boot_id), 36);
	assert_null(strchr(host.core_pattern, '\n'));
}

static void who_is_running(void **state)
{
	pid_t pid = start("odd) Z name", NULL, NULL);
	siginfo_t info;

	(void)state;
	assert_true(host_is_running((uint32_t)pid));
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(host_is_running((uint32_t)pid));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(host_is_running((uint32_t)pid));
}

/* By its number and its start, to a tick. */
static void that_very_process(void **state)
{
	pid_t pid = start("odd) Z name", NULL, NULL);
	struct process_key key = find(pid).task.key, other = key;
	struct rlimit files, none;
	siginfo_t info;
	bool blind;

	(void)state;
	assert_true(host_is_process(key));
	other.start += 5000000; /* what the kernel knows of that tick */
	assert_true(host_is_process(other));
	other.start = key.start + 10000000;
	assert_false(host_is_process(other));
	other.start = key.start - 1;
	assert_false(host_is_process(other));
	/* That it cannot be looked at says nothing. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = files.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	blind = host_is_process(key);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	assert_true(blind);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(host_is_process(key));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(host_is_process(key));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(myself), cmocka_unit_test(odd_names),
		cmocka_unit_test(long_arguments),
		cmocka_unit_test_setup_teardown(deleted_executable, dir_make, dir_remove),
		cmocka_unit_test(zombie), cmocka_unit_test(who_is_running),
		cmocka_unit_test(that_very_process), cmocka_unit_test(description)};

	return cmocka_run_group_tests_name("host_processes", tests, NULL, NULL);
}
