/* SPDX-License-Identifier: Apache-2.0 */
/* How far each sink is, as counters of the store: "sink.NAME.WHAT"; and what failed last, as bytes. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "command/delivery.h"
#include "command/delivery_account.h"
#include "store/finding.h"

#define PREFIX "sink."

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{"event", offsetof(struct delivery_account, cursor.event)},
	{"finding", offsetof(struct delivery_account, cursor.finding)},
	{"delivered", offsetof(struct delivery_account, delivered)},
	{"refused", offsetof(struct delivery_account, refused)},
	{"skipped", offsetof(struct delivery_account, skipped)},
	{"failures", offsetof(struct delivery_account, failures)},
	{"gone", offsetof(struct delivery_account, gone)},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

struct loading {
	const char *sink;
	struct delivery_account *account;
	bool known;
};

static int on_counter(void *context, const char *name, uint64_t value)
{
	struct loading *loading = context;
	size_t len = strlen(loading->sink);

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	name += strlen(PREFIX);
	if (strncmp(name, loading->sink, len) != 0 || name[len] != '.')
		return 0;
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(name + len + 1, fields[i].name) != 0)
			continue;
		*(uint64_t *)((char *)loading->account + fields[i].offset) = value;
		loading->known = true;
	}
	return 0;
}

static void name_error(char name[SINK_NAME + 32], const char *sink)
{
	snprintf(name, SINK_NAME + 32, PREFIX "%s.error", sink);
}

static int on_error(void *context, const void *bytes, size_t size)
{
	struct delivery_account *account = context;

	if (size < sizeof(account->error))
		memcpy(account->error, bytes, size);
	return 0;
}

int delivery_load(struct store *store, const char *sink, struct delivery_account *ret, bool *ret_known)
{
	struct loading loading = {.sink = sink, .account = ret};
	char name[SINK_NAME + 32];
	int r;

	*ret = (struct delivery_account){0};
	r = store_counters(store, on_counter, &loading);
	*ret_known = loading.known;
	if (r < 0)
		return r;
	name_error(name, sink);
	r = store_blob_get(store, name, on_error, ret);
	return r == -ENOENT ? 0 : r;
}

int delivery_save_error(struct store *store, const char *sink, const char *error)
{
	char name[SINK_NAME + 32];

	name_error(name, sink);
	return store_blob_set(store, name, error, strlen(error));
}

int delivery_save(struct store *store, const char *sink, const struct delivery_account *account)
{
	char name[SINK_NAME + 32];
	int r = 0;

	for (size_t i = 0; i < FIELDS && r == 0; i++) {
		snprintf(name, sizeof(name), PREFIX "%s.%s", sink, fields[i].name);
		r = store_counter_set(
			store, name, *(const uint64_t *)((const char *)account + fields[i].offset));
	}
	return r;
}

int delivery_save_refusal(struct store *store, const char *sink, const char *event, const char *reason)
{
	_cleanup_buf_ struct buf id = {0}, body = {0};
	struct store_finding finding = {
		.kind = "refused", .state = "refused", .service = sink, .time = clock_realtime()};
	char time[CLOCK_TEXT_SIZE];
	struct json j;

	buf_printf(&id, "%s/%s", sink, event);
	clock_format(finding.time, time);
	json_begin(&j, &body);
	json_object_begin(&j, NULL);
	json_str(&j, "kind", "refused");
	json_str(&j, "id", buf_text(&id));
	json_str(&j, "time", time);
	json_str(&j, "sink", sink);
	json_str(&j, "event", event);
	json_str(&j, "reason", reason);
	json_object_end(&j);
	if (id.failed || body.failed)
		return -ENOMEM;
	finding.id = buf_text(&id);
	finding.body = buf_text(&body);
	return store_finding_set(store, &finding);
}
