/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Datagrams to the log: of journald and syslog. */
#ifndef LW_DATAGRAM_BPF_H
#define LW_DATAGRAM_BPF_H

#include "maps.bpf.h"
#include "syscall.h"

#define INET_ADDRESS  16 /* sizeof(struct sockaddr_in) */
#define INET6_ADDRESS 28
#define LOG_KNOWN     0xffff

/* Descriptors, modulo 64, that a process has connected to the log: what others write to is not looked at. */
extern volatile __u64 log_fds;

/* By process id, modulo LOG_SENDERS: LOG_KNOWN where one connected to the log; else how many sockets are
 * still to be looked at for one that was connected before the probes were there. */
extern volatile __u16 log_senders[LOG_SENDERS];

/* Whether an address in user memory is the log's. */
int log_address_read(__u64 address, __u64 size);
/* Whether a descriptor is a socket that is connected to the log. */
int log_socket(__u32 fd);
/* Takes a struct msghdr, respectively count of struct mmsghdr, that were sent. */
int log_message(__u32 fd, __u64 message, __u64 size);
int log_messages(__u32 fd, __u64 messages, __u64 count);

static __always_inline bool log_address(__u64 address, __u64 size)
{
	return (__u32)size != INET_ADDRESS && (__u32)size != INET6_ADDRESS && log_address_read(address, size);
}

static __always_inline volatile __u16 *log_sender(void)
{
	return &log_senders[bpf_get_current_pid_tgid() >> 32 & (LOG_SENDERS - 1)];
}

/* The current process has connected a descriptor to the log. */
static __always_inline void log_learn(__u64 fd)
{
	*log_sender() = LOG_KNOWN;
	log_fds |= 1ull << (fd & 63);
}

static __always_inline bool log_connected(__u32 fd)
{
	volatile __u16 *sender = log_sender();

	if (!*sender || (*sender == LOG_KNOWN && !(log_fds & 1ull << (fd & 63))))
		return false;
	if (log_socket(fd)) {
		*sender = LOG_KNOWN;
		log_fds |= 1ull << (fd & 63);
		return true;
	}
	if (*sender != LOG_KNOWN)
		(*sender)--;
	return false;
}

#endif
