/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of an event as fields of the journal: LASTWORDS_ and the path for all that is one value, names that
 * others use beside it, and the whole event. */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/body.h"
#include "model/names.h"
#include "report/report.h"
#include "sink/journald.h"

#define NAME_MAX_LEN 64 /* of journald */

enum when { ALWAYS, DEATHS, OTHERS, INSTEAD };

/* Where a field of ours means the same as one of systemd's, and what all kinds have under one name. */
static const struct alias {
	const char *name;
	const char *alias;
	enum when when;
} aliases[] = {
	{"LASTWORDS_HOST_NAME", "COREDUMP_HOSTNAME", DEATHS},
	{"LASTWORDS_SERVICE_UNIT", "COREDUMP_UNIT", DEATHS},
	{"LASTWORDS_SERVICE_UNIT", "OBJECT_SYSTEMD_UNIT", INSTEAD},
	{"LASTWORDS_SERVICE_SLICE", "COREDUMP_SLICE", DEATHS},
	{"LASTWORDS_SERVICE_CGROUP", "COREDUMP_CGROUP", DEATHS},
	{"LASTWORDS_SERVICE_USER", "COREDUMP_OWNER_UID", DEATHS},
	{"LASTWORDS_PROCESS_PID", "COREDUMP_PID", DEATHS},
	{"LASTWORDS_PROCESS_PID", "OBJECT_PID", OTHERS},
	{"LASTWORDS_PROCESS_COMM", "COREDUMP_COMM", DEATHS},
	{"LASTWORDS_PROCESS_EXE", "COREDUMP_EXE", DEATHS},
	{"LASTWORDS_PROCESS_CMDLINE", "COREDUMP_CMDLINE", DEATHS},
	{"LASTWORDS_PROCESS_UID", "COREDUMP_UID", DEATHS},
	{"LASTWORDS_PROCESS_GID", "COREDUMP_GID", DEATHS},
	{"LASTWORDS_SIGNAL_NAME", "COREDUMP_SIGNAL_NAME", ALWAYS},
	{"LASTWORDS_SIGNAL_NUMBER", "COREDUMP_SIGNAL", ALWAYS},
	{"LASTWORDS_ISSUE_SCHEMA", "LASTWORDS_SCHEMA", INSTEAD},
	{"LASTWORDS_ISSUE_KIND", "LASTWORDS_KIND", INSTEAD},
	{"LASTWORDS_ISSUE_ID", "LASTWORDS_ID", INSTEAD},
	{"LASTWORDS_INCIDENT_SCHEMA", "LASTWORDS_SCHEMA", INSTEAD},
	{"LASTWORDS_INCIDENT_KIND", "LASTWORDS_KIND", INSTEAD},
	{"LASTWORDS_INCIDENT_ID", "LASTWORDS_ID", INSTEAD},
};

struct fields {
	struct buf *out;
	bool death;
};

/* The form for values of any bytes, for all. */
static void put(struct buf *out, const char *name, const char *value, size_t len)
{
	uint64_t size = htole64(len);

	buf_str(out, name);
	buf_char(out, '\n');
	buf_append(out, &size, sizeof(size));
	buf_append(out, value, len);
	buf_char(out, '\n');
}

static void put_text(struct buf *out, const char *name, const char *value)
{
	put(out, name, value, strlen(value));
}

static void put_number(struct buf *out, const char *name, unsigned long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	put_text(out, name, text);
}

/* One value as text; 15 digits are what the store writes of fractions. */
static void put_value(struct buf *out, const json_t *value)
{
	char text[64];
	size_t len;

	if (json_is_string(value)) {
		buf_append(out, json_string_value(value), json_string_length(value));
		return;
	}
	len = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	buf_append(out, text, len < sizeof(text) ? len : 0);
}

static void put_named(const struct fields *fields, const char *name, const struct buf *value)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		const struct alias *at = &aliases[i];

		if (strcmp(at->name, name) != 0 || (at->when == DEATHS && !fields->death) ||
			(at->when == OTHERS && fields->death))
			continue;
		put(fields->out, at->alias, buf_text(value), value->len);
		if (at->when == INSTEAD)
			return;
	}
	put(fields->out, name, buf_text(value), value->len);
	if (strcmp(name, "LASTWORDS_ERRNO") == 0 && errno_by_name(buf_text(value)))
		put_number(fields->out, "ERRNO", errno_by_name(buf_text(value)));
}

/* An array of values is joined; one of objects is in LASTWORDS_EVENT alone. */
static bool put_list(struct buf *out, const json_t *list, char separator)
{
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		if (json_is_object(value) || json_is_array(value))
			return false;
		if (index)
			buf_char(out, separator);
		put_value(out, value);
	}
	return index > 0;
}

/* Appends a key to name, of len bytes. Returns the new length; 0: journald would not take it. */
static size_t add_key(char name[NAME_MAX_LEN + 1], size_t len, const char *key)
{
	for (; *key; key++) {
		char c = *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A') : *key;

		if (len >= NAME_MAX_LEN || !((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return 0;
		name[len++] = c;
	}
	name[len] = '\0';
	return len;
}

/* As deep as names may be long. */
static void put_object(
	const struct fields *fields, const json_t *object, char name[NAME_MAX_LEN + 1], size_t len)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		_cleanup_buf_ struct buf text = {0};
		size_t end = add_key(name, len, key);

		if (!end || json_is_null(value) || strcmp(name, "LASTWORDS_OOM_MEMORY_STAT") == 0)
			continue;
		if (json_is_object(value)) {
			end = add_key(name, end, "_");
			if (end)
				put_object(fields, value, name, end);
		} else if (json_is_array(value)) {
			if (put_list(&text, value, strcmp(key, "cmdline") == 0 ? ' ' : ','))
				put_named(fields, name, &text);
		} else {
			put_value(&text, value);
			put_named(fields, name, &text);
		}
	}
}

/* Where in the code: the innermost frame of the exception, or of the stack. */
static void put_code(struct buf *out, const json_t *object)
{
	static const struct {
		const char *key;
		const char *name;
	} rows[] = {{"function", "CODE_FUNC"}, {"file", "CODE_FILE"}, {"line", "CODE_LINE"}};
	const json_t *frame =
		json_array_get(json_object_get(json_object_get(object, "exception"), "frames"), 0);

	if (!frame)
		frame = json_array_get(json_object_get(json_object_get(object, "stack"), "frames"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *value = json_object_get(frame, rows[i].key);
		_cleanup_buf_ struct buf text = {0};

		if (!value || json_is_null(value))
			continue;
		put_value(&text, value);
		put(out, rows[i].name, buf_text(&text), text.len);
	}
}

void journald_fields(const struct sink_item *item, struct buf *out)
{
	const struct fields fields = {.out = out, .death = body_is_death(item->kind)};
	bool issue = strcmp(item->kind, "issue") == 0, incident = strcmp(item->kind, "incident") == 0;
	char name[NAME_MAX_LEN + 1];
	_cleanup_buf_ struct buf message = {0};

	report_message(item->object, &message);
	put(out, "MESSAGE", buf_text(&message), message.len);
	put_text(out, "MESSAGE_ID", item->severity.message_id);
	put_number(out, "PRIORITY", item->severity.syslog);
	put_text(out, "SYSLOG_IDENTIFIER", "lastwords");
	if (fields.death)
		put_number(out, "COREDUMP_TIMESTAMP", item->time / 1000);
	put_code(out, item->object);
	put(out, "LASTWORDS_EVENT", item->body, item->len);
	text_copy(name, sizeof(name),
		issue      ? "LASTWORDS_ISSUE_"
		: incident ? "LASTWORDS_INCIDENT_"
			   : "LASTWORDS_");
	put_object(&fields, item->object, name, strlen(name));
}
