/* SPDX-License-Identifier: Apache-2.0 */
/* The process that forks downloads. */
#include "symbolize/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbolize/download.h"
#include "symbolize/packet.h"
#include "symbolize/sandbox.h"

#define KEPT 3 /* the one descriptor, behind the standard streams */

/* Leaves fd alone, as KEPT; libraries may write to the standard streams. */
static void keep_alone(int fd)
{
	if (fd != KEPT && dup2(fd, KEPT) < 0)
		_exit(1);
	close_range(KEPT + 1, ~0u, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int stream = 0; stream < KEPT; stream++)
		if (null < 0 || dup2(null, stream) < 0)
			_exit(1);
	close(null);
}

static int32_t wait_for(pid_t pid, int control)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = control}};
	int status;

	if (pidfd < 0 || poll(fds, 2, FETCH_SECONDS * 1000) <= 0 || !fds[0].revents)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECANCELED;
	return WEXITSTATUS(status) ? -EIO : 0;
}

static int32_t fetch(const char *urls, uint64_t max, const struct fetch_request *request, int file)
{
	pid_t pid = fork();
	struct stat st;

	if (pid == 0) {
		prctl(PR_SET_NAME, "lw-download");
		keep_alone(file);
		/* A status would be told as a failure of this host's: an empty file says it. */
		if (sandbox_enter_network(max) < 0 || download(urls, request->build_id, KEPT, max) < 0)
			_exit(ftruncate(KEPT, 0) < 0);
		_exit(0);
	}
	int r = pid < 0 ? -errno : wait_for(pid, KEPT);
	return r == 0 && (fstat(file, &st) < 0 || !st.st_size) ? -ENOENT : r;
}

static int answer(int32_t result)
{
	return packet_send(KEPT, &(struct iovec){&result, sizeof(result)}, 1, NULL, 0);
}

_Noreturn static void run(const char *urls, uint64_t max, int control)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP};
	struct fetch_request request;
	int fds[PACKET_FDS];

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "lw-fetch");
	keep_alone(control);
	if (answer(download_load()) < 0)
		_exit(1);
	while (packet_receive(KEPT, &request, sizeof(request), fds) == sizeof(request)) {
		int32_t result = fetch(urls, max, &request, fds[0]);
		for (size_t i = 0; i < PACKET_FDS; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		if (answer(result) < 0)
			break;
	}
	_exit(0);
}

int fetcher_start(const char *urls, uint64_t max, int *ret_control, pid_t *ret_pid)
{
	int ends[2], result = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0)
		run(urls, max, ends[1]);
	int r = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (r == 0)
		r = fetcher_take(ends[0], &result);
	if (r == 0 && result < 0)
		r = result;
	if (r < 0) {
		close(ends[0]);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return r;
	}
	*ret_control = ends[0];
	*ret_pid = pid;
	return 0;
}

int fetcher_ask(int control, const struct fetch_request *request, int file)
{
	return packet_send(control, &(struct iovec){(void *)request, sizeof(*request)}, 1, &file, 1);
}

int fetcher_take(int control, int *ret_result)
{
	int32_t result;
	int fds[PACKET_FDS];
	ssize_t length = packet_receive(control, &result, sizeof(result), fds);

	if (length == -EAGAIN)
		return -EAGAIN;
	if (length != sizeof(result))
		return -EPIPE;
	*ret_result = result;
	return 0;
}
