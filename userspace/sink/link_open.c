/* SPDX-License-Identifier: Apache-2.0 */
/* How a link comes to its connection: unix sockets at once, names for UDP by the C library's resolver on the
 * side, TCP and TLS by libcurl. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sink/http.h"
#include "sink/link_internal.h"

/* The kernel doubles it, and gives net.core.wmem_max at most. A datagram has to fit into it, and into a piece
 * of memory that the kernel still finds. */
#define SEND_BUFFER (512 << 10)

#define WATCHES_REFUSED 3 /* in a row: done without */

struct lookup {
	struct gaicb request;
	struct gaicb *requests[1];
	struct addrinfo hints;
	char host[256];
	char port[8];
};

/* Returns a descriptor or -errno. */
static int connect_path(const char *path, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), size = SEND_BUFFER, r;

	if (fd < 0)
		return -errno;
	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* One that refuses is a receiver that does not live. One that is not there, or not for us, tells nothing. */
static int open_watch(struct link *link)
{
	bool wanted = link->watch_path && link->watches_refused < WATCHES_REFUSED;
	int fd = wanted ? connect_path(link->watch_path, SOCK_STREAM) : -ENOENT;

	if (fd == -ECONNREFUSED || fd == -EAGAIN)
		return fd;
	link->watch = fd >= 0 ? fd : -1;
	return 0;
}

static int open_unix(struct link *link)
{
	const char *path = link->to.path;
	int r = open_watch(link);

	if (r < 0)
		return r;
	link->transport = LINK_UNIX_DATAGRAM;
	if (stat(path, &link->place) < 0)
		return -errno;
	r = connect_path(path, SOCK_DGRAM);
	if (r == -EPROTOTYPE) {
		link->transport = LINK_UNIX_STREAM;
		r = connect_path(path, SOCK_STREAM);
	}
	if (r < 0)
		return r;
	link->fd = r;
	return 0;
}

bool link_is_there(const struct link *link)
{
	_cleanup_close_ int fd = -1;
	struct stat now;

	if (link->transport != LINK_UNIX_DATAGRAM)
		return true;
	/* The number of a file that was removed may be given to the next one. */
	if (stat(link->to.path, &now) < 0 || now.st_dev != link->place.st_dev ||
		now.st_ino != link->place.st_ino ||
		memcmp(&now.st_ctim, &link->place.st_ctim, sizeof(now.st_ctim)) != 0)
		return false;
	fd = connect_path(link->to.path, SOCK_DGRAM);
	return fd >= 0;
}

static int begin_look_up(struct link *link)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return -ENOMEM;
	snprintf(lookup->host, sizeof(lookup->host), "%s", link->to.host);
	snprintf(lookup->port, sizeof(lookup->port), "%u", link->to.port);
	lookup->hints = (struct addrinfo){.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	lookup->request = (struct gaicb){
		.ar_name = lookup->host, .ar_service = lookup->port, .ar_request = &lookup->hints};
	lookup->requests[0] = &lookup->request;
	if (getaddrinfo_a(GAI_NOWAIT, lookup->requests, 1, NULL) != 0) {
		free(lookup);
		return -EAGAIN;
	}
	link->lookup = lookup;
	link->state = LINK_LOOKING_UP;
	return link_look_up(link);
}

/* A look-up under way cannot be taken back: it is left to the C library, with its memory. */
static void end_look_up(struct link *link)
{
	struct lookup *lookup = link->lookup;

	link->lookup = NULL;
	if (!lookup || (gai_error(&lookup->request) == EAI_INPROGRESS &&
			       gai_cancel(&lookup->request) == EAI_NOTCANCELED))
		return;
	if (lookup->request.ar_result)
		freeaddrinfo(lookup->request.ar_result);
	free(lookup);
}

int link_look_up(struct link *link)
{
	int error = gai_error(&link->lookup->request), r = -EHOSTUNREACH;

	if (error == EAI_INPROGRESS)
		return -EINPROGRESS;
	link->transport = LINK_UDP;
	for (const struct addrinfo *at = error ? NULL : link->lookup->request.ar_result; at && link->fd < 0;
		at = at->ai_next) {
		int fd = socket(at->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
			link->fd = fd;
			continue;
		}
		r = -errno;
		if (fd >= 0)
			close(fd);
	}
	end_look_up(link);
	return link->fd >= 0 ? 0 : r;
}

static void on_connected(struct sink *sink, const struct http_answer *answer)
{
	struct link *link = sink_state(sink);
	char error[SINK_REASON]; /* the answer's goes with the connection */

	if (answer->error)
		text_copy(error, sizeof(error), answer->error);
	link->fd = answer->error ? -1 : fcntl(http_socket(sink), F_DUPFD_CLOEXEC, 0);
	link_opened(link, answer->error ? error : link->fd < 0 ? strerror(errno) : NULL);
}

static int open_tcp(struct link *link)
{
	bool bracket = strchr(link->to.host, ':') != NULL;
	char url[sizeof(link->to.host) + 32];

	snprintf(url, sizeof(url), "%s://%s%s%s:%u/", strcmp(link->to.scheme, "tls") == 0 ? "https" : "http",
		bracket ? "[" : "", link->to.host, bracket ? "]" : "", link->to.port);
	link->transport = LINK_TCP;
	link->state = LINK_CONNECTING;
	http_connect(link->sink, url, on_connected);
	return -EINPROGRESS;
}

int link_open(struct link *link)
{
	link->heard = 0;
	if (strcmp(link->to.scheme, "unix") == 0)
		return open_unix(link);
	return strcmp(link->to.scheme, "udp") == 0 ? begin_look_up(link) : open_tcp(link);
}

void link_down(struct link *link)
{
	link_unwatch(link);
	if (link->fd >= 0)
		close(link->fd);
	if (link->watch >= 0)
		close(link->watch);
	link->fd = link->watch = -1;
	end_look_up(link);
	http_cancel(link->sink);
	link->state = LINK_DOWN;
}
