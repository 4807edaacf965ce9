/* SPDX-License-Identifier: Apache-2.0 */
/* sendmsg and recvmsg with SCM_RIGHTS. */
#include "symbolize/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(PACKET_FDS * sizeof(int))];
};

int packet_send(int socket, const struct iovec *parts, size_t part_count, const int *fds, size_t count)
{
	union control control = {.space = {0}};
	struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = part_count};

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(count * sizeof(int))};
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[PACKET_FDS])
{
	union control control = {.space = {0}};
	struct iovec part = {bytes, size};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t length;

	for (size_t i = 0; i < PACKET_FDS; i++)
		fds[i] = -1;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
	if (!(message.msg_flags & MSG_TRUNC))
		return length;
	for (size_t i = 0; i < PACKET_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return -EMSGSIZE;
}
