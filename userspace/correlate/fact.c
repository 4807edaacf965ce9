/* SPDX-License-Identifier: Apache-2.0 */
/* From an event's JSON to a fact, by a table of keys. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "correlate/fact_field.h"

/* A value at a member of the fact; an object or array with fields of its own. */
#define VALUE(name, how, member)                                                                             \
	{                                                                                                    \
		.key = (name), .len = sizeof(name) - 1, .type = (how),                                       \
		.offset = offsetof(struct fact, member), .size = sizeof(((struct fact *)NULL)->member)       \
	}
/* The same, and a bool that tells whether it was there. */
#define KNOWN(name, how, member, told)                                                                       \
	{                                                                                                    \
		.key = (name), .len = sizeof(name) - 1, .type = (how),                                       \
		.offset = offsetof(struct fact, member), .known = offsetof(struct fact, told)                \
	}
#define NESTED(name, how, fields)                                                                            \
	{                                                                                                    \
		.key = (name), .len = sizeof(name) - 1, .type = (how), .inside = (fields)                    \
	}
/* Of no use, but nearly always there: it need not be looked for in the whole table. */
#define OTHER(name)                                                                                          \
	{                                                                                                    \
		.key = (name), .len = sizeof(name) - 1, .type = UNUSED                                       \
	}
#define END                                                                                                  \
	{                                                                                                    \
		.key = NULL                                                                                  \
	}

static const struct field container_fields[] = {
	VALUE("id", TEXT, container),
	END,
};

static const struct field service_fields[] = {
	VALUE("name", TEXT, service),
	VALUE("unit", TEXT, unit),
	OTHER("slice"),
	OTHER("cgroup"),
	VALUE("version", TEXT, version),
	VALUE("user", TEXT, user),
	NESTED("container", INSIDE, container_fields),
	KNOWN("alive", NUMBER, alive, has_alive),
	KNOWN("listening", NUMBER, listening, has_listening),
	END,
};

static const struct field process_fields[] = {
	VALUE("pid", NUMBER, pid),
	OTHER("tid"),
	VALUE("start", TIME, start),
	OTHER("ppid"),
	VALUE("role", TEXT, role),
	VALUE("comm", TEXT, comm),
	VALUE("exe", TEXT, exe),
	OTHER("cmdline"),
	OTHER("uid"),
	OTHER("gid"),
	VALUE("age", SECONDS, age),
	END,
};

static const struct field signal_fields[] = {
	VALUE("name", TEXT, signal),
	VALUE("code", TEXT, code),
	VALUE("reason", TEXT, fault),
	END,
};

static const struct field exit_fields[] = {
	KNOWN("status", NUMBER, status, has_status),
	END,
};

static const struct field killer_fields[] = {
	VALUE("class", TEXT, killer_class),
	VALUE("reason", TEXT, killer_reason),
	VALUE("comm", TEXT, killer_comm),
	END,
};

/* The largest one comes first. */
static const struct field largest_fields[] = {
	VALUE("pid", NUMBER, largest_pid),
	VALUE("comm", TEXT, largest_comm),
	VALUE("rss", NUMBER, largest_rss),
	END,
};

static const struct field oom_fields[] = {
	VALUE("scope", TEXT, oom_scope),
	VALUE("cgroup", TEXT, oom_cgroup),
	VALUE("limit", NUMBER, oom_limit),
	NESTED("largest", FIRST, largest_fields),
	END,
};

static const struct field nofile_fields[] = {
	VALUE("soft", NUMBER, files_max),
	VALUE("open", NUMBER, files),
	END,
};

static const struct field as_fields[] = {
	VALUE("soft", NUMBER, space_max),
	END,
};

static const struct field limits_fields[] = {
	NESTED("nofile", INSIDE, nofile_fields),
	NESTED("as", INSIDE, as_fields),
	END,
};

static const struct field memory_fields[] = {
	VALUE("virtual", NUMBER, space),
	END,
};

static const struct field stack_fields[] = {
	NESTED("frames", FRAMES, NULL),
	END,
};

/* The innermost one comes first. */
static const struct field raised_fields[] = {
	VALUE("function", TEXT, raised),
	END,
};

static const struct field exception_fields[] = {
	VALUE("type", TEXT, exception),
	VALUE("message", TEXT, message),
	NESTED("frames", FIRST, raised_fields),
	NESTED("chained", CAUSES, NULL),
	END,
};

static const struct field last_words_fields[] = {
	VALUE("text", TEXT, said),
	END,
};

static const struct field subject_fields[] = {
	VALUE("subject", TEXT, subject),
	END,
};

static const struct field marker_fields[] = {
	VALUE("kind", TEXT, marker_kind),
	VALUE("service", TEXT, marker_service),
	VALUE("version", TEXT, marker_version),
	VALUE("before", TEXT, marker_before),
	VALUE("source", TEXT, marker_source),
	VALUE("evidence", TEXT, marker_evidence),
	VALUE("undo", TEXT, marker_undo),
	VALUE("note", TEXT, marker_note),
	END,
};

static const struct field listen_fields[] = {
	VALUE("state", TEXT, listen),
	END,
};

static const struct field decision_fields[] = {
	VALUE("action", TEXT, action),
	VALUE("issue", TEXT, issue),
	VALUE("into", TEXT, into),
	END,
};

static const struct field event_fields[] = {
	OTHER("schema"),
	VALUE("id", TEXT, id),
	VALUE("time", TIME, time),
	NESTED("kind", KIND, NULL),
	OTHER("host"),
	NESTED("service", INSIDE, service_fields),
	NESTED("process", INSIDE, process_fields),
	NESTED("signal", INSIDE, signal_fields),
	NESTED("exit", INSIDE, exit_fields),
	NESTED("killer", INSIDE, killer_fields),
	NESTED("oom", INSIDE, oom_fields),
	NESTED("limits", INSIDE, limits_fields),
	NESTED("memory", INSIDE, memory_fields),
	NESTED("stack", INSIDE, stack_fields),
	NESTED("exception", INSIDE, exception_fields),
	NESTED("last_words", INSIDE, last_words_fields),
	VALUE("fingerprint", TEXT, fingerprint),
	VALUE("fingerprint_step", TEXT, step),
	VALUE("message_fingerprint", TEXT, message_fingerprint),
	VALUE("syscall", TEXT, syscall),
	VALUE("errno", TEXT, error),
	VALUE("count", NUMBER, count),
	OTHER("interval"),
	NESTED("subjects", FIRST, subject_fields),
	OTHER("local"),
	VALUE("remote", TEXT, remote),
	VALUE("remote_name", TEXT, remote_name),
	VALUE("direction", TEXT, direction),
	VALUE("state", TEXT, tcp_state),
	NESTED("calls", CALLS, NULL),
	NESTED("callers", CALLERS, NULL),
	NESTED("marker", INSIDE, marker_fields),
	NESTED("decision", INSIDE, decision_fields),
	NESTED("listen", INSIDE, listen_fields),
	END,
};

/* Of what is told by the second, and only its top says whether it is a failure. */
#define TOLD_AT_THE_TOP (1u << EVENT_SYSCALL_ERRORS | 1u << EVENT_TCP_RESET)

static const struct field top_fields[] = {
	OTHER("schema"),
	OTHER("id"),
	VALUE("time", TIME, time),
	NESTED("kind", KIND, NULL),
	OTHER("host"),
	OTHER("service"),
	OTHER("process"),
	VALUE("syscall", TEXT, syscall),
	VALUE("errno", TEXT, error),
	OTHER("local"),
	VALUE("remote", TEXT, remote),
	VALUE("direction", TEXT, direction),
	VALUE("state", TEXT, tcp_state),
	OTHER("count"),
	OTHER("interval"),
	OTHER("subjects"),
	OTHER("calls"),
	OTHER("callers"),
	END,
};

bool fact_read_top(const char *json, size_t len, struct fact *ret)
{
	struct fact_reading g = {.fact = ret, .kind = -EINVAL, .kinds = TOLD_AT_THE_TOP};

	memset(ret, 0, sizeof(*ret));
	json_read(&g.reader, json, len);
	fact_read_object(&g, top_fields);
	if (!json_read_end(&g.reader) || !ret->time || g.kind < 0)
		return false;
	ret->kind = (uint8_t)g.kind;
	return true;
}

/* An abort is another defect than a fault in the same function; which fault it is may be the compiler's
 * choice. */
static uint32_t end_kind(const struct fact *f)
{
	const char *end = f->exception[0]                     ? f->exception
			  : strcmp(f->signal, "SIGABRT") == 0 ? f->signal
							      : "fault";

	return (uint32_t)id_hash(f->kind, end, strlen(end)) | 1;
}

/* Behind what the exception says itself. */
static void add_cause(const struct fact_reading *g, struct fact *ret)
{
	size_t len = strlen(ret->message);

	if (g->cause_type[0])
		snprintf(ret->message + len, sizeof(ret->message) - len, "%s%s%s%s", len ? ": " : "",
			g->cause_type, g->cause[0] ? ": " : "", g->cause);
}

int fact_read(const char *json, size_t len, struct fact *ret)
{
	struct fact_reading g = {.fact = ret, .kind = -EINVAL};
	const char *slash, *program;

	memset(ret, 0, sizeof(*ret));
	ret->count = 1;
	json_read(&g.reader, json, len);
	fact_read_object(&g, event_fields);
	if (!json_read_end(&g.reader) || !ret->time)
		return -EINVAL;
	if (g.kind < 0)
		return g.kind;
	ret->kind = (uint8_t)g.kind;
	if (ret->count > FACT_COUNT)
		ret->count = FACT_COUNT;
	slash = strrchr(ret->exe, '/');
	program = slash ? slash + 1 : ret->exe;
	add_cause(&g, ret);
	if (!ret->message[0])
		memcpy(ret->message, ret->said, sizeof(ret->message));
	memset(ret->said, 0, sizeof(ret->said));
	ret->near.kind = end_kind(ret);
	ret->near.program = (uint32_t)id_hash(0, program, strlen(program)) | 1;
	if (ret->message_fingerprint[0])
		ret->near.message =
			(uint32_t)id_hash(0, ret->message_fingerprint, strlen(ret->message_fingerprint)) | 1;
	return 0;
}

const char *fact_service(const struct fact *f)
{
	const char *slash;

	if (f->kind == EVENT_MARKER)
		return f->marker_service;
	if (f->service[0])
		return f->service;
	slash = strrchr(f->exe, '/');
	return slash ? slash + 1 : *f->exe ? f->exe : f->comm;
}
