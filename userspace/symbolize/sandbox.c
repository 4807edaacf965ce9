/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, identity, capabilities, seccomp: in this order, as each needs what a later one takes away. */
#include "symbolize/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "symbolize/symbolize.h"

#define NOBODY        65534
#define ADDRESS_SPACE (4ull << 30) /* bytes: mapped files count here, memory of its own in RLIMIT_DATA */
#define FILES         16

#define DOWNLOAD_FILES  64
#define DOWNLOAD_MEMORY (256ull << 20)

/* The sanitizers of a test build reserve terabytes, and need a few calls more. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

void sandbox_close_others(int keep)
{
	unsigned fd = (unsigned)keep;

	if (fd > 0)
		close_range(0, fd - 1, 0);
	close_range(fd + 1, ~0u, 0);
}

struct limit {
	__rlimit_resource_t resource;
	rlim_t value;
};

static int set_limits(const struct limit *limits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (setrlimit(limits[i].resource, &(struct rlimit){limits[i].value, limits[i].value}) < 0)
			return -errno;
	return 0;
}

/* An empty read-only file system becomes the root. Where that is not allowed, seccomp alone keeps files away.
 */
static void leave_files(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("none", "/tmp", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 &&
		chroot("/tmp") == 0 && chdir("/") < 0)
		_exit(1);
}

/* Groups go before the user, with whom the right to change them goes. */
static int leave_root(void)
{
	/* In a user namespace without such a user it stays root, of nothing. */
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0)
		return errno == EINVAL ? 0 : -errno;
	if (setgroups(0, NULL) < 0)
		return -errno;
	return setresuid(NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL ? -errno : 0;
}

static int drop_privileges(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};
	int r;

	/* Without CAP_SETPCAP the bounding set stays: no_new_privs makes it pointless. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	r = geteuid() == 0 ? leave_root() : 0;
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &head, none) < 0)
		return -errno;
	/* Not before the change of user, which clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static int filter_calls(void)
{
	static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
		SCMP_SYS(munmap), SCMP_SYS(brk), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
		SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fcntl),
		SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
		SCMP_SYS(sysinfo), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(restart_syscall),
		SCMP_SYS(rt_sigreturn)};
	/* Memory that may become code is refused. */
	static const int memory[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	/* Library code tries these and copes: libdw looks for files of its own, glibc for the machine's
	 * memory. */
	static const int refused[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink),
		SCMP_SYS(readlinkat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(faccessat),
		SCMP_SYS(getcwd), SCMP_SYS(ioctl)};
	static const int sanitizers[] = {SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(prctl), SCMP_SYS(clone), SCMP_SYS(kill), SCMP_SYS(tgkill)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;

#define ADD(list, action, ...)                                                                               \
	for (size_t i = 0; r == 0 && i < sizeof(list) / sizeof((list)[0]); i++)                              \
	r = seccomp_rule_add(filter, action, (list)[i], __VA_ARGS__)

	ADD(allowed, SCMP_ACT_ALLOW, 0);
	ADD(memory, SCMP_ACT_ALLOW, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	ADD(refused, SCMP_ACT_ERRNO(EACCES), 0);
	if (SANITIZED)
		ADD(sanitizers, SCMP_ACT_ALLOW, 0);
#undef ADD
	/* fstat() of newer libraries: a descriptor, an empty path. */
	r = r
		    ?: seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
			       SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
	r = r ?: seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return r;
}

/* A download may look up names and open certificates, but start, trace or signal nothing. */
static int filter_harm(void)
{
	static const int harm[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kill), SCMP_SYS(tkill),
		SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
		SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
		SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(unshare), SCMP_SYS(setns),
		SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof(harm) / sizeof(harm[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), harm[i], 0);
	r = r ?: seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return r;
}

int sandbox_enter_network(uint64_t file_size)
{
	const struct limit limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, file_size},
		{RLIMIT_NOFILE, DOWNLOAD_FILES},
		{RLIMIT_DATA, DOWNLOAD_MEMORY},
	};
	int r = set_limits(limits, sizeof(limits) / sizeof(limits[0]) - SANITIZED);

	r = r ?: drop_privileges();
	return r ?: filter_harm();
}

int sandbox_enter(int keep, bool own_mounts)
{
	static const struct limit limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, 0},
		{RLIMIT_NPROC, 0},
		{RLIMIT_NOFILE, FILES},
		{RLIMIT_DATA, SYMBOLIZER_MEMORY},
		{RLIMIT_AS, ADDRESS_SPACE},
	};

	sandbox_close_others(keep);
	if (own_mounts)
		leave_files();
	int r = set_limits(limits, sizeof(limits) / sizeof(limits[0]) - (SANITIZED ? 2 : 0));
	r = r ?: drop_privileges();
	return r ?: filter_calls();
}
