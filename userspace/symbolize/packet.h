/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with descriptors. */
#ifndef LW_SYMBOLIZE_PACKET_H
#define LW_SYMBOLIZE_PACKET_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define PACKET_FDS 2 /* in one packet at most */

/* Sends one packet, with count descriptors. Returns 0 or -errno. */
int packet_send(int socket, const struct iovec *parts, size_t part_count, const int *fds, size_t count);
/* Receives one packet of at most size bytes and fills fds, -1 where none came; they are the caller's,
 * close-on-exec. Returns the length, 0 at the end of the connection, -EMSGSIZE for a packet that is bigger,
 * or -errno. */
ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[PACKET_FDS]);

#endif
