/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the network: TCP counters, sockets that listen and who connects to them, answers of name
 * servers. */
#include <errno.h>
#include <string.h>

#include "probe/decode_tail.h"

int decode_tcp_count(const void *message, size_t size, struct record *ret)
{
	const struct lw_tcp_count *m = message;
	struct record_tcp *t = &ret->tcp;
	bool any_address = m->head.flags & LW_TCP_FOLDED_ADDRESS,
	     any_port = m->head.flags & LW_TCP_FOLDED_PORT;

	ret->type = RECORD_TCP_COUNT;
	if (m->kind < LW_TCP_SENT || m->kind > LW_TCP_CONNECT_FAILED || (m->family != 4 && m->family != 6) ||
		m->count == 0 || m->count > COUNT_MAX || m->error > ERRNO_MAX)
		return -EBADMSG;
	t->cgroup.v1[0] = '\0';
	if (decode_path(message, size, sizeof(*m), m->cgroup2, t->cgroup.v2))
		return -EBADMSG;
	t->kind = (enum tcp_kind)m->kind;
	t->first = m->first;
	t->last = m->last;
	t->count = m->count;
	t->interval = m->interval;
	t->owner = (struct process_key){.pid = m->owner_pid, .start = m->owner_start};
	t->owner_uid = m->owner_uid;
	t->netns = m->netns;
	t->reason = m->reason;
	t->state = m->state;
	t->error = m->error;
	t->folded_port = any_port;
	t->folded_address = any_address;
	memset(t->remote_address, 0, sizeof(t->remote_address));
	if (!any_address)
		record_address(t->remote_address, m->remote, m->family);
	decode_end(t->local, m->local, m->family, m->local_port, false, any_port && !m->local_port);
	decode_end(t->remote, m->remote, m->family, m->remote_port, any_address, any_port && !m->remote_port);
	return 0;
}

int decode_listen(const void *message, size_t size, struct record *ret)
{
	const struct lw_listen *m = message;

	(void)size;
	if (m->pid == 0 || (m->family != 4 && m->family != 6))
		return -EBADMSG;
	ret->type = RECORD_LISTEN;
	ret->listen = (struct record_listen){
		.process = {.pid = m->pid, .start = m->start},
		.inode = m->inode,
		.netns = m->netns,
		.port = m->port,
		.opens = m->head.flags & LW_LISTEN_OPEN,
		.seed = m->head.flags & LW_LISTEN_SEED,
	};
	record_address(ret->listen.address, m->address, m->family);
	return 0;
}

int decode_connected(const void *message, size_t size, struct record *ret)
{
	const struct lw_connected *m = message;

	(void)size;
	if (m->pid == 0 || m->local > 1 || (m->family != 4 && m->family != 6))
		return -EBADMSG;
	ret->type = RECORD_CONNECTED;
	ret->connected = (struct record_connected){
		.process = {.pid = m->pid, .start = m->start},
		.netns = m->netns,
		.port = m->port,
		.local_port = m->local_port,
		.local = m->local,
	};
	record_address(ret->connected.address, m->remote, m->family);
	decode_end(ret->connected.remote, m->remote, m->family, m->port, false, false);
	return 0;
}

int decode_unix(const void *message, size_t size, struct record *ret)
{
	const struct lw_unix *m = message;

	(void)size;
	if (m->listener_pid == 0 || m->size == 0 || m->size > sizeof(m->path))
		return -EBADMSG;
	ret->type = RECORD_UNIX_SOCKET;
	ret->unix_socket = (struct record_unix){
		.caller = {.pid = m->pid, .start = m->start},
		.listener = {.pid = m->listener_pid, .start = m->listener_start},
		.seed = m->head.flags & LW_UNIX_SEED,
	};
	decode_unix_path(ret->unix_socket.path, RECORD_UNIX, (const char *)m->path, m->size);
	return 0;
}

int decode_dns_answer(const void *message, size_t size, struct record *ret)
{
	const struct lw_dns_answer *m = message;

	if (m->kept > LW_DNS || m->kept > m->size || size != sizeof(*m) + m->kept)
		return -EBADMSG;
	ret->type = RECORD_DNS_ANSWER;
	ret->dns = (struct record_dns_answer){
		.netns = m->netns,
		.len = m->kept,
		.bytes = (const uint8_t *)(m + 1),
	};
	return 0;
}
