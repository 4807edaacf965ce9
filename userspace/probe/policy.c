/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routine failures, of subjects and of calls that write, by name. */
#include "probe/policy.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "bpf/syscall.h"
#include "model/names.h"

struct syscall_policy {
	struct lw_call_policy rows[LW_CALLS + 1]; /* the last row is for calls without one of their own */
};

/* Failures that healthy programs meet all the time: probing for files, non-blocking I/O, interrupted waits.
 */
static const char *const routine_pairs[] = {
	"*:EAGAIN",
	"*:EINTR",
	"*:EINPROGRESS",
	"*:EALREADY",
	"*:ENOSYS",
	/* loaders, shells and configuration look-ups try many paths */
	"open:ENOENT",
	"openat:ENOENT",
	"openat2:ENOENT",
	"access:ENOENT",
	"faccessat:ENOENT",
	"faccessat2:ENOENT",
	"stat:ENOENT",
	"lstat:ENOENT",
	"newfstatat:ENOENT",
	"statx:ENOENT",
	"readlink:ENOENT",
	"readlinkat:ENOENT",
	"execve:ENOENT",
	"unlink:ENOENT",
	"unlinkat:ENOENT",
	"rmdir:ENOENT",
	"connect:ENOENT",
	"statfs:ENOENT",
	"open:ENXIO",
	"openat:ENXIO",
	"open:ENOTDIR",
	"stat:ENOTDIR",
	/* questions whose answer is an error */
	"ioctl:ENOTTY",
	"ioctl:EINVAL",
	"ioctl:ENODEV",
	"readlink:EINVAL",
	"readlinkat:EINVAL",
	"lseek:ESPIPE",
	"pread64:ESPIPE",
	"getpeername:ENOTCONN",
	"getsockopt:ENOTCONN",
	"shutdown:ENOTCONN",
	"mkdir:EEXIST",
	"mkdirat:EEXIST",
	"symlink:EEXIST",
	"symlinkat:EEXIST",
	"getxattr:ENODATA",
	"lgetxattr:ENODATA",
	"fgetxattr:ENODATA",
	"getxattr:EOPNOTSUPP",
	"lgetxattr:EOPNOTSUPP",
	"fgetxattr:EOPNOTSUPP",
	"listxattr:EOPNOTSUPP",
	"llistxattr:EOPNOTSUPP",
	"wait4:ECHILD",
	"waitid:ECHILD",
	"kill:ESRCH",
	"tgkill:ESRCH",
	"prctl:EINVAL",
	"close:EBADF",
	"fcntl:EBADF",
	"dup2:EBADF",
	"setpgid:EACCES",
	"setpgid:EPERM",
	"setpgid:ESRCH",
	"rt_sigtimedwait:EAGAIN",
	"sched_getattr:EINVAL",
	/* waiting that ends by time */
	"futex:ETIMEDOUT",
	"futex_time64:ETIMEDOUT",
	"epoll_ctl:EEXIST",
	"epoll_ctl:ENOENT",
	"epoll_ctl:EPERM",
	"clock_nanosleep:ETIMEDOUT",
	"add_key:EACCES",
	"fadvise64:ESPIPE",
	"bpf:ENOENT",
};

/* Among these what healthy programs do not meet: the end of a limit of processes. */
static const char *const telling_pairs[] = {
	"clone:EAGAIN",
	"clone3:EAGAIN",
	"fork:EAGAIN",
	"vfork:EAGAIN",
};

static const struct subject_row {
	const char *call;
	unsigned kind;
	unsigned arg;
} subject_rows[] = {
	{"open", LW_SUBJECT_PATH, 0},
	{"creat", LW_SUBJECT_PATH, 0},
	{"openat", LW_SUBJECT_PATH, 1},
	{"openat2", LW_SUBJECT_PATH, 1},
	{"stat", LW_SUBJECT_PATH, 0},
	{"lstat", LW_SUBJECT_PATH, 0},
	{"newfstatat", LW_SUBJECT_PATH, 1},
	{"statx", LW_SUBJECT_PATH, 1},
	{"statfs", LW_SUBJECT_PATH, 0},
	{"access", LW_SUBJECT_PATH, 0},
	{"faccessat", LW_SUBJECT_PATH, 1},
	{"faccessat2", LW_SUBJECT_PATH, 1},
	{"execve", LW_SUBJECT_PATH, 0},
	{"execveat", LW_SUBJECT_PATH, 1},
	{"readlink", LW_SUBJECT_PATH, 0},
	{"readlinkat", LW_SUBJECT_PATH, 1},
	{"unlink", LW_SUBJECT_PATH, 0},
	{"unlinkat", LW_SUBJECT_PATH, 1},
	{"rename", LW_SUBJECT_PATH, 0},
	{"renameat", LW_SUBJECT_PATH, 1},
	{"renameat2", LW_SUBJECT_PATH, 1},
	{"mkdir", LW_SUBJECT_PATH, 0},
	{"mkdirat", LW_SUBJECT_PATH, 1},
	{"rmdir", LW_SUBJECT_PATH, 0},
	{"link", LW_SUBJECT_PATH, 0},
	{"linkat", LW_SUBJECT_PATH, 1},
	{"symlink", LW_SUBJECT_PATH, 1},
	{"symlinkat", LW_SUBJECT_PATH, 2},
	{"chmod", LW_SUBJECT_PATH, 0},
	{"fchmodat", LW_SUBJECT_PATH, 1},
	{"chown", LW_SUBJECT_PATH, 0},
	{"lchown", LW_SUBJECT_PATH, 0},
	{"fchownat", LW_SUBJECT_PATH, 1},
	{"truncate", LW_SUBJECT_PATH, 0},
	{"chdir", LW_SUBJECT_PATH, 0},
	{"chroot", LW_SUBJECT_PATH, 0},
	{"mknod", LW_SUBJECT_PATH, 0},
	{"mknodat", LW_SUBJECT_PATH, 1},
	{"mount", LW_SUBJECT_PATH, 1},
	{"umount2", LW_SUBJECT_PATH, 0},
	{"utimensat", LW_SUBJECT_PATH, 1},
	{"getxattr", LW_SUBJECT_PATH, 0},
	{"setxattr", LW_SUBJECT_PATH, 0},
	{"inotify_add_watch", LW_SUBJECT_PATH, 1},
	{"swapon", LW_SUBJECT_PATH, 0},
	{"memfd_create", LW_SUBJECT_PATH, 0},
	{"write", LW_SUBJECT_FILE, 0},
	{"pwrite64", LW_SUBJECT_FILE, 0},
	{"writev", LW_SUBJECT_FILE, 0},
	{"pwritev", LW_SUBJECT_FILE, 0},
	{"pwritev2", LW_SUBJECT_FILE, 0},
	{"read", LW_SUBJECT_FILE, 0},
	{"pread64", LW_SUBJECT_FILE, 0},
	{"fsync", LW_SUBJECT_FILE, 0},
	{"fdatasync", LW_SUBJECT_FILE, 0},
	{"fallocate", LW_SUBJECT_FILE, 0},
	{"ftruncate", LW_SUBJECT_FILE, 0},
	{"connect", LW_SUBJECT_ADDRESS, 1},
	{"bind", LW_SUBJECT_ADDRESS, 1},
};

/* Calls that write, for last words; those that connect and listen, for unix sockets. */
static const struct writes_row {
	const char *call;
	enum lw_writes writes;
} writes_rows[] = {
	{"write", LW_WRITES_BUFFER},
	{"pwrite64", LW_WRITES_BUFFER},
	{"writev", LW_WRITES_VECTOR},
	{"sendto", LW_WRITES_SENDTO},
	{"sendmsg", LW_WRITES_SENDMSG},
	{"sendmmsg", LW_WRITES_SENDMMSG},
	{"connect", LW_WRITES_CONNECT},
	{"socket", LW_WRITES_SOCKET},
	{"listen", LW_WRITES_LISTEN},
};

static struct lw_call_policy *row_of(struct syscall_policy *policy, const char *call)
{
	int number = seccomp_syscall_resolve_name(call);

	return number >= 0 && number < LW_CALLS ? &policy->rows[number] : NULL;
}

const char *policy_set(struct syscall_policy *policy, const char *pair, bool routine)
{
	const char *colon = strchr(pair, ':');
	struct lw_call_policy *first = policy->rows, *last = policy->rows + LW_CALLS, *row;
	_cleanup_free_ char *call = NULL;
	uint32_t error;

	if (strcmp(pair, "none") == 0) {
		for (row = first; row <= last; row++)
			memset(row->routine, 0, sizeof(row->routine));
		return NULL;
	}
	if (!colon)
		return "a pair CALL:ERRNO such as openat:ENOENT or *:EAGAIN, or none";
	error = errno_by_name(colon + 1);
	if (!error)
		return "an errno name such as ENOENT behind the colon";
	call = strndup(pair, (size_t)(colon - pair));
	if (!call)
		return "more memory";
	if (strcmp(call, "*") != 0) {
		/* A name of another architecture or of an older kernel is no error: the same file serves many
		 * hosts. */
		if (seccomp_syscall_resolve_name(call) == __NR_SCMP_ERROR)
			return "the name of a system call before the colon, or *";
		first = last = row_of(policy, call);
		if (!first)
			return NULL;
	}
	for (row = first; row <= last; row++) {
		uint64_t bit = 1ull << (error & 63), *word = (uint64_t *)&row->routine[(error >> 6) & 3];

		*word = routine ? *word | bit : *word & ~bit;
	}
	return NULL;
}

int policy_new(struct syscall_policy **ret)
{
	struct syscall_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(routine_pairs) / sizeof(*routine_pairs); i++)
		policy_set(policy, routine_pairs[i], true);
	for (size_t i = 0; i < sizeof(telling_pairs) / sizeof(*telling_pairs); i++)
		policy_set(policy, telling_pairs[i], false);
	for (size_t i = 0; i < sizeof(subject_rows) / sizeof(*subject_rows); i++) {
		struct lw_call_policy *row = row_of(policy, subject_rows[i].call);

		if (row) {
			row->subject_kind = subject_rows[i].kind;
			row->subject_arg = subject_rows[i].arg;
		}
	}
	for (size_t i = 0; i < sizeof(writes_rows) / sizeof(*writes_rows); i++) {
		struct lw_call_policy *row = row_of(policy, writes_rows[i].call);

		if (row)
			row->writes = writes_rows[i].writes;
	}
	*ret = policy;
	return 0;
}

void policy_free(struct syscall_policy *policy)
{
	free(policy);
}

const void *policy_rows(const struct syscall_policy *policy, size_t *ret_size)
{
	*ret_size = sizeof(policy->rows);
	return policy->rows;
}
