/* SPDX-License-Identifier: Apache-2.0 */
/* TCP resets and failed connects become events. */
#include "enrich/internal.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/names.h"

static void fill_reason(const struct enrich *e, uint32_t reason, char *out, size_t size)
{
	static const char prefix[] = "SK_RST_REASON_";
	const char *name;

	if (reason == UINT32_MAX)
		return;
	name = reason < e->reasons.count ? e->reasons.text + e->reasons.offset[reason] : "";
	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	if (*name)
		text_copy(out, size, name);
	else
		snprintf(out, size, "%u", reason);
}

void tcp_count(struct enrich *e, const struct record *record)
{
	const struct record_tcp *t = &record->tcp;
	struct record_task task = {.key = t->owner};
	struct event event;

	e->tally[SOURCE_TCP].taken += t->count;
	if (e->watching && (!t->owner.pid || !is_watched(e, t->owner, 0))) {
		e->tally[SOURCE_TCP].routine += t->count;
		return;
	}
	event_begin(
		e, t->kind == TCP_CONNECT_FAILED ? EVENT_CONNECT_FAILURE : EVENT_TCP_RESET, t->last, &event);
	if (t->owner.pid)
		event_fill_process(e, &task, t->last, &event);
	else
		event_missing_add(
			&event, "process", "the socket was opened before the probes, or has no owner");
	/* The owner's groups, cgroup v1 too, say more than the socket's; a socket of the root group says
	 * nothing. */
	if (table_find(e->table, t->owner))
		event_fill_service(e, NULL, &event);
	else if (t->owner.pid || t->cgroup.v2[1])
		event_fill_service(e, &t->cgroup, &event);
	if (t->kind != TCP_CONNECT_FAILED)
		event.tcp.direction = t->kind == TCP_SENT ? "sent" : "received";
	text_copy(event.tcp.local, sizeof(event.tcp.local), t->local);
	text_copy(event.tcp.remote, sizeof(event.tcp.remote), t->remote);
	text_copy(event.tcp.remote_name, sizeof(event.tcp.remote_name),
		remote_name_find(e->remote_names, t->netns, t->remote_address));
	event.tcp.state = name_tcp_state(t->state);
	fill_reason(e, t->reason, event.tcp.reason, sizeof(event.tcp.reason));
	event.tcp.error = t->error;
	event.tcp.count = t->count;
	event.tcp.interval = t->interval;
	event.tcp.netns = t->netns;
	event.tcp.folded = t->folded_port || t->folded_address;
	e->tally[SOURCE_TCP].emitted += t->count;
	event_emit(e, &event);
}
