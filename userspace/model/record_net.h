/* SPDX-License-Identifier: Apache-2.0 */
/* Part of record.h, which includes it: who a process is and where it belongs, and the records of the network.
 */
#ifndef LW_MODEL_RECORD_NET_H
#define LW_MODEL_RECORD_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RECORD_PATH 1024

struct process_key {
	uint32_t pid;
	uint64_t start;
};

static inline bool process_key_equal(struct process_key a, struct process_key b)
{
	return a.pid == b.pid && a.start == b.start;
}

/* Control-group paths, "/" separated from the root; empty: not known. */
struct record_cgroup {
	char v2[RECORD_PATH];
	char v1[RECORD_PATH];
};

enum tcp_kind { TCP_SENT = 1, TCP_RECEIVED, TCP_CONNECT_FAILED };

#define RECORD_END  120 /* "[ipv6]:port", "unix:/path" */
#define RECORD_UNIX 112 /* "/path", "@name" */

struct record_tcp {
	enum tcp_kind kind;
	uint64_t first;
	uint64_t last;
	uint64_t count;
	uint64_t interval;
	struct process_key owner; /* pid 0: not known */
	uint32_t owner_uid;
	uint32_t netns;
	uint32_t reason; /* UINT32_MAX: not known */
	uint8_t state;
	uint16_t error;
	bool folded_port;
	bool folded_address;
	char local[RECORD_END]; /* "ip:port", "[ip]:port"; a folded part is "*" */
	char remote[RECORD_END];
	uint8_t remote_address[16]; /* see record_address(); all 0: not known */
	struct record_cgroup cgroup;
};

/* A TCP socket begins or ceases to listen. */
struct record_listen {
	struct process_key process; /* that called, or whose end closed it; of a seed without its start */
	uint64_t inode;             /* of the socket */
	uint32_t netns;
	uint16_t port;
	uint8_t address[16]; /* see record_address() */
	bool opens;
	bool seed; /* it listened before the probes */
};

/* A process has connected to an address. */
struct record_connected {
	struct process_key process;
	uint32_t netns;
	uint16_t port;
	uint16_t local_port;     /* of a connection that was made before; 0: it has just been made */
	bool local;              /* of this host */
	uint8_t address[16];     /* see record_address() */
	char remote[RECORD_END]; /* "ip:port", "[ip]:port" */
};

/* A process has connected to a unix socket, or one begins to listen. */
struct record_unix {
	struct process_key caller;   /* pid 0: it begins to listen */
	struct process_key listener; /* that called listen(2); start 0: it has gone, or it is a seed */
	bool seed;                   /* it listened before the probes */
	char path[RECORD_UNIX];      /* as the process gave it; abstract ones with an @ */
};

struct record_dns_answer {
	uint32_t netns;
	uint32_t len;         /* of what was kept of the datagram */
	const uint8_t *bytes; /* of the message: borrowed */
};

/* One form for the addresses of both families (4 or 6; IPv4 in the first four bytes): IPv4 within IPv6. */
static inline void record_address(uint8_t ret[16], const uint8_t *address, int family)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == 6) {
		memcpy(ret, address, 16);
		return;
	}
	memcpy(ret, mapped, sizeof(mapped));
	memcpy(ret + sizeof(mapped), address, 4);
}

#endif
