/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes add to a system call. Usage: syscall EMPTY_OBJECT ROUNDS
 *
 * Each round measures every call under nothing, the empty program and
 * lastwords, in changing order; a measure is the fastest of several short
 * samples, pinned to a CPU. A round during which somebody else traced system
 * calls is measured again. Prints one line a call and round: CALL NONE EMPTY
 * LASTWORDS, in ns for one call. The calls are made by a child: the process
 * that loads the probes is not counted. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"

#define SAMPLE_NS     2000000
#define SAMPLES       8
#define FRESH         8   /* failures of a new counter that are all sampled */
#define DISTURBED_MAX 150 /* attempts of one round, 100 ms apart */

static int empty_pipe[2];

static long call_ok(void)
{
	return syscall(SYS_getppid);
}

static long call_fail(void)
{
	return syscall(SYS_read, -1, NULL, 0);
}

static long call_routine(void)
{
	char c;

	return syscall(SYS_read, empty_pipe[0], &c, 1);
}

static int null_fd;

static long call_write(void)
{
	return write(null_fd, "x\n", 2);
}

static long call_stderr(void)
{
	return write(2, "x\n", 2);
}

static int receiver, sender, stream;
static struct sockaddr_in receiver_address;
static struct iovec sent = {.iov_base = "x\n", .iov_len = 2};
static struct msghdr message = {.msg_iov = &sent, .msg_iovlen = 1};

static struct msghdr empty;

/* A connected stream: to send nothing over it costs little, so that what is added shows. */
static void stream_make(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	stream = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || stream < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
		connect(stream, (struct sockaddr *)&address, size) < 0)
		err(1, "sockets");
}

/* To a socket whose buffer is full. */
static void sockets_make(void)
{
	socklen_t size = sizeof(receiver_address);

	receiver_address =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	receiver = socket(AF_INET, SOCK_DGRAM, 0);
	sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&receiver_address, size) < 0 ||
		getsockname(receiver, (struct sockaddr *)&receiver_address, &size) < 0 ||
		connect(sender, (struct sockaddr *)&receiver_address, size) < 0)
		err(1, "sockets");
	stream_make();
}

static long call_send(void)
{
	return send(sender, "x\n", 2, 0);
}

static long call_sendto(void)
{
	return sendto(sender, "x\n", 2, 0, (struct sockaddr *)&receiver_address, sizeof(receiver_address));
}

static long call_sendmsg(void)
{
	return sendmsg(sender, &message, 0);
}

static long call_tcp_send(void)
{
	return send(stream, "", 0, 0);
}

static long call_tcp_message(void)
{
	return sendmsg(stream, &empty, 0);
}

static long call_path(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/dev/null/nothing", O_RDONLY);
}

static int unix_listener, client_socket;
static const struct sockaddr_un served = {.sun_family = AF_UNIX, .sun_path = "\0lastwords-bench"};
static const struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "/run/lastwords-nobody"};
#define SERVED_SIZE (offsetof(struct sockaddr_un, sun_path) + sizeof("\0lastwords-bench") - 1)

static void unix_make(void)
{
	unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	client_socket = socket(AF_UNIX, SOCK_STREAM, 0);
	if (unix_listener < 0 || bind(unix_listener, (const struct sockaddr *)&served, SERVED_SIZE) < 0 ||
		listen(unix_listener, 1) < 0)
		err(1, "unix socket");
}

/* A connection from socket(2) to both ends' close(2). */
static long call_unix(void)
{
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	int r = connect(client, (const struct sockaddr *)&served, SERVED_SIZE);

	close(accept(unix_listener, NULL, NULL));
	close(client);
	return r;
}

static long call_nobody(void)
{
	return connect(client_socket, (const struct sockaddr *)&nobody, sizeof(nobody));
}

static const struct call {
	const char *name;
	long (*fn)(void);
	int error;
	unsigned fixed; /* calls a sample; 0: as many as take SAMPLE_NS */
} calls[] = {
	{"success", call_ok, 0, 0},
	{"failure", call_fail, EBADF, 0},
	{"routine", call_routine, EAGAIN, 0},
	{"write", call_write, 0, 0},
	{"stderr", call_stderr, 0, 0},
	{"send", call_send, 0, 0},
	{"sendto", call_sendto, 0, 0},
	{"sendmsg", call_sendmsg, 0, 0},
	{"tcp_send", call_tcp_send, 0, 0},
	{"tcp_sendmsg", call_tcp_message, 0, 0},
	{"path", call_path, ENOTDIR, 0},
	{"unix", call_unix, 0, 0},
	{"unix_nobody", call_nobody, ENOENT, 0},
	{"fresh", call_fail, EBADF, FRESH},
	{"fresh_path", call_path, ENOTDIR, FRESH},
};

#define CALLS (sizeof(calls) / sizeof(*calls))

static void pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double sample(const struct call *call, unsigned count)
{
	double start = now_ns();

	for (unsigned i = 0; i < count; i++)
		call->fn();
	return (now_ns() - start) / count;
}

static double measure(const struct call *call)
{
	unsigned count = call->fixed;
	double best = 1e18;

	if (call->fixed) {
		/* The first touch of cold memory is not the probes' cost: another call warms up. */
		sample(&calls[0], 20000);
		return sample(call, count);
	}
	if ((call->fn() < 0 ? errno : 0) != call->error)
		errx(1, "%s: unexpected result: %s", call->name, strerror(errno));
	count = (unsigned)(SAMPLE_NS / sample(call, 2000)) + 1;
	for (int i = 0; i < SAMPLES; i++) {
		double took = sample(call, count);

		best = took < best ? took : best;
	}
	return best;
}

/* Reads the number of a call, writes what it takes, until the pipe ends. */
static void serve(int in, int out)
{
	double took;
	unsigned i;

	pin((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (pipe2(empty_pipe, O_NONBLOCK) < 0)
		err(1, "pipe");
	null_fd = open("/dev/null", O_WRONLY);
	if (null_fd < 0 || dup2(null_fd, 2) < 0)
		err(1, "/dev/null");
	sockets_make();
	unix_make();
	while (read(in, &i, sizeof(i)) == sizeof(i)) {
		took = measure(&calls[i]);
		if (write(out, &took, sizeof(took)) != sizeof(took))
			break;
	}
	_exit(0);
}

static double ask(int to, int from, unsigned i)
{
	double took;

	if (write(to, &i, sizeof(i)) != sizeof(i) || read(from, &took, sizeof(took)) != sizeof(took))
		errx(1, "the measuring process has gone");
	return took;
}

/* The counters are new before each sample. */
static double ask_fresh(struct attached *a, int to, int from, unsigned i)
{
	double best = 1e18;

	for (int n = 0; n < SAMPLES; n++) {
		double took;

		attach_fresh(a);
		took = ask(to, from, i);
		best = took < best ? took : best;
	}
	return best;
}

/* All calls under all setups; false when somebody else traced system calls meanwhile. */
static bool measure_round(const char *object, int first, int to, int from, double took[CALLS][SETUPS])
{
	bool alone = attach_alone();

	for (int turn = 0; alone && turn < SETUPS; turn++) {
		enum setup setup = (enum setup)((first + turn) % SETUPS);
		struct attached *a = attach(setup, object);

		for (unsigned i = 0; i < CALLS; i++)
			took[i][setup] = calls[i].fixed ? ask_fresh(a, to, from, i) : ask(to, from, i);
		detach(a);
		alone = attach_alone();
	}
	return alone;
}

int main(int argc, char **argv)
{
	int to[2], from[2], rounds = argc == 3 ? atoi(argv[2]) : 0, disturbed;
	double took[CALLS][SETUPS];
	pid_t child;

	if (rounds < 1)
		errx(2, "usage: syscall EMPTY_OBJECT ROUNDS");
	if (pipe(to) < 0 || pipe(from) < 0 || (child = fork()) < 0)
		err(1, "cannot start");
	if (child == 0) {
		close(to[1]);
		serve(to[0], from[1]);
	}
	pin(0);
	for (int round = 0; round < rounds; round++) {
		disturbed = 0;
		while (!measure_round(argv[1], round, to[1], from[0], took)) {
			if (++disturbed > DISTURBED_MAX)
				errx(1, "another program on this host traces system calls");
			usleep(100000);
		}
		for (unsigned i = 0; i < CALLS; i++)
			printf("%s %.2f %.2f %.2f\n", calls[i].name, took[i][0], took[i][1], took[i][2]);
		fflush(stdout);
	}
	close(to[1]);
	return waitpid(child, NULL, 0) == child ? 0 : 1;
}
