/* SPDX-License-Identifier: Apache-2.0 */
/* The process that forks helpers. */
#include "symbolize/nursery.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbolize/helper.h"
#include "symbolize/packet.h"
#include "symbolize/sandbox.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)

/* fork() with a pidfd and namespaces: an own pid namespace must be there from the start. */
static pid_t fork_into(unsigned long flags, int *ret_pidfd)
{
	return (pid_t)syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, 0, ret_pidfd, 0, 0);
}

static int spawn(int *ret_channel, int *ret_pidfd)
{
	unsigned long namespaces = NAMESPACES;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	_cleanup_close_ int ours = ends[1];
	pid_t pid = fork_into(namespaces, ret_pidfd);
	if (pid < 0) {
		namespaces = 0;
		pid = fork_into(namespaces, ret_pidfd);
	}
	if (pid == 0) {
		prctl(PR_SET_NAME, "lw-symbolize");
		if (sandbox_enter(ours, namespaces & CLONE_NEWNS) == 0)
			helper_run(ours);
		_exit(1);
	}
	if (pid < 0) {
		int err = -errno;
		close(ends[0]);
		return err;
	}
	*ret_channel = ends[0];
	return 0;
}

_Noreturn static void run(int control)
{
	/* A stop of the whole group must not take the helper away from a daemon that is still finishing. */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	char byte;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "lw-nursery");
	sandbox_close_others(control);
	for (;;) {
		int fds[PACKET_FDS];
		if (packet_receive(control, &byte, sizeof(byte), fds) <= 0)
			_exit(0);
		int32_t error = spawn(&fds[0], &fds[1]);
		int r = packet_send(
			control, &(struct iovec){&error, sizeof(error)}, 1, fds, error ? 0 : PACKET_FDS);
		for (size_t i = 0; !error && i < PACKET_FDS; i++)
			close(fds[i]);
		if (r < 0)
			_exit(1);
	}
}

int nursery_start(int *ret_control, pid_t *ret_pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		run(ends[1]);
	int err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	*ret_control = ends[0];
	*ret_pid = pid;
	return 0;
}

int nursery_ask(int control)
{
	return packet_send(control, &(struct iovec){(char[1]){0}, 1}, 1, NULL, 0);
}

int nursery_take(int control, int *ret_channel, int *ret_pidfd)
{
	int32_t error = 0;
	int fds[PACKET_FDS];
	ssize_t length = packet_receive(control, &error, sizeof(error), fds);

	if (length < 0)
		return (int)length;
	if (length != sizeof(error) || (!error && fds[PACKET_FDS - 1] < 0))
		return -EPIPE;
	if (error)
		return error;
	*ret_channel = fds[0];
	*ret_pidfd = fds[1];
	return 0;
}
