/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Part of events.h, which includes it: TCP, unix sockets, answers of name servers. */
#ifndef LW_EVENTS_NET_H
#define LW_EVENTS_NET_H

enum lw_tcp_kind { LW_TCP_SENT = 1, LW_TCP_RECEIVED = 2, LW_TCP_CONNECT_FAILED = 3 };

/* head.flags of LW_TCP_COUNT: ends that were folded together in a flood */
#define LW_TCP_FOLDED_PORT    1 /* the ephemeral port is 0 */
#define LW_TCP_FOLDED_ADDRESS 2 /* the remote address is 0 too */

#define LW_TCP_NO_REASON 0xffffffffu

struct lw_tcp_count {
	struct lw_head head;
	__u64 first;
	__u64 last;
	__u64 count;
	__u64 interval;
	__u64 owner_start;
	__u32 owner_pid; /* 0: not known */
	__u32 owner_uid;
	__u32 netns;  /* inode number */
	__u32 reason; /* enum sk_rst_reason of the running kernel, or LW_TCP_NO_REASON */
	__u8 kind;    /* enum lw_tcp_kind */
	__u8 family;  /* 4 or 6 */
	__u8 state;   /* TCP state before; 0: not known */
	__u8 pad;
	__u16 local_port;
	__u16 remote_port;
	__u16 error;            /* errno of a failed connect */
	struct lw_tail cgroup2; /* the socket's cgroup */
	__u16 pad2;
	__u8 local[16]; /* network order; IPv4 in the first four bytes */
	__u8 remote[16];
};

/* head.flags of LW_LISTEN */
#define LW_LISTEN_OPEN 1 /* it begins; else it ceases */
#define LW_LISTEN_SEED 2 /* made by user space: it listened before the probes; start is 0 */

struct lw_listen {
	struct lw_head head;
	__u64 start; /* of the process that called, or whose end closed it */
	__u64 inode; /* of the socket */
	__u32 pid;
	__u32 netns; /* inode number */
	__u16 port;
	__u8 family; /* 4 or 6 */
	__u8 pad[5];
	__u8 address[16]; /* network order; IPv4 in the first four bytes; all 0: any */
};

/* Of one service and address one a second at most. */
struct lw_connected {
	struct lw_head head;
	__u64 start; /* of the process that called */
	__u32 pid;
	__u32 netns; /* inode number */
	__u16 port;
	__u8 family; /* 4 or 6 */
	__u8 local;  /* 1: of this host */
	__u8 pad[2];
	__u16 local_port; /* of a connection that was made before; 0: it has just been made */
	__u8 remote[16];  /* network order; IPv4 in the first four bytes */
};

#define LW_UNIX_PATH 108 /* bytes of sun_path */

/* head.flags of LW_UNIX */
#define LW_UNIX_SEED 1 /* made by user space: it listened before the probes; listener_start is 0 */

/* A stream or sequenced-packet socket. Of one service and listener one a second at most. */
struct lw_unix {
	struct lw_head head;
	__u64 start;          /* of the process that connected */
	__u64 listener_start; /* of the one that called listen(2); 0: it has gone */
	__u32 pid;            /* 0: nobody has, it begins to listen */
	__u32 listener_pid;
	__u16 pad;
	__u16 size;              /* of the path */
	__u8 path[LW_UNIX_PATH]; /* as the process gave it; the rest is 0; abstract ones begin with NUL */
};

#define LW_DNS 512 /* bytes kept of an answer */

struct lw_dns_answer {
	struct lw_head head;
	__u32 netns; /* of the device that it came by */
	__u16 size;  /* of the datagram's payload */
	__u16 kept;  /* bytes of it that follow */
};

#endif
