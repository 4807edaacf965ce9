/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket, both sides: the server's loop runs in a thread, the tests are its peers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "marker/control.h"

#define PEERS_MAX 32
#define NOBODY    65534

struct server {
	char dir[64];
	struct control_config config;
	struct loop *loop;
	struct control *control;
	pthread_t thread;
	int stop[2];
	int result;
	struct event_marker marker;
	uid_t uid;
};

static int take_mark(void *context, const struct event_marker *marker, uint64_t time_ns, uid_t uid, pid_t pid,
	char id[ID_SIZE])
{
	struct server *server = context;

	assert_true(pid > 0);
	server->marker = *marker;
	server->uid = uid;
	id_make(time_ns, 7, id);
	return server->result;
}

static void on_stop(void *context, int fd, uint32_t events)
{
	struct server *server = context;

	(void)fd;
	(void)events;
	loop_stop(server->loop, 0);
}

static void *serve(void *context)
{
	struct server *server = context;

	loop_run(server->loop);
	return NULL;
}

static int start(struct server *server)
{
	if (loop_new(&server->loop) < 0 || pipe2(server->stop, O_CLOEXEC) < 0)
		return -1;
	if (loop_add_fd(server->loop, server->stop[0], EPOLLIN, on_stop, server) < 0)
		return -1;
	if (control_listen(&server->control, server->loop, server->dir, &server->config, take_mark, server) <
		0)
		return -1;
	return pthread_create(&server->thread, NULL, serve, server);
}

static void stop(struct server *server)
{
	assert_int_equal(write(server->stop[1], "x", 1), 1);
	pthread_join(server->thread, NULL);
	control_close(server->control);
	loop_free(server->loop);
	close(server->stop[0]);
	close(server->stop[1]);
}

static int setup(void **state)
{
	struct server *server = calloc(1, sizeof(*server));

	*state = server;
	if (!server)
		return -1;
	server->config.group = (gid_t)-1;
	strcpy(server->dir, "/tmp/lastwords-control-XXXXXX");
	return mkdtemp(server->dir) && chmod(server->dir, 0755) == 0 ? start(server) : -1;
}

static int teardown(void **state)
{
	struct server *server = *state;

	stop(server);
	/* Fails unless the socket file has gone. */
	assert_int_equal(rmdir(server->dir), 0);
	free(server);
	return 0;
}

static int connect_peer(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", server->dir);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

/* Reads up to the end of the connection, which the server must close; closes it, too. */
static const char *read_answer(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, size - 1 - len, 0)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
	return text;
}

static void assert_answer(const struct server *server, const char *bytes, size_t len, const char *words)
{
	char text[512];
	int fd = connect_peer(server);

	assert_true(fd >= 0);
	assert_true(send(fd, bytes, len, MSG_NOSIGNAL) > 0);
	if (!strstr(read_answer(fd, text, sizeof(text)), words))
		fail_msg("'%s' is not in '%s'", words, text);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void test_mark(void **state)
{
	struct server *server = *state;
	const struct event_marker marker = {.kind = "deploy", .service = "a", .note = "\"é\""};
	_cleanup_buf_ struct buf error = {0};
	char id[ID_SIZE], expected[ID_SIZE];

	assert_int_equal(control_send_mark(server->dir, &marker, 1700000000123456789ull, id, &error), 0);
	id_make(1700000000123456789ull, 7, expected);
	assert_string_equal(id, expected);
	assert_string_equal(server->marker.note, "\"é\"");
	assert_string_equal(server->marker.source, "declared");
	assert_int_equal(server->uid, geteuid());
	server->result = -ENOSPC;
	assert_int_equal(control_send_mark(server->dir, &marker, 0, id, &error), -EREMOTEIO);
	assert_string_equal(buf_text(&error), "the marker was not stored: No space left on device");
}

static void test_no_daemon(void **state)
{
	struct server *server = *state;
	const struct event_marker marker = {.kind = "deploy", .service = "a"};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_buf_ struct buf error = {0};
	char id[ID_SIZE], dir[200];
	int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(control_send_mark("/nonexistent", &marker, 0, id, &error), -ENOENT);
	memset(dir, 'a', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(control_send_mark(dir, &marker, 0, id, &error), -ENOENT);
	/* What a daemon that was killed leaves behind is refused, and then replaced by the next. */
	stop(server);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", server->dir);
	assert_int_equal(bind(left, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(left);
	assert_int_equal(control_send_mark(server->dir, &marker, 0, id, &error), -ECONNREFUSED);
	assert_int_equal(start(server), 0);
	assert_int_equal(control_send_mark(server->dir, &marker, 0, id, &error), 0);
}

static void test_mode_and_foreign_file(void **state)
{
	struct server *server = *state;
	struct control *second = NULL;
	struct stat st;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/control.sock", server->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	stop(server);
	/* A file of another sort is not ours to remove. */
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(loop_new(&server->loop), 0);
	assert_int_equal(
		control_listen(&second, server->loop, server->dir, &server->config, take_mark, server),
		-EADDRINUSE);
	assert_null(second);
	loop_free(server->loop);
	assert_int_equal(unlink(path), 0);
	server->config.mode = 0660;
	server->config.group = getegid();
	assert_int_equal(start(server), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void test_requests(void **state)
{
	struct server *server = *state;
	char big[2 * CONTROL_REQUEST_MAX];
	int fd;

	assert_answer(server, "{\"op\":\"ping\"}\n", 14, "{\"ok\":true}\n");
	assert_answer(server, "{\"op\":\"ping\"}\ntrailing", 22, "{\"ok\":true}\n");
	assert_answer(server, "garbage\n", 8, "error");
	memset(big, 'a', sizeof(big));
	assert_answer(server, big, CONTROL_REQUEST_MAX, "at most 8192");
	assert_answer(server, big, sizeof(big), "at most 8192");
	/* In pieces, and ended by the end of what the peer sends. */
	fd = connect_peer(server);
	assert_int_equal(send(fd, "{\"op\":", 6, 0), 6);
	usleep(20000);
	assert_int_equal(send(fd, "\"ping\"}", 7, 0), 7);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_string_equal(read_answer(fd, big, sizeof(big)), "{\"ok\":true}\n");
}

static void test_too_many(void **state)
{
	struct server *server = *state;
	int before = open_descriptors();
	int fds[PEERS_MAX];
	char text[256];

	for (int i = 0; i < PEERS_MAX; i++) {
		fds[i] = connect_peer(server);
		assert_true(fds[i] >= 0);
	}
	assert_non_null(strstr(read_answer(connect_peer(server), text, sizeof(text)), "too many"));
	/* Those that hold a place are still served, and give it back. */
	assert_int_equal(send(fds[0], "{\"op\":\"ping\"}\n", 14, 0), 14);
	assert_string_equal(read_answer(fds[0], text, sizeof(text)), "{\"ok\":true}\n");
	assert_answer(server, "{\"op\":\"ping\"}\n", 14, "ok");
	for (int i = 1; i < PEERS_MAX; i++)
		close(fds[i]);
	for (int i = 0; i < 200 && open_descriptors() > before; i++)
		usleep(10000);
	assert_int_equal(open_descriptors(), before);
}

static void test_slow_peer(void **state)
{
	struct server *server = *state;
	uint64_t begin = clock_boottime();
	int fd = connect_peer(server);
	char text[256];

	assert_int_equal(send(fd, "{", 1, 0), 1);
	/* Others do not wait for it, nor does their coming put off its end. */
	for (int i = 0; i < 8; i++) {
		assert_answer(server, "{\"op\":\"ping\"}\n", 14, "ok");
		usleep(250000);
	}
	assert_non_null(strstr(read_answer(fd, text, sizeof(text)), "within 5 seconds"));
	assert_in_range((clock_boottime() - begin) / NS_PER_MS, 4900, 20000);
}

static void test_closed_with_peers(void **state)
{
	struct server *server = *state;
	int fd = connect_peer(server);
	char text[64];

	assert_int_equal(send(fd, "{", 1, 0), 1);
	usleep(50000);
	stop(server);
	assert_string_equal(read_answer(fd, text, sizeof(text)), "");
	assert_int_equal(start(server), 0);
}

/* Without a descriptor to accept with the loop must neither spin nor forget the listener. */
static void test_out_of_descriptors(void **state)
{
	struct server *server = *state;
	struct rlimit limit, none;
	struct rusage usage[2];
	int fd = connect_peer(server);
	int waiting;
	char text[64];

	assert_true(fd >= 0);
	usleep(50000);
	waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", server->dir);
	assert_int_equal(connect(waiting, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(waiting, "{\"op\":\"ping\"}\n", 14, 0), 14);
	getrusage(RUSAGE_SELF, &usage[0]);
	usleep(300000);
	getrusage(RUSAGE_SELF, &usage[1]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(usage[1].ru_nvcsw - usage[0].ru_nvcsw < 100);
	assert_string_equal(read_answer(waiting, text, sizeof(text)), "{\"ok\":true}\n");
	close(fd);
}

/* Another user: let in only by the group. Returns what the peer was answered through the exit status. */
static int as_nobody(const struct server *server, gid_t extra)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char text[256];
		int fd;

		if (setgroups(extra ? 1 : 0, &extra) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(3);
		fd = connect_peer(server);
		if (fd < 0)
			_exit(2);
		(void)!send(fd, "{\"op\":\"ping\"}\n", 14, MSG_NOSIGNAL);
		_exit(strstr(read_answer(fd, text, sizeof(text)), "permission denied")
				? 1
				: !strstr(text, "ok") * 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_credentials(void **state)
{
	struct server *server = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(as_nobody(server, 0), 2); /* the file's mode */
	stop(server);
	server->config = (struct control_config){.mode = 0666, .group = 4242};
	assert_int_equal(start(server), 0);
	assert_int_equal(as_nobody(server, 0), 1);
	assert_int_equal(as_nobody(server, 4243), 1);
	assert_int_equal(as_nobody(server, 4242), 0);
	stop(server);
	server->config = (struct control_config){.mode = 0666, .group = NOBODY};
	assert_int_equal(start(server), 0);
	assert_int_equal(as_nobody(server, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mark),
		TEST(test_no_daemon),
		TEST(test_mode_and_foreign_file),
		TEST(test_requests),
		TEST(test_too_many),
		TEST(test_slow_peer),
		TEST(test_closed_with_peers),
		TEST(test_out_of_descriptors),
		TEST(test_credentials),
	};

	return cmocka_run_group_tests_name("marker_control", tests, NULL, NULL);
}
