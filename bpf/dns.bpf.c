// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Answers of name servers, taken where any packet comes in: the way of a datagram from there to its reader
 * has no tracepoint on all kernels. A packet that is none costs one look at its headers. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"

#define IPPROTO_UDP 17
#define DNS_PORT    bpf_htons(53)

#define IP4    20 /* bytes of the headers */
#define IP6    40
#define UDP    8
#define DNS    12
#define ANSWER (4 + 1 + 4 + 12) /* the least that asks and tells something */

#define PACKET_LEAST (IP4 + UDP + DNS + ANSWER)
#define PACKET_MOST  4096

/* Answers that may still be sent in this second; user space fills it up again. */
volatile __s32 dns_left = LW_DNS_PER_SECOND;

/* Where the payload of a datagram from the name servers' port begins; 0: it is none. IPv4 with options and
 * IPv6 with extension headers are passed over. */
static __always_inline __u32 payload_at(const unsigned char *data)
{
	__u8 head[IP6 + 2];
	__be16 port;
	__u32 at;

	if (bpf_probe_read_kernel(head, sizeof(head), data))
		return 0;
	if (head[0] == 0x45 && head[9] == IPPROTO_UDP)
		at = IP4;
	else if (head[0] >> 4 == 6 && head[6] == IPPROTO_UDP)
		at = IP6;
	else
		return 0;
	port = at == IP4 ? *(__be16 *)&head[IP4] : *(__be16 *)&head[IP6];
	return port == DNS_PORT ? at + UDP : 0;
}

/* An answer, to a question of the usual kind, without an error, and with something in it. */
static __always_inline bool tells(const __u8 *dns)
{
	return dns[2] >> 3 == 0x10 && !(dns[3] & 0x0f) && (dns[6] || dns[7]);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(dns_receive, struct sk_buff *skb)
{
	__u32 len = skb->len, at, linear;
	__u64 size;
	struct scratch *scratch;
	struct lw_dns_answer *m;

	if (len < PACKET_LEAST || len > PACKET_MOST)
		return 0;
	at = payload_at(skb->data);
	if (!at)
		return 0;
	linear = len - skb->data_len;
	if (linear < at + DNS + ANSWER) { /* the card left it in pages */
		STAT(LW_SRC_DNS, unreadable);
		return 0;
	}
	size = linear - at;
	if (size > LW_DNS)
		size = LW_DNS;
	scratch = scratch_get(SCRATCH_DNS);
	if (!scratch)
		return 0;
	m = (void *)scratch->bytes;
	barrier_var(size);
	if (size > LW_DNS || bpf_probe_read_kernel(m + 1, size, skb->data + at) || !tells((void *)(m + 1)))
		return 0;
	if (dns_left <= 0) {
		STAT(LW_SRC_DNS, seen);
		STAT(LW_SRC_DNS, map_full);
		return 0;
	}
	__sync_fetch_and_add(&dns_left, -1);
	head_set(&m->head, LW_DNS_ANSWER, sizeof(*m) + size);
	m->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	m->size = len - at;
	m->kept = size;
	emit_activity(LW_SRC_DNS, m, sizeof(*m) + size);
	return 0;
}
