/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Datagrams to the log: of journald and syslog. */
#ifndef LW_DATAGRAM_BPF_H
#define LW_DATAGRAM_BPF_H

#include "maps.bpf.h"
#include "syscall.h"
#include "task.bpf.h"

#define INET_ADDRESS  16 /* sizeof(struct sockaddr_in) */
#define INET6_ADDRESS 28
#define LOG_KNOWN     0xffff
/* Of so many messages one is looked at when no more looks are due; prime, as calls take turns. */
#define LOG_RARELY 61

/* Descriptors, modulo 64, that a process has connected to the log: what others write to is not looked at. */
extern volatile __u64 log_fds;

/* By process id, modulo LOG_SENDERS: LOG_KNOWN where one connected or sent to the log; else how many messages
 * are still to be looked at, since its socket may be older than the probes. */
extern volatile __u16 log_senders[LOG_SENDERS];

struct turns_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};

extern struct turns_map log_turns SEC(".maps");

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
	return &log_senders[CURRENT(tgid) & (LOG_SENDERS - 1)];
}

/* The current process has connected a descriptor to the log. */
static __always_inline void log_learn(__u64 fd)
{
	*log_sender() = LOG_KNOWN;
	log_fds |= 1ull << (fd & 63);
}

/* Whether a message of the current process may be for the log: to see its address costs more than 100 ns. One
 * whose socket is older than the probes is found sooner or later. */
static __always_inline bool log_possible(void)
{
	__u32 zero = 0, *turn;

	if (*log_sender())
		return true;
	turn = bpf_map_lookup_elem(&log_turns, &zero);
	if (!turn || ++*turn < LOG_RARELY)
		return false;
	*turn = 0;
	return true;
}

/* The current process has made a socket that may become one to the log. */
static __always_inline void log_expect(void)
{
	volatile __u16 *sender = log_sender();

	if (*sender != LOG_KNOWN)
		*sender = LOG_LOOKS;
}

/* Whether a message goes to the log by the address that it bears. */
static __always_inline bool log_named(__u64 address, __u64 size)
{
	volatile __u16 *sender = log_sender();

	if (log_address(address, size)) {
		*sender = LOG_KNOWN;
		return true;
	}
	if (*sender && *sender != LOG_KNOWN)
		(*sender)--;
	return false;
}

/* A child has the sockets of its parent, whatever had its number before. */
static __always_inline void log_inherit(__u32 parent, __u32 child)
{
	bool known = log_senders[parent & (LOG_SENDERS - 1)] == LOG_KNOWN;

	log_senders[child & (LOG_SENDERS - 1)] = known ? LOG_KNOWN : LOG_LOOKS;
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
