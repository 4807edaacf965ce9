/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's LogRecord of an event, issue or incident. Each key of its JSON becomes an attribute: below
 * "lastwords." by its path, or under the name that the semantic conventions have for it; objects are paths,
 * what is in arrays stays whole. The names are those of docs/EVENTS.md, "Names elsewhere". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/body.h"
#include "report/report.h"
#include "sink/otlp.h"

#define PATH_SIZE 512

enum record {
	TIME = 1,
	SEVERITY_NUMBER,
	SEVERITY_TEXT,
	BODY = 5,
	ATTRIBUTES = 6,
	OBSERVED = 11,
	EVENT_NAME = 12
};
#define STRING 1 /* of AnyValue */

struct row {
	const char *path;
	const char *name; /* NULL: it is not an attribute, or one that is made below */
};

/* By path, sorted. */
static const struct row rows[] = {
	{"exception.message", "exception.message"},
	{"exception.type", "exception.type"},
	{"exit.status", "process.exit.code"},
	{"host.boot_id", NULL},
	{"host.name", NULL},
	{"id", NULL},
	{"kind", NULL},
	{"local", NULL},
	{"process.cmdline", "process.command_args"},
	{"process.exe", "process.executable.path"},
	{"process.ns_pid", "process.vpid"},
	{"process.pid", "process.pid"},
	{"process.ppid", "process.parent_pid"},
	{"process.start", "process.creation.time"},
	{"process.thread_name", "thread.name"},
	{"process.tid", "thread.id"},
	{"process.uid", "process.real_user.id"},
	{"remote", NULL},
	{"service.cgroup", "process.linux.cgroup"},
	{"service.container.id", NULL},
	{"service.container.runtime", NULL},
	{"service.name", NULL},
	{"service.pod.qos", NULL},
	{"service.pod.uid", NULL},
	{"service.version", NULL},
	{"time", NULL},
};

static const struct row finding_rows[] = {
	{"kind", NULL},
	{"last_seen", NULL},
	{"schema", "lastwords.schema"},
};

struct walk {
	struct otlp_out *out;
	const struct row *rows;
	size_t count;
	size_t prefix; /* bytes before the path */
	char path[PATH_SIZE];
};

static int compare(const void *path, const void *row)
{
	return strcmp(path, ((const struct row *)row)->path);
}

static void put_leaf(struct walk *w, const json_t *value)
{
	const struct row *row = bsearch(w->path + w->prefix, w->rows, w->count, sizeof(w->rows[0]), compare);

	if (!row)
		otlp_attribute(w->out, ATTRIBUTES, w->path, value);
	else if (row->name)
		otlp_attribute(w->out, ATTRIBUTES, row->name, value);
}

/* len: of the path so far. What is null is absent. An object whose path does not fit stays whole. */
static void put_object(struct walk *w, const json_t *value, size_t len)
{
	json_t *object = (json_t *)(uintptr_t)value;

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		const json_t *member = json_object_iter_value(i);
		size_t key = strlen(json_object_iter_key(i));

		if (json_is_null(member) || len + key + 2 > sizeof(w->path))
			continue;
		memcpy(w->path + len, json_object_iter_key(i), key + 1);
		if (json_object_size(member) && len + key + PATH_SIZE / 4 < sizeof(w->path)) {
			memcpy(w->path + len + key, ".", 2);
			put_object(w, member, len + key + 1);
		} else {
			put_leaf(w, member);
		}
	}
}

static void put_text(struct otlp_out *out, const char *key, const char *text)
{
	if (text)
		otlp_attribute_text(out, ATTRIBUTES, key, text, strlen(text));
}

static void put_known(struct otlp_out *out, const char *key, const json_t *value)
{
	if (value)
		otlp_attribute(out, ATTRIBUTES, key, value);
}

/* What error.type is of: the first of these that is there. */
static void put_error_type(struct otlp_out *out, const json_t *object, const char *kind)
{
	static const char *const paths[] = {"exception.type", "signal.name", "errno"};
	const json_t *status = body_at(object, "exit.status"), *value = NULL;
	char text[32];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !value; i++)
		value = body_at(object, paths[i]);
	if (!value && json_is_integer(status)) {
		snprintf(text, sizeof(text), "exit %lld", (long long)json_integer_value(status));
		put_text(out, "error.type", text);
		return;
	}
	if (!value && strcmp(kind, "tcp_reset") == 0)
		value = body_at(object, "reason");
	put_known(out, "error.type", value);
}

static void put_process(struct otlp_out *out, const json_t *object)
{
	const char *exe = json_string_value(body_at(object, "process.exe"));
	const char *slash = exe ? strrchr(exe, '/') : NULL;
	const json_t *command = body_at(object, "process.cmdline");

	put_text(out, "process.executable.name", slash ? slash + 1 : exe);
	put_known(out, "process.command", json_array_get(command, 0));
	if (command)
		otlp_attribute_int(out, ATTRIBUTES, "process.args_count", (int64_t)json_array_size(command));
}

static void put_code(struct otlp_out *out, const json_t *object)
{
	const json_t *stack = body_at(object, "stack.frames"), *told = body_at(object, "exception.frames");
	const json_t *first = json_array_get(json_array_size(told) ? told : stack, 0);
	struct buf trace = {0};

	put_known(out, "process.executable.build_id.gnu", body_build_id(object));
	put_known(out, "code.function.name", body_at(first, "function"));
	put_known(out, "code.file.path", body_at(first, "file"));
	put_known(out, "code.line.number", body_at(first, "line"));
	if (!first)
		return;
	report_frames(object, &trace);
	put_text(out, "exception.stacktrace", buf_text(&trace));
	buf_free(&trace);
}

/* Without a port it stays as it is told: "ADDRESS:*" is more than the address. */
static void put_end(struct otlp_out *out, const json_t *object, const char *path, const char *address_key,
	const char *port_key)
{
	struct body_end end;

	if (!body_end(object, path, &end))
		return;
	if (end.port < 0 && !end.is_unix) {
		put_text(out, address_key, body_text(object, path));
		return;
	}
	otlp_attribute_text(out, ATTRIBUTES, address_key, end.address, end.len);
	if (end.port >= 0)
		otlp_attribute_int(out, ATTRIBUTES, port_key, end.port);
}

/* network.connection.state has the names of RFC 9293. */
static void put_state(struct otlp_out *out, const char *state)
{
	static const char *const names[][2] = {{"FIN_WAIT1", "fin_wait_1"}, {"FIN_WAIT2", "fin_wait_2"},
		{"SYN_RECV", "syn_received"}, {"NEW_SYN_RECV", "syn_received"}, {"CLOSE", "closed"}};
	char small[32];
	size_t len = state ? strlen(state) : 0;

	if (!len || len >= sizeof(small))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(state, names[i][0]) == 0) {
			put_text(out, "network.connection.state", names[i][1]);
			return;
		}
	for (size_t i = 0; i <= len; i++)
		small[i] = (char)(state[i] >= 'A' && state[i] <= 'Z' ? state[i] + ('a' - 'A') : state[i]);
	put_text(out, "network.connection.state", small);
}

static void put_network(struct otlp_out *out, const json_t *object)
{
	struct body_end remote;

	put_end(out, object, "local", "network.local.address", "network.local.port");
	put_end(out, object, "remote", "network.peer.address", "network.peer.port");
	put_state(out, json_string_value(body_at(object, "state")));
	if (body_end(object, "remote", &remote))
		put_text(out, "network.transport", remote.is_unix ? "unix" : "tcp");
}

static void put_deployment(struct otlp_out *out, const json_t *object)
{
	const char *kind = json_string_value(body_at(object, "marker.kind"));
	const char *service = json_string_value(body_at(object, "marker.service"));
	struct buf name = {0};

	if (!kind || (strcmp(kind, "deploy") != 0 && strcmp(kind, "rollback") != 0))
		return;
	put_known(out, "deployment.id", body_at(object, "marker.version"));
	if (!service)
		return;
	buf_printf(&name, "%s %s", kind, service);
	put_text(out, "deployment.name", buf_text(&name));
	buf_free(&name);
}

static void put_attributes(struct otlp_out *out, const struct sink_item *item)
{
	struct walk walk = {.out = out, .rows = rows, .count = sizeof(rows) / sizeof(rows[0])};
	bool finding = strcmp(item->kind, "issue") == 0 || strcmp(item->kind, "incident") == 0;

	if (finding) {
		walk.rows = finding_rows;
		walk.count = sizeof(finding_rows) / sizeof(finding_rows[0]);
	}
	walk.prefix = (size_t)snprintf(walk.path, sizeof(walk.path), "lastwords.%s%s",
		finding ? item->kind : "", finding ? "." : "");
	put_text(out, "log.record.uid", item->id);
	put_object(&walk, item->object, walk.prefix);
	if (finding)
		return;
	put_error_type(out, item->object, item->kind);
	put_process(out, item->object);
	put_code(out, item->object);
	put_network(out, item->object);
	put_deployment(out, item->object);
}

static void put_body(struct otlp_out *out, const json_t *object)
{
	_cleanup_buf_ struct buf line = {0};
	size_t body = otlp_begin(out, BODY, "body");

	report_message(object, &line);
	otlp_text(out, STRING, "stringValue", buf_text(&line), line.len);
	otlp_end(out, body);
}

/* Of a finding the time of the last failure, not that of writing it down. */
static uint64_t time_of(const struct sink_item *item)
{
	const char *last = json_string_value(json_object_get(item->object, "last_seen"));
	uint64_t time;

	return last && clock_parse(last, 0, &time) == 0 ? time : item->time;
}

void otlp_record(struct otlp_out *out, const struct sink_item *item)
{
	const struct severity *severity = &item->severity;
	size_t record = otlp_begin(out, 2, NULL);

	otlp_fixed64(out, TIME, "timeUnixNano", time_of(item));
	otlp_fixed64(out, OBSERVED, "observedTimeUnixNano", clock_realtime());
	otlp_enum(out, SEVERITY_NUMBER, "severityNumber", severity->otel);
	otlp_text(out, SEVERITY_TEXT, "severityText", severity->otel_text, strlen(severity->otel_text));
	otlp_text(out, EVENT_NAME, "eventName", severity->event_name, strlen(severity->event_name));
	put_body(out, item->object);
	otlp_list_begin(out, "attributes");
	put_attributes(out, item);
	otlp_list_end(out);
	otlp_end(out, record);
}
