/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an ECS document that are made of several keys of ours: event, error, the two ends of a
 * connection. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/body.h"
#include "report/report.h"
#include "sink/ecs.h"
#include "sink/elastic.h"

/* The table of docs/EVENTS.md; code is the path of event.code. */
static const struct sort {
	const char *kind, *event_kind, *category, *type, *outcome, *code;
} sorts[] = {
	{"crash", "event", "process", "end", "failure", "signal.name"},
	{"oom_kill", "event", "process", "end", "failure", "signal.name"},
	{"kill", "event", "process", "end", "failure", "signal.name"},
	{"exit_failure", "event", "process", "end", "failure", "exit.status"},
	{"exception", "event", "process", "info", "failure", "exception.type"},
	{"syscall_errors", "event", "process", "info", "failure", "errno"},
	{"tcp_reset", "event", "network", "connection", "failure", "direction"},
	{"connect_failure", "event", "network", "connection", "failure", "errno"},
	{"marker", "event", "configuration", "change", "unknown", "marker.kind"},
	{"gap", "pipeline_error", "host", "info", "failure", "reason"},
	{"decision", "event", "host", "info", "success", "decision.action"},
	{"listen", "event", "network", "info", "failure", "listen.state"},
	{"issue", "state", "host", "info", "failure", "state"},
	{"incident", "alert", "host", "info", "failure", "state"},
	{NULL, "event", "host", "info", "unknown", "reason"},
};

static const struct sort *sort_of(const char *kind)
{
	const struct sort *sort = sorts;

	while (sort->kind && strcmp(sort->kind, kind) != 0)
		sort++;
	return sort;
}

static bool is_over(const struct sink_item *item)
{
	const char *state = json_string_value(body_at(item->object, "state"));

	return state && ((strcmp(item->kind, "incident") == 0 && strcmp(state, "closed") == 0) ||
				(strcmp(item->kind, "issue") == 0 && strcmp(state, "resolved") == 0));
}

/* The first of the paths that is there. */
static const json_t *find_first(const json_t *object, const char *const *paths)
{
	const json_t *value = NULL;

	for (; *paths && !value; paths++)
		value = body_at(object, *paths);
	return value;
}

static void put_times(struct ecs *ecs, const json_t *object)
{
	static const char *const starts[] = {"started", "first_seen", NULL}, *const ends[] = {"ended",
										     "last_seen", NULL};
	const json_t *interval = body_at(object, "interval");
	double seconds = json_number_value(interval);

	if (interval && seconds >= 0 && seconds < 1e9)
		ecs_number(ecs, "event.duration", (int64_t)(seconds * NS_PER_SEC + 0.5));
	ecs_value(ecs, "event.start", find_first(object, starts));
	ecs_value(ecs, "event.end", find_first(object, ends));
	ecs_value(ecs, "event.created", body_at(object, "detected"));
}

void elastic_event(struct ecs *ecs, const struct sink_item *item)
{
	static const char *const reasons[] = {"killer.reason", "reason", "cause", NULL};
	const struct sort *sort = sort_of(item->kind);

	ecs_text(ecs, "event.kind", sort->event_kind);
	ecs_list(ecs, "event.category", sort->category);
	ecs_list(ecs, "event.type", sort->type);
	ecs_text(ecs, "event.outcome", is_over(item) ? "success" : sort->outcome);
	ecs_text(ecs, "event.action", item->kind);
	ecs_value_text(ecs, "event.code", body_at(item->object, sort->code));
	ecs_text(ecs, "event.dataset", item->severity.event_name);
	ecs_text(ecs, "event.module", "lastwords");
	ecs_number(ecs, "event.severity", item->severity.ecs);
	ecs_value(ecs, "event.reason", find_first(item->object, reasons));
	ecs_text(ecs, "event.id", item->id);
	ecs_value(ecs, "event.url", body_at(item->object, "marker.link"));
	put_times(ecs, item->object);
	ecs_textn(ecs, "event.original", item->body, item->len);
}

/* The last line of what a process wrote that is not empty. */
static void put_error_type(struct ecs *ecs, const json_t *object)
{
	static const char *const types[] = {"exception.type", "signal.name", NULL};
	const json_t *type = find_first(object, types), *status = body_at(object, "exit.status");
	char text[32];

	ecs_value(ecs, "error.type", type);
	if (type || !json_is_integer(status))
		return;
	snprintf(text, sizeof(text), "exit %lld", (long long)json_integer_value(status));
	ecs_text(ecs, "error.type", text);
}

void elastic_error(struct ecs *ecs, const json_t *object)
{
	_cleanup_buf_ struct buf trace = {0};
	const json_t *message = body_at(object, "exception.message");
	const char *line;
	size_t len;

	put_error_type(ecs, object);
	ecs_value(ecs, "error.code", body_at(object, "errno"));
	ecs_value(ecs, "error.message", message);
	if (!message && (line = body_last_line(object, &len)))
		ecs_textn(ecs, "error.message", line, len);
	report_frames(object, &trace);
	if (trace.len)
		ecs_textn(ecs, "error.stack_trace", buf_text(&trace), trace.len);
}

static bool is_ip(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* side: "source" or "destination". */
static void put_end(struct ecs *ecs, const char *side, const json_t *object, const char *path)
{
	struct body_end end;
	char address[128], name[32];

	if (!body_end(object, path, &end))
		return;
	snprintf(address, sizeof(address), "%.*s", (int)end.len, end.address);
	snprintf(name, sizeof(name), "%s.%s", side, is_ip(address) ? "ip" : "address");
	ecs_text(ecs, name, address);
	snprintf(name, sizeof(name), "%s.port", side);
	if (end.port >= 0)
		ecs_number(ecs, name, end.port);
}

void elastic_network(struct ecs *ecs, const struct sink_item *item)
{
	const char *direction = json_string_value(body_at(item->object, "direction"));
	struct body_end remote;

	put_end(ecs, "source", item->object, "local");
	ecs_value(ecs, "source.port", body_at(item->object, "listen.port"));
	put_end(ecs, "destination", item->object, "remote");
	ecs_value(ecs, "destination.domain", body_at(item->object, "remote_name"));
	if ((strcmp(item->kind, "tcp_reset") == 0 || strcmp(item->kind, "connect_failure") == 0) &&
		!(body_end(item->object, "remote", &remote) && remote.is_unix))
		ecs_text(ecs, "network.transport", "tcp");
	if (direction)
		ecs_text(ecs, "network.direction", strcmp(direction, "sent") == 0 ? "egress" : "ingress");
}
