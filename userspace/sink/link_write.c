/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into a link, as a stream or message by message. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/http.h"
#include "sink/link_internal.h"

#define READS     16
#define HEARD_MAX (1u << 20)

/* As systemd's journald takes it: sealed, and its descriptor the only thing in the datagram. */
static int send_memfd(int fd, const char *bytes, size_t len)
{
	_cleanup_close_ int memory = memfd_create("lastwords-event", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (memory < 0)
		return -errno;
	for (size_t done = 0; done < len;) {
		ssize_t n = write(memory, bytes + done, len - done);

		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		done += (size_t)n;
	}
	if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &memory, sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_message(struct link *link, const char *bytes, size_t len)
{
	int r = send(link->fd, bytes, len, MSG_NOSIGNAL) < 0 ? -errno : 0;

	if ((r == -EMSGSIZE || r == -ENOBUFS) && link->memfd)
		r = send_memfd(link->fd, bytes, len);
	if (r == -EMSGSIZE) {
		sink_refuse(link->sink, link->index,
			"it is longer than a datagram may be: use tcp:// or tls://, or remove");
		r = 0;
	}
	return r;
}

static int write_messages(struct link *link)
{
	const struct buf *body = link->body;
	int r = 0;

	while (r == 0 && link->done < body->len) {
		char *message;
		size_t len = strtoul(body->data + link->done, &message, 10);

		message++;
		r = send_message(link, message, len);
		if (r == 0) {
			link->done = (size_t)(message - body->data) + len;
			link->index++;
		}
	}
	return r;
}

static int write_stream(struct link *link)
{
	const struct buf *body = link->body;

	while (link->done < body->len) {
		const char *from = body->data + link->done;
		size_t left = body->len - link->done;
		ssize_t n = link->transport == LINK_TCP ? http_write(link->sink, from, left)
							: send(link->fd, from, left, MSG_NOSIGNAL);

		if (n < 0 && link->transport == LINK_TCP)
			return (int)n;
		if (n < 0)
			return -errno;
		link->done += (size_t)n;
	}
	return 0;
}

static bool is_stream(const struct link *link)
{
	return link->transport == LINK_TCP || link->transport == LINK_UNIX_STREAM;
}

int link_write(struct link *link)
{
	int r;

	do
		r = is_stream(link) ? write_stream(link) : write_messages(link);
	while (r == -EINTR);
	return r;
}

int link_read_off(struct link *link)
{
	char bytes[4096];

	for (unsigned i = 0; i < READS; i++) {
		ssize_t n = link->transport == LINK_TCP ? http_read(link->sink, bytes, sizeof(bytes))
							: recv(link->fd, bytes, sizeof(bytes), 0);
		int r = n >= 0 ? 0 : link->transport == LINK_TCP ? (int)n : -errno;

		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		if (n == 0 && is_stream(link))
			return -EPIPE;
		link->heard += (size_t)n;
		if (is_stream(link) && link->heard > HEARD_MAX)
			return -EPROTO;
	}
	return 0;
}
