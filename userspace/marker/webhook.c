/* SPDX-License-Identifier: Apache-2.0 */
/* From the JSON of a CI system, or our own, to a marker. */
#include "marker/webhook.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "marker/marker.h"
#include "marker/webhook_shape.h"

/* Foreign text is made to fit: cut at the end of a character, line breaks and the like become blanks. */
static void take_text(char *to, size_t size, const char *from)
{
	size_t len = 0, left = from ? strlen(from) : 0;
	uint32_t code;

	while (left) {
		size_t n = text_utf8_next(from, left, &code);

		if (len + n >= size)
			break;
		memcpy(to + len, text_is_control(code) ? " " : from, text_is_control(code) ? 1 : n);
		len += text_is_control(code) ? 1 : n;
		from += n;
		left -= n;
	}
	to[len] = '\0';
}

/* "2021-04-28 21:50:00 +0200", as Ruby writes times, is nearly RFC 3339. */
static int parse_time(const char *text, uint64_t now, uint64_t *ret)
{
	char fixed[48];
	const char *sign = strrchr(text, ' ');

	if (sign && strlen(sign) == 6 && (sign[1] == '+' || sign[1] == '-')) {
		snprintf(fixed, sizeof(fixed), "%.*s%.3s:%s", (int)(sign - text < 30 ? sign - text : 30),
			text, sign + 1, sign + 4);
		text = fixed;
	} else if (sign && strcmp(sign, " UTC") == 0) {
		snprintf(fixed, sizeof(fixed), "%.*sZ", (int)(sign - text < 30 ? sign - text : 30), text);
		text = fixed;
	}
	/* Only what a machine writes: "yesterday" is for people. */
	return strlen(text) >= 16 && text[4] == '-' ? clock_parse(text, now, ret) : -EINVAL;
}

static int set_time(const char *key, const char *text, uint64_t now, struct webhook *ret, struct buf *why)
{
	const char *message;

	ret->time = now;
	if (text && parse_time(text, now, &ret->time) < 0) {
		buf_printf(why, "%s must be RFC 3339, such as 2026-11-22T10:46:09Z", key);
		return -EINVAL;
	}
	message = marker_check_time(ret->time, now);
	if (message)
		buf_printf(why, "%s: %s", key, message);
	return message ? -EINVAL : 0;
}

static bool took_place(const json_t *body, const struct shape *shape, struct buf *why)
{
	const char *status = shape_text(body, shape->status);

	if (!shape->service[0]) {
		buf_printf(why, "a %s tells of no change", shape->name);
		return false;
	}
	if (!status)
		return true;
	for (unsigned n = 0; n < SHAPE_STATUSES && shape->statuses[n]; n++)
		if (strcmp(shape->statuses[n], status) == 0)
			return true;
	buf_printf(why, "no change took place: %s is ", shape->status);
	text_escape(why, status, strnlen(status, 40));
	return false;
}

static int take_shape(
	const json_t *body, const struct shape *shape, uint64_t now, struct webhook *ret, struct buf *why)
{
	struct event_marker *m = &ret->marker;
	const char *service = shape_first(body, shape->service);
	const char *message;
	int r;

	if (!took_place(body, shape, why))
		return -ENODATA;
	if (service && shape->before && strncmp(service, shape->before, strlen(shape->before)) == 0)
		service += strlen(shape->before);
	if (!service) {
		buf_printf(why, "%s: %s is missing", shape->name, shape->service[0]);
		return -EINVAL;
	}
	r = set_time(shape->at[0], shape_first(body, shape->at), now, ret, why);
	if (r < 0)
		return r;
	text_copy(m->kind, sizeof(m->kind), shape_kind(body, shape));
	take_text(m->service, sizeof(m->service), service);
	take_text(m->version, sizeof(m->version), shape_first(body, shape->version));
	take_text(m->note, sizeof(m->note), shape_first(body, shape->note));
	take_text(m->link, sizeof(m->link), shape_first(body, shape->link));
	message = marker_check(m);
	if (message)
		buf_printf(why, "%s: %s", shape->name, message);
	return message ? -EINVAL : 0;
}

/* Our own: strict, since who writes it reads our answer. */
static int take_own(const json_t *body, uint64_t now, struct webhook *ret, struct buf *why)
{
	const char *key, *message = NULL, *at = NULL;
	const json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		const char *text = json_string_value(value);

		if (json_is_null(value))
			continue;
		if (!text) {
			text_escape(why, key, strnlen(key, 40));
			buf_str(why, " must be a string");
			return -EINVAL;
		}
		if (strcmp(key, "at") == 0 || strcmp(key, "time") == 0) {
			at = text;
			continue;
		}
		message = marker_set(&ret->marker, key, text);
		if (message && !marker_has_field(key)) {
			buf_str(why, "unknown key ");
			text_escape(why, key, strnlen(key, 40));
			buf_str(why, ": a marker has kind, service, version, note, link and at");
			return -EINVAL;
		}
		if (message)
			break;
	}
	if (!message)
		message = marker_check(&ret->marker);
	if (message) {
		buf_str(why, message);
		return -EINVAL;
	}
	return set_time("at", at, now, ret, why);
}

static int take_body(const json_t *body, uint64_t now, struct webhook *ret, struct buf *why)
{
	const struct shape *shape = shape_of(body);

	*ret = (struct webhook){0};
	return shape ? take_shape(body, shape, now, ret, why) : take_own(body, now, ret, why);
}

int webhook_read(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	json_error_t error;
	/* jansson refuses invalid UTF-8, NUL, more than 2048 levels, and anything behind the value. */
	json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int r = -EINVAL;

	if (!body) {
		buf_printf(why, "no JSON: line %d: ", error.line);
		text_escape(why, error.text, strlen(error.text));
	} else if (!json_is_object(body)) {
		buf_str(why, "a marker is one JSON object");
	} else {
		r = take_body(body, now, ret, why);
	}
	json_decref(body);
	return r;
}

/* Takes a line of key=value. Returns NULL, or what is wrong. */
static const char *take_line(json_t *body, char *line)
{
	char *equals = strchr(line, '='), *end;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return NULL;
	if (!equals)
		return "a line is key=value";
	for (end = equals; end > line && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	equals += 1 + strspn(equals + 1, " \t");
	for (end = equals + strlen(equals); end > equals && strchr(" \t\r", end[-1]); end--)
		;
	*end = '\0';
	if (json_object_get(body, line))
		return "a key is there twice";
	return json_object_set_new(body, line, json_string(equals)) < 0 ? "it is no UTF-8" : NULL;
}

static int read_lines(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	_cleanup_free_ char *copy = strndup(text, len);
	const char *message = !copy ? "out of memory" : strlen(copy) < len ? "it holds NUL bytes" : NULL;
	json_t *body = json_object();
	char *save = NULL;
	int r = -EINVAL;

	for (char *line = message ? NULL : strtok_r(copy, "\n", &save); line && !message;
		line = strtok_r(NULL, "\n", &save))
		message = take_line(body, line);
	if (message)
		buf_str(why, message);
	else
		r = take_body(body, now, ret, why);
	json_decref(body);
	return r;
}

int webhook_read_file(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at < len && text[at] == '{' ? webhook_read(text, len, now, ret, why)
					   : read_lines(text, len, now, ret, why);
}

uint64_t webhook_entropy(const struct webhook *webhook)
{
	return id_hash(1, &webhook->marker, sizeof(webhook->marker));
}
