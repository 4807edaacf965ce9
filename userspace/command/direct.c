/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipeline does with an event, for one. */
#include "command/direct.h"

#include <errno.h>

#include "base/log.h"
#include "base/text.h"
#include "host/host.h"

void direct_host(struct event_host *ret)
{
	struct record_host described;

	*ret = (struct event_host){0};
	host_describe(&described);
	text_copy(ret->name, sizeof(ret->name), described.name);
	text_copy(ret->boot_id, sizeof(ret->boot_id), described.boot_id);
}

int direct_add(struct store *store, const struct event *event)
{
	_cleanup_buf_ struct buf body = {0};
	struct store_event row = {
		.id = event->id,
		.time = event->time,
		.kind = event_kind_name(event->kind),
		.service = event->service.name,
	};
	int r;

	event_json(event, &body);
	if (body.failed)
		return -ENOMEM;
	row.body = buf_text(&body);
	r = store_add(store, &row, NULL);
	return r < 0 ? r : store_commit(store, NULL);
}

void direct_say(const char *state)
{
	log_info("no daemon runs on %s: stored in its database", state);
}
