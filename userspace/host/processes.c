/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that were there before the probes, from /proc. */
#include "host/host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/internal.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */
#define FILE_ROOM  8192       /* bytes read of any file of /proc/PID */

ssize_t file_read_at(int dir, const char *name, char *out, size_t room)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (used < room - 1) {
		n = read(fd, out + used, room - 1 - used);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	out[used] = '\0';
	return (ssize_t)used;
}

/* The kernel knows nanoseconds, /proc gives ticks: the key of an older process is known to a tick only. */
static uint64_t tick(void)
{
	return NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* proc(5), /proc/PID/stat: the name stands between the first "(" and the last ")"; field 3 follows. ret_over:
 * it has ended, with all of its threads. */
static int parse_stat(const char *text, struct record_task *task, bool *ret_over)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *at;
	uint64_t fields[23] = {0};
	size_t len;

	if (!open || !close || close < open)
		return -EBADMSG;
	len = (size_t)(close - open - 1);
	if (len >= sizeof(task->comm))
		len = sizeof(task->comm) - 1;
	memcpy(task->comm, open + 1, len);
	at = close + 1;
	for (int i = 3; i <= 22; i++) {
		at += strspn(at, " ");
		if (!*at)
			return -EBADMSG;
		fields[i] = strtoull(at, NULL, 10);
		at += strcspn(at, " ");
	}
	task->ppid = (uint32_t)fields[4];
	task->key.start = fields[22] * tick();
	*ret_over = strchr("ZX", close[2]) && fields[20] <= 1;
	return fields[9] & PF_KTHREAD ? -ENOENT : 0;
}

static void parse_status(const char *text, struct record_task *task)
{
	const char *line;

	line = strstr(text, "\nUid:");
	if (line)
		task->uid = (uint32_t)strtoul(line + 5, NULL, 10);
	line = strstr(text, "\nGid:");
	if (line)
		task->gid = (uint32_t)strtoul(line + 5, NULL, 10);
	line = strstr(text, "\nNSpid:");
	if (line) {
		const char *end = strchr(line + 1, '\n');
		const char *last = end ? memrchr(line, '\t', (size_t)(end - line)) : NULL;

		if (last)
			task->ns_pid = (uint32_t)strtoul(last + 1, NULL, 10);
	}
}

/* Lines "0::/path" (v2) and "N:memory:/path" (v1). */
static void parse_cgroup(char *text, struct record_cgroup *cgroup)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;

		if (!second)
			continue;
		*second = '\0';
		if (strcmp(line, "0:") == 0)
			text_copy(cgroup->v2, sizeof(cgroup->v2), second + 1);
		else if (strcmp(first + 1, "memory") == 0)
			text_copy(cgroup->v1, sizeof(cgroup->v1), second + 1);
	}
}

static int read_process(int proc, const char *name, struct record_exec *ret)
{
	_cleanup_close_ int dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char deleted[] = " (deleted)";
	char text[FILE_ROOM];
	struct stat st;
	ssize_t n;
	size_t len;
	bool over;

	memset(ret, 0, sizeof(*ret));
	ret->task.key.pid = ret->task.tid = (uint32_t)strtoul(name, NULL, 10);
	if (dir < 0 || file_read_at(dir, "stat", text, sizeof(text)) < 0)
		return -ENOENT;
	if (parse_stat(text, &ret->task, &over) < 0)
		return -ENOENT;
	if (file_read_at(dir, "status", text, sizeof(text)) > 0)
		parse_status(text, &ret->task);
	if (file_read_at(dir, "cgroup", text, sizeof(text)) > 0)
		parse_cgroup(text, &ret->cgroup);
	n = readlinkat(dir, "exe", ret->exe, sizeof(ret->exe) - 1);
	ret->exe[n > 0 ? n : 0] = '\0';
	len = strlen(ret->exe);
	if (len > sizeof(deleted) - 1 && strcmp(ret->exe + len - (sizeof(deleted) - 1), deleted) == 0)
		ret->exe[len - (sizeof(deleted) - 1)] = '\0';
	/* Of the file itself even when it was replaced or is in another mount namespace; stat opens nothing.
	 */
	if (fstatat(dir, "exe", &st, 0) == 0) {
		ret->inode = st.st_ino;
		ret->device = (uint32_t)(major(st.st_dev) << 20 | minor(st.st_dev));
		ret->mtime = (uint64_t)st.st_mtim.tv_sec * NS_PER_SEC + (uint64_t)st.st_mtim.tv_nsec;
	}
	if (fstatat(dir, "ns/mnt", &st, 0) == 0)
		ret->mount_ns = (uint32_t)st.st_ino;
	n = file_read_at(dir, "cmdline", text, sizeof(text));
	if (n > 0) {
		ret->args_cut = (size_t)n > sizeof(ret->args) - 1;
		ret->args_len = ret->args_cut ? (uint32_t)sizeof(ret->args) - 1 : (uint32_t)n;
		memcpy(ret->args, text, ret->args_len);
	}
	return 0;
}

struct host_pids {
	DIR *proc;
};

int host_pids_open(struct host_pids **ret)
{
	struct host_pids *pids = calloc(1, sizeof(*pids));
	int r;

	if (!pids)
		return -ENOMEM;
	pids->proc = opendir("/proc");
	if (!pids->proc) {
		r = -errno;
		free(pids);
		return r;
	}
	*ret = pids;
	return 0;
}

int host_pids_next(struct host_pids *pids, struct record_exec *ret)
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(pids->proc))) {
		if (isdigit((unsigned char)entry->d_name[0]) &&
			read_process(dirfd(pids->proc), entry->d_name, ret) == 0)
			return 1;
		errno = 0;
	}
	return -errno;
}

void host_pids_close(struct host_pids *pids)
{
	if (pids)
		closedir(pids->proc);
	free(pids);
}

int host_processes(host_process_fn fn, void *context)
{
	struct record_exec process;
	struct host_pids *pids = NULL;
	int r = host_pids_open(&pids);

	if (!pids)
		return r;
	while (host_pids_next(pids, &process) > 0)
		fn(context, &process);
	host_pids_close(pids);
	return 0;
}

bool host_is_process(struct process_key key)
{
	char path[64], text[FILE_ROOM];
	struct record_task task;
	bool over = false;
	ssize_t n;

	/* Of most that are gone nobody has the number. */
	if (kill((pid_t)key.pid, 0) < 0 && errno == ESRCH)
		return false;
	snprintf(path, sizeof(path), "/proc/%u/stat", key.pid);
	n = file_read_at(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return n != -ENOENT && n != -ESRCH;
	if (parse_stat(text, &task, &over) < 0)
		return false;
	return !over && key.start >= task.key.start && key.start - task.key.start < tick();
}

#define PROC_PID_INIT_INO 0xEFFFFFFC /* include/linux/proc_ns.h */

bool host_is_initial(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == PROC_PID_INIT_INO;
}

int host_cwd(uint32_t pid, char *buf, size_t size)
{
	char path[32];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/cwd", pid);
	len = readlink(path, buf, size - 1);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return 0;
}

bool host_is_running(uint32_t pid)
{
	char path[64], text[512];
	const char *state;
	_cleanup_close_ int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return false;
	text[len] = '\0';
	state = strrchr(text, ')'); /* the name before it may hold anything */
	return !state || !strchr("ZX", state[1] ? state[2] : 'X');
}
