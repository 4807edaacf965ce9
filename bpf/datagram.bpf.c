// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Which datagrams go to the log: by the address that a call gives, or by that of the socket's peer. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "datagram.bpf.h"
#include "stdio.bpf.h"
#include "syscall.h"
#include "unix.bpf.h"

#define LOG_PATH     32 /* holds the longest of the paths with its NUL */
#define LOG_PATHS    3
#define MESSAGES_MAX 8 /* of a call; what further ones say is not kept */

volatile __u64 log_fds = 0;
volatile __u16 log_senders[LOG_SENDERS];

static const char log_paths[LOG_PATHS][LOG_PATH] = {
	"/run/systemd/journal/socket", "/run/systemd/journal/dev-log", "/dev/log"};

struct log_name {
	__u16 family;
	char path[LOG_PATH];
};

static __always_inline bool is_log(const char path[LOG_PATH])
{
	__u32 i, at;

	for (i = 0; i < LOG_PATHS; i++) {
		for (at = 0; at < LOG_PATH && path[at] == log_paths[i][at]; at++)
			if (!path[at])
				return true;
	}
	return false;
}

__noinline int log_address_read(__u64 address, __u64 size)
{
	struct log_name name = {};

	if (size <= sizeof(name.family))
		return 0;
	if (size > sizeof(name) - 1)
		size = sizeof(name) - 1;
	if (bpf_probe_read_user(&name, size, (void *)address) || name.family != AF_UNIX)
		return 0;
	return is_log(name.path);
}

__noinline int log_socket(__u32 fd)
{
	struct unix_sock *peer, *sk = unix_of_fd(fd);
	struct unix_address *address;
	char path[LOG_PATH] = {};

	peer = sk ? (void *)BPF_CORE_READ(sk, peer) : NULL;
	address = peer ? BPF_CORE_READ(peer, addr) : NULL;
	if (!address)
		return 0;
	bpf_probe_read_kernel_str(path, sizeof(path),
		(void *)address + bpf_core_field_offset(struct unix_address, name) +
			__builtin_offsetof(struct sockaddr_un, sun_path));
	return is_log(path);
}

/* The begin of struct msghdr. */
struct message {
	__u64 name;
	__u32 name_size;
	__u32 pad;
	__u64 vector;
	__u64 parts;
};

__noinline int log_message(__u32 fd, __u64 message, __u64 size)
{
	struct message m;

	if (bpf_probe_read_user(&m, sizeof(m), (void *)message))
		return 0;
	if (m.name ? log_named(m.name, m.name_size) : log_connected(fd))
		stdio_wrote(LW_WRITES_VECTOR | STDIO_DATAGRAM, m.vector, m.parts, size);
	return 0;
}

/* struct mmsghdr: a message of 56 bytes, and how much of it was sent. */
__noinline int log_messages(__u32 fd, __u64 messages, __u64 count)
{
	__u32 i, size;

	for (i = 0; i < MESSAGES_MAX && i < count; i++, messages += 64) {
		if (bpf_probe_read_user(&size, sizeof(size), (void *)messages + 56))
			return 0;
		log_message(fd, messages, size);
	}
	return 0;
}
