/* SPDX-License-Identifier: Apache-2.0 */
/* Declared markers: the rules for their texts, and the event that one becomes. */
#include "marker/marker.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define KIND_EXPECTED                                                                                        \
	"kind must be one of deploy, rollback, infra, schema, config, flag, restart, third-party"

const char *const marker_kinds[] = {
	"deploy", "rollback", "infra", "schema", "config", "flag", "restart", "third-party", NULL};

const char *const marker_fields[] = {"kind", "service", "version", "note", "link", NULL};

#define FIELD_SIZE(field) sizeof(((struct event_marker *)NULL)->field)
#define FIELD(field, max, long_message, text_message)                                                        \
	{                                                                                                    \
#field, offsetof(struct event_marker, field), max, long_message, text_message                \
	}
#define TEXT_FIELD(field, max)                                                                               \
	FIELD(field, max, #field " must have at most " #max " bytes",                                        \
		#field " must be UTF-8 text without control characters")

static const struct field {
	const char *name;
	size_t offset;
	size_t max; /* bytes */
	const char *too_long;
	const char *not_text;
} fields[] = {
	FIELD(kind, 15, KIND_EXPECTED, KIND_EXPECTED),
	TEXT_FIELD(service, 255),
	TEXT_FIELD(version, 127),
	TEXT_FIELD(note, 1023),
	TEXT_FIELD(link, 1023),
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

_Static_assert(FIELD_SIZE(kind) == 16 && FIELD_SIZE(service) == 256 && FIELD_SIZE(version) == 128 &&
		       FIELD_SIZE(note) == 1024 && FIELD_SIZE(link) == 1024,
	"the bounds in fields[] leave room for the NUL");

const char *marker_set(struct event_marker *marker, const char *field, const char *value)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(fields[i].name, field) != 0)
			continue;
		if (value && strlen(value) > fields[i].max)
			return fields[i].too_long;
		text_copy((char *)marker + fields[i].offset, fields[i].max + 1, value ? value : "");
		return NULL;
	}
	return "a marker has kind, service, version, note and link";
}

bool marker_has_field(const char *field)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, field) == 0)
			return true;
	return false;
}

static bool is_text(const char *s)
{
	size_t len = strlen(s);

	while (len) {
		uint32_t code;
		size_t n = text_utf8_next(s, len, &code);

		if ((code == 0xFFFD && n == 1) || text_is_control(code))
			return false;
		s += n;
		len -= n;
	}
	return true;
}

static bool is_kind(const char *kind)
{
	for (const char *const *known = marker_kinds; *known; known++) {
		if (strcmp(*known, kind) == 0)
			return true;
	}
	return false;
}

const char *marker_check(const struct event_marker *marker)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const char *value = (const char *)marker + fields[i].offset;

		if (strnlen(value, fields[i].max + 1) > fields[i].max)
			return fields[i].too_long;
		if (!is_text(value))
			return fields[i].not_text;
	}
	if (!is_kind(marker->kind))
		return KIND_EXPECTED;
	if (!marker->service[0])
		return "service is missing: name what was changed";
	return NULL;
}

const char *marker_check_time(uint64_t time_ns, uint64_t now)
{
	if (time_ns > now && time_ns - now > MARKER_FUTURE_MAX)
		return "time lies more than 5 minutes in the future";
	return NULL;
}

void marker_declare(struct event_marker *marker, uid_t uid, pid_t pid)
{
	text_copy(marker->source, sizeof(marker->source), "declared");
	snprintf(marker->evidence, sizeof(marker->evidence), "declared by uid %u (pid %d)", uid, pid);
}

void marker_declare_by(struct event_marker *marker, const char *how)
{
	text_copy(marker->source, sizeof(marker->source), "declared");
	text_copy(marker->evidence, sizeof(marker->evidence), how);
}

/* A unit is called as in its failures: without its type. */
static void cut_unit(char *service)
{
	service[strlen(service) - text_ends_with(service, ".service")] = '\0';
}

void marker_event(const struct event_marker *marker, uint64_t time_ns, uint64_t entropy,
	const struct event_host *host, struct event *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = EVENT_MARKER;
	ret->time = time_ns;
	ret->host = *host;
	ret->marker = *marker;
	cut_unit(ret->marker.service);
	text_copy(ret->service.name, sizeof(ret->service.name), ret->marker.service);
	text_copy(ret->service.version, sizeof(ret->service.version), marker->version);
	id_make(time_ns, entropy, ret->id);
}
