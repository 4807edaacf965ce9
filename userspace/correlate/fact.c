/* SPDX-License-Identifier: Apache-2.0 */
/* From an event's JSON to a fact, by a table of keys. */
#include "correlate/fact.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_read.h"
#include "base/text.h"

enum field_type { TEXT, NUMBER, SECONDS, TIME, KIND, INSIDE, FIRST, FRAMES, CALLS, CALLERS };

struct field {
	const char *key;
	size_t len; /* of the key */
	enum field_type type;
	size_t offset;
	size_t size;
	const struct field *inside; /* the table of the object, or of the first element of the array */
	size_t known;               /* offset of a bool that is set when it was there; 0: none */
};

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
#define END                                                                                                  \
	{                                                                                                    \
		.key = NULL                                                                                  \
	}

static const struct field service_fields[] = {
	VALUE("name", TEXT, service),
	VALUE("unit", TEXT, unit),
	VALUE("version", TEXT, version),
	VALUE("user", TEXT, user),
	KNOWN("alive", NUMBER, alive, has_alive),
	KNOWN("listening", NUMBER, listening, has_listening),
	END,
};

static const struct field process_fields[] = {
	VALUE("pid", NUMBER, pid),
	VALUE("start", TIME, start),
	VALUE("age", SECONDS, age),
	VALUE("role", TEXT, role),
	VALUE("comm", TEXT, comm),
	VALUE("exe", TEXT, exe),
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
	VALUE("source", TEXT, marker_source),
	VALUE("evidence", TEXT, marker_evidence),
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
	VALUE("id", TEXT, id),
	VALUE("time", TIME, time),
	NESTED("kind", KIND, NULL),
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
	NESTED("subjects", FIRST, subject_fields),
	VALUE("remote", TEXT, remote),
	VALUE("remote_name", TEXT, remote_name),
	VALUE("direction", TEXT, direction),
	NESTED("calls", CALLS, NULL),
	NESTED("callers", CALLERS, NULL),
	NESTED("marker", INSIDE, marker_fields),
	NESTED("decision", INSIDE, decision_fields),
	NESTED("listen", INSIDE, listen_fields),
	END,
};

struct reading {
	struct json_reader reader;
	struct fact *fact;
	int kind; /* -EINVAL: none; -ENOTSUP: unknown */
};

static void read_object(struct reading *g, const struct field *fields);

static void read_time(struct reading *g, uint64_t *ret)
{
	char text[40];

	if (json_take_text(&g->reader, text, sizeof(text)) && clock_parse(text, 0, ret) < 0)
		*ret = 0;
}

static void read_kind(struct reading *g)
{
	char text[32];
	int kind;

	if (!json_take_text(&g->reader, text, sizeof(text)))
		return;
	kind = event_kind_parse(text);
	g->kind = kind < 0 ? -ENOTSUP : kind;
}

static void read_first(struct reading *g, const struct field *fields)
{
	struct json_key key;
	bool first = true;

	if (!json_enter(&g->reader, '['))
		return;
	while (json_next(&g->reader, &key)) {
		if (first)
			read_object(g, fields);
		else
			json_skip(&g->reader);
		first = false;
	}
}

/* The names of a frame. */
static void read_frame(struct reading *g)
{
	char module[FACT_TEXT] = "", function[FRAME_FUNCTION] = "", file[FRAME_FILE] = "";
	struct json_key key;

	if (!json_enter(&g->reader, '{'))
		return;
	while (json_next(&g->reader, &key)) {
		if (json_key_is(&key, "module"))
			json_take_text(&g->reader, module, sizeof(module));
		else if (json_key_is(&key, "function"))
			json_take_text(&g->reader, function, sizeof(function));
		else if (json_key_is(&key, "file"))
			json_take_text(&g->reader, file, sizeof(file));
		else
			json_skip(&g->reader);
	}
	/* That of the title: the first of its own, or else the first. */
	if ((near_add(&g->fact->near, module, function, file) && g->fact->near.count == 1) ||
		!g->fact->function[0])
		text_copy(g->fact->function, sizeof(g->fact->function), function);
}

static void read_frames(struct reading *g)
{
	struct json_key key;

	if (!json_enter(&g->reader, '['))
		return;
	while (json_next(&g->reader, &key)) {
		if (g->fact->near.count < NEAR_FRAMES)
			read_frame(g);
		else
			json_skip(&g->reader);
	}
}

static void read_field(struct reading *g, const struct field *field)
{
	char *at = (char *)g->fact + field->offset;
	uint64_t number;
	double seconds;

	switch (field->type) {
	case TEXT: json_take_text(&g->reader, at, field->size); break;
	case NUMBER:
		if (json_take_u64(&g->reader, &number)) {
			memcpy(at, &number, sizeof(number));
			if (field->known)
				*((bool *)g->fact + field->known) = true;
		}
		break;
	case SECONDS:
		if (json_take_number(&g->reader, &seconds) && seconds >= 0 && seconds < 1e9) {
			number = (uint64_t)(seconds * (double)NS_PER_SEC);
			memcpy(at, &number, sizeof(number));
		}
		break;
	case TIME:
		number = 0;
		read_time(g, &number);
		memcpy(at, &number, sizeof(number));
		break;
	case KIND: read_kind(g); break;
	case INSIDE: read_object(g, field->inside); break;
	case FIRST: read_first(g, field->inside); break;
	case FRAMES: read_frames(g); break;
	case CALLS: fact_calls_read(&g->reader, g->fact); break;
	case CALLERS: fact_callers_read(&g->reader, g->fact); break;
	}
}

/* The field of a key, or NULL. Most keys come in the order of the table: next is the one to begin with. */
static const struct field *find_field(
	const struct field *fields, const struct field **next, const struct json_key *key)
{
	const struct field *field = *next;

	do {
		if (!field->key) {
			field = fields;
			continue;
		}
		if (key->len == field->len && key->text[0] == field->key[0] &&
			memcmp(key->text, field->key, key->len) == 0) {
			*next = field + 1;
			return field;
		}
		field++;
	} while (field != *next);
	return NULL;
}

static void read_object(struct reading *g, const struct field *fields)
{
	const struct field *field, *next = fields;
	struct json_key key;

	if (!json_enter(&g->reader, '{'))
		return;
	while (json_next(&g->reader, &key)) {
		field = find_field(fields, &next, &key);
		if (field)
			read_field(g, field);
		else
			json_skip(&g->reader);
	}
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

int fact_read(const char *json, size_t len, struct fact *ret)
{
	struct reading g = {.fact = ret, .kind = -EINVAL};
	const char *slash, *program;

	memset(ret, 0, sizeof(*ret));
	ret->count = 1;
	json_read(&g.reader, json, len);
	read_object(&g, event_fields);
	if (!json_read_end(&g.reader) || !ret->time)
		return -EINVAL;
	if (g.kind < 0)
		return g.kind;
	ret->kind = (uint8_t)g.kind;
	slash = strrchr(ret->exe, '/');
	program = slash ? slash + 1 : ret->exe;
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
	return slash ? slash + 1 : f->exe;
}
