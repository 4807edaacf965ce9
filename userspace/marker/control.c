/* SPDX-License-Identifier: Apache-2.0 */
/* Control socket, the daemon's side. Whatever a peer sends or leaves out, the loop never waits for it. */
#include "marker/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/http_listen.h"
#include "marker/control_request.h"

#define PEERS_MAX    32
#define PEER_TIMEOUT (5 * NS_PER_SEC)

struct peer {
	struct control *control;
	int fd;
	unsigned slot;
	uid_t uid;
	pid_t pid;
	uint64_t deadline; /* ns of clock_boottime */
	size_t len;
	char request[CONTROL_REQUEST_MAX];
};

struct control {
	struct loop *loop;
	struct control_config config;
	control_mark_fn mark;
	void *context;
	int fd;
	int timer;   /* ticks once a second while a peer is there or accepting has paused */
	bool paused; /* no descriptor was left to accept with */
	char *path;
	unsigned peer_count;
	struct peer *peers[PEERS_MAX];
};

static void arm_timer(struct control *control, bool on)
{
	struct itimerspec spec = {.it_interval.tv_sec = on, .it_value.tv_sec = on};

	timerfd_settime(control->timer, 0, &spec, NULL);
}

static void peer_free(struct peer *peer)
{
	struct control *control = peer->control;

	loop_remove_fd(control->loop, peer->fd);
	close(peer->fd);
	control->peers[peer->slot] = NULL;
	control->peer_count--;
	free(peer);
	if (!control->peer_count && !control->paused)
		arm_timer(control, false);
}

/* An answer always fits into the empty buffer of the socket: a peer that does not read cannot hold us. */
static void send_line(int fd, const struct buf *line)
{
	if (!line->failed)
		(void)!send(fd, line->data, line->len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_error(int fd, const char *message)
{
	_cleanup_buf_ struct buf line = {0};

	control_error(message, &line);
	send_line(fd, &line);
}

static void send_answer(struct peer *peer, size_t len)
{
	const struct control_caller caller = {
		.mark = peer->control->mark,
		.decide = peer->control->config.decide,
		.knows = peer->control->config.knows,
		.context = peer->control->context,
		.uid = peer->uid,
		.pid = peer->pid,
	};
	_cleanup_buf_ struct buf line = {0};

	control_request(&caller, peer->request, len, &line);
	send_line(peer->fd, &line);
}

static void on_peer(void *context, int fd, uint32_t events)
{
	struct peer *peer = context;
	ssize_t n = recv(fd, peer->request + peer->len, sizeof(peer->request) - peer->len, 0);
	char *end;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		peer->len += (size_t)n;
	end = memchr(peer->request, '\n', peer->len);
	if (end)
		send_answer(peer, (size_t)(end - peer->request));
	else if (n > 0 && peer->len < sizeof(peer->request))
		return;
	else if (n > 0)
		send_error(fd, "a request has at most 8192 bytes");
	else if (n == 0 && peer->len)
		send_answer(peer, peer->len);
	peer_free(peer);
}

static bool in_group(int fd, const struct ucred *cred, gid_t group)
{
	socklen_t size = 0;
	_cleanup_free_ gid_t *groups = NULL;

	if (group == (gid_t)-1)
		return false;
	if (cred->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		return false;
	groups = malloc(size);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

/* Returns NULL, or why the peer is sent away. */
static const char *admit(struct control *control, int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct peer *peer;
	unsigned slot = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return "peer credentials cannot be read";
	if (cred.uid != 0 && cred.uid != geteuid() && !in_group(fd, &cred, control->config.group))
		return "permission denied: only root and members of the control group may declare markers";
	while (slot < PEERS_MAX && control->peers[slot])
		slot++;
	if (slot == PEERS_MAX)
		return "too many connections: try again";
	peer = calloc(1, sizeof(*peer));
	if (!peer || loop_add_fd(control->loop, fd, EPOLLIN, on_peer, peer) < 0) {
		free(peer);
		return "out of memory";
	}
	peer->control = control;
	peer->fd = fd;
	peer->slot = slot;
	peer->uid = cred.uid;
	peer->pid = cred.pid;
	peer->deadline = clock_boottime() + PEER_TIMEOUT;
	control->peers[slot] = peer;
	if (control->peer_count++ == 0)
		arm_timer(control, true);
	return NULL;
}

static void on_connection(void *context, int listener, uint32_t events)
{
	struct control *control = context;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const char *refusal;

	(void)events;
	if (fd < 0) {
		/* Without a free descriptor the listener stays ready for ever: look again at the next tick.
		 */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			control->paused = true;
			loop_remove_fd(control->loop, listener);
			arm_timer(control, true);
		}
		return;
	}
	refusal = admit(control, fd);
	if (refusal) {
		send_error(fd, refusal);
		close(fd);
	}
}

static void on_tick(void *context, int fd, uint32_t events)
{
	struct control *control = context;
	uint64_t now = clock_boottime(), ticks;

	(void)events;
	(void)!read(fd, &ticks, sizeof(ticks));
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = control->peers[i];

		if (!peer || now < peer->deadline)
			continue;
		send_error(peer->fd, "no request came within 5 seconds");
		peer_free(peer);
	}
	if (control->paused && loop_add_fd(control->loop, control->fd, EPOLLIN, on_connection, control) == 0)
		control->paused = false;
	if (!control->paused && !control->peer_count)
		arm_timer(control, false);
}

static int start(struct control *control, const char *state_dir)
{
	mode_t mode = control->config.mode ? control->config.mode : 0600;
	int r;

	if (asprintf(&control->path, "%s/control.sock", state_dir) < 0) {
		control->path = NULL;
		return -ENOMEM;
	}
	control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (control->timer < 0)
		return -errno;
	r = listen_unix(control->path, mode, control->config.group, 2 * PEERS_MAX);
	if (r < 0)
		return r;
	control->fd = r;
	r = loop_add_fd(control->loop, control->timer, EPOLLIN, on_tick, control);
	return r < 0 ? r : loop_add_fd(control->loop, control->fd, EPOLLIN, on_connection, control);
}

int control_listen(struct control **ret, struct loop *loop, const char *state_dir,
	const struct control_config *config, control_mark_fn fn, void *context)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	*control = (struct control){
		.loop = loop,
		.config = *config,
		.mark = fn,
		.context = context,
		.fd = -1,
		.timer = -1,
	};
	r = start(control, state_dir);
	if (r < 0) {
		control_close(control);
		return r;
	}
	*ret = control;
	return 0;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (control->peers[i])
			peer_free(control->peers[i]);
	}
	if (control->fd >= 0)
		unlink(control->path);
	for (int i = 0; i < 2; i++) {
		int fd = i ? control->timer : control->fd;

		if (fd < 0)
			continue;
		loop_remove_fd(control->loop, fd);
		close(fd);
	}
	free(control->path);
	free(control);
}
