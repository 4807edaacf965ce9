/* SPDX-License-Identifier: Apache-2.0 */
/* The document of an event, issue or incident in the names of the Elastic Common Schema; those of
 * docs/EVENTS.md, "Names elsewhere". What has no name there is below "lastwords.", and event.original is the
 * whole as it is. */
#include <stdlib.h>
#include <string.h>

#include "model/body.h"
#include "report/report.h"
#include "sink/ecs.h"
#include "sink/elastic.h"

#define ECS_VERSION "8.11.0"

struct row {
	const char *path;
	const char *name;
};

/* Another name for the same value, in the order of the document. */
static const struct row host[] = {{"host.name", "host.name"}, {"host.boot_id", "host.boot.id"}};
static const struct row service[] = {{"service.name", "service.name"}, {"service.version", "service.version"},
	{"service.container.id", "container.id"}, {"service.container.runtime", "container.runtime"}};
static const struct row process[] = {{"process.pid", "process.pid"}, {"process.ns_pid", "process.vpid"},
	{"process.ppid", "process.parent.pid"}, {"process.tid", "process.thread.id"},
	{"process.thread_name", "process.thread.name"}, {"process.start", "process.start"},
	{"process.comm", "process.name"}, {"process.exe", "process.executable"},
	{"process.cmdline", "process.args"}, {"exit.status", "process.exit_code"}};

/* Told elsewhere, so not below "lastwords.". Sorted. */
static const char *const taken[] = {
	"direction",
	"errno",
	"exception.message",
	"exception.type",
	"exit.status",
	"host.boot_id",
	"host.name",
	"id",
	"interval",
	"killer.reason",
	"kind",
	"listen.port",
	"local",
	"marker.link",
	"process.cmdline",
	"process.comm",
	"process.exe",
	"process.gid",
	"process.ns_pid",
	"process.pid",
	"process.ppid",
	"process.start",
	"process.thread_name",
	"process.tid",
	"process.uid",
	"reason",
	"remote",
	"remote_name",
	"service.container.id",
	"service.container.runtime",
	"service.name",
	"service.pod.uid",
	"service.version",
	"time",
};

static const char *const taken_of_findings[] = {
	"detected", "ended", "first_seen", "kind", "last_seen", "schema", "started"};

struct rest {
	struct ecs *ecs;
	const char *const *taken;
	size_t count;
	size_t prefix; /* bytes before the path */
	char name[ECS_NAME];
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int compare(const void *path, const void *row)
{
	return strcmp(path, *(const char *const *)row);
}

/* len: of the name so far. An object whose name does not fit stays whole. */
static void put_rest(struct rest *r, const json_t *value, size_t len)
{
	json_t *object = (json_t *)(uintptr_t)value;

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		const json_t *member = json_object_iter_value(i);
		size_t end = len + strlen(json_object_iter_key(i));

		if (end + 2 > sizeof(r->name))
			continue;
		memcpy(r->name + len, json_object_iter_key(i), end - len + 1);
		if (json_object_size(member) && end + ECS_NAME / 4 < sizeof(r->name)) {
			memcpy(r->name + end, ".", 2);
			put_rest(r, member, end + 1);
		} else if (!bsearch(r->name + r->prefix, r->taken, r->count, sizeof(r->taken[0]), compare)) {
			ecs_value(r->ecs, r->name, member);
		}
	}
}

static void put_rows(struct ecs *ecs, const json_t *object, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ecs_value(ecs, rows[i].name, body_at(object, rows[i].path));
}

static void put_process(struct ecs *ecs, const json_t *object)
{
	const json_t *age = body_at(object, "process.age"), *args = body_at(object, "process.cmdline");

	put_rows(ecs, object, process, COUNT(process));
	if (args)
		ecs_number(ecs, "process.args_count", (int64_t)json_array_size(args));
	/* Compared as a number, lest one that is no int64_t be cast. */
	if (age && json_number_value(age) >= 0 && json_number_value(age) < 1e15)
		ecs_number(ecs, "process.uptime", (int64_t)json_number_value(age));
	ecs_value_text(ecs, "process.real_user.id", body_at(object, "process.uid"));
	ecs_value_text(ecs, "process.real_group.id", body_at(object, "process.gid"));
}

static void put_pod(struct ecs *ecs, const json_t *object)
{
	const json_t *uid = body_at(object, "service.pod.uid");

	if (!uid)
		return;
	ecs_text(ecs, "orchestrator.type", "kubernetes");
	ecs_text(ecs, "orchestrator.resource.type", "pod");
	ecs_value(ecs, "orchestrator.resource.id", uid);
}

static void put_own(struct ecs *ecs, const struct sink_item *item)
{
	struct rest rest = {.ecs = ecs, .taken = taken, .count = COUNT(taken)};

	put_rows(ecs, item->object, host, COUNT(host));
	put_rows(ecs, item->object, service, COUNT(service));
	put_pod(ecs, item->object);
	put_process(ecs, item->object);
	elastic_error(ecs, item->object);
	elastic_network(ecs, item);
	memcpy(rest.name, "lastwords.", sizeof("lastwords."));
	rest.prefix = strlen(rest.name);
	put_rest(&rest, item->object, rest.prefix);
}

/* An issue or incident has neither host nor process. */
static void put_finding(struct ecs *ecs, const struct sink_item *item, const char *host_name)
{
	struct rest rest = {.ecs = ecs, .taken = taken_of_findings, .count = COUNT(taken_of_findings)};
	const json_t *first = json_array_get(body_at(item->object, "services"), 0);

	ecs_text(ecs, "host.name", host_name);
	ecs_value(ecs, "service.name", json_is_object(first) ? body_at(first, "name") : first);
	ecs_value(ecs, "lastwords.schema", body_at(item->object, "schema"));
	rest.prefix = strlen("lastwords.") + strlen(item->kind) + 1;
	if (rest.prefix >= sizeof(rest.name) / 2)
		return;
	stpcpy(stpcpy(stpcpy(rest.name, "lastwords."), item->kind), ".");
	put_rest(&rest, item->object, rest.prefix);
}

void elastic_document(const struct sink_item *item, const char *host_name, struct buf *body)
{
	_cleanup_buf_ struct buf message = {0};
	const json_t *last_seen = body_at(item->object, "last_seen");
	struct ecs ecs;

	ecs_begin(&ecs, body);
	ecs_value(&ecs, "@timestamp", last_seen ? last_seen : body_at(item->object, "time"));
	ecs_text(&ecs, "ecs.version", ECS_VERSION);
	report_message(item->object, &message);
	ecs_textn(&ecs, "message", buf_text(&message), message.len);
	ecs_text(&ecs, "log.level", item->severity.log_level);
	elastic_event(&ecs, item);
	if (strcmp(item->kind, "issue") == 0 || strcmp(item->kind, "incident") == 0)
		put_finding(&ecs, item, host_name);
	else
		put_own(&ecs, item);
	ecs_end(&ecs);
}
