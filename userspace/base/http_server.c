/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd, run from a loop. */
#include "base/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define CONNECTIONS   32
#define CONNECTION_NS (15 * NS_PER_SEC) /* for all of a request, however its bytes trickle in */
#define QUIET_S       5                 /* without a byte */
#define HEADERS_MAX   16384
#define ROUNDS        64 /* of libmicrohttpd before others have their turn */

struct http_server {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	int epoll; /* of the daemon */
	bool added;
	char *path; /* of the unix socket; NULL: none */
	struct client {
		int fd; /* -1: free */
		uint64_t deadline;
	} clients[CONNECTIONS];
};

static void on_connection(
	void *context, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		http_library()->get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_server *server = context;
	struct client *client = *state;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client)
			client->fd = -1;
		return;
	}
	for (unsigned n = 0; info && n < CONNECTIONS; n++) {
		if (server->clients[n].fd >= 0)
			continue;
		server->clients[n] = (struct client){info->connect_fd, clock_boottime() + CONNECTION_NS};
		*state = &server->clients[n];
		return;
	}
}

/* libmicrohttpd's epoll tells of edges: it runs until it has nothing left to do at once. */
static void run(struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG wait;
	unsigned rounds = 0;

	do
		http_library()->run(server->daemon);
	while (++rounds < ROUNDS && http_library()->get_timeout(server->daemon, &wait) == MHD_YES &&
		wait == 0);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(context);
}

/* Who sends a byte now and then is never quiet, but has no more time than others. */
static void on_second(void *context)
{
	struct http_server *server = context;
	uint64_t now = clock_boottime();

	for (unsigned n = 0; n < CONNECTIONS; n++)
		if (server->clients[n].fd >= 0 && now > server->clients[n].deadline)
			shutdown(server->clients[n].fd, SHUT_RDWR);
	run(server);
}

static int start(struct http_server *server, int fd, const struct http_handler *handler)
{
	const union MHD_DaemonInfo *info;

	server->daemon = http_library()->start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handler->request,
		handler->context, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)QUIET_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX, MHD_OPTION_NOTIFY_COMPLETED,
		handler->completed, handler->context, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
	if (!server->daemon) {
		close(fd);
		return -ENOMEM;
	}
	info = http_library()->get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -ENOSYS;
	server->epoll = info->epoll_fd;
	if (loop_add_fd(server->loop, server->epoll, EPOLLIN, on_ready, server) < 0)
		return -ENOMEM;
	server->added = true;
	return loop_add_timer(server->loop, NS_PER_SEC, on_second, server);
}

int http_server_new(struct http_server **ret, struct loop *loop, const struct http_place *place,
	const struct http_handler *handler, struct buf *error)
{
	struct http_server *server;
	int fd, r;

	if (!http_library()) {
		buf_str(error, "the HTTP endpoint needs libmicrohttpd (Debian: libmicrohttpd12)");
		return -ELIBACC;
	}
	fd = http_listen(place, error);
	server = fd < 0 ? NULL : calloc(1, sizeof(*server));
	if (!server) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	server->loop = loop;
	for (unsigned n = 0; n < CONNECTIONS; n++)
		server->clients[n].fd = -1;
	if (strncmp(place->listen, "unix:", 5) == 0)
		server->path = strdup(place->listen + 5);
	r = start(server, fd, handler);
	if (r < 0) {
		buf_printf(error, "the HTTP endpoint does not start: %s", strerror(-r));
		http_server_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	if (server->added)
		loop_remove_fd(server->loop, server->epoll);
	if (server->daemon)
		http_library()->stop_daemon(server->daemon);
	if (server->path)
		unlink(server->path);
	free(server->path);
	free(server);
}

enum MHD_Result http_server_answer(
	struct MHD_Connection *c, unsigned status, char *text, const char *const *headers)
{
	struct MHD_Response *response;
	enum MHD_Result r;

	if (!text)
		return MHD_NO;
	response = http_library()->create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	http_library()->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	for (size_t i = 0; headers && headers[i]; i += 2)
		http_library()->add_response_header(response, headers[i], headers[i + 1]);
	r = http_library()->queue_response(c, status, response);
	http_library()->destroy_response(response);
	return r;
}
