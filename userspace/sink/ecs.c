/* SPDX-License-Identifier: Apache-2.0 */
/* Dotted names to nested objects. */
#include "sink/ecs.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the last of the open objects, with its dot. */
static size_t last_size(const struct ecs *ecs)
{
	size_t at = ecs->open_len;

	while (at && ecs->open[at - 1] != '.')
		at--;
	return ecs->open_len - at + (at > 0);
}

static bool is_inside(const struct ecs *ecs, const char *name)
{
	return !ecs->open_len || (strncmp(ecs->open, name, ecs->open_len) == 0 && name[ecs->open_len] == '.');
}

static void close_last(struct ecs *ecs)
{
	ecs->open_len -= last_size(ecs);
	ecs->open[ecs->open_len] = '\0';
	json_object_end(&ecs->json);
}

/* Closes and opens objects until the last part of the name is a key of the innermost; returns that part. */
static const char *enter(struct ecs *ecs, const char *name)
{
	const char *part, *dot;
	char key[ECS_NAME];

	while (!is_inside(ecs, name))
		close_last(ecs);
	part = name + ecs->open_len + (ecs->open_len > 0);
	for (; (dot = strchr(part, '.')) && (size_t)(dot - name) < sizeof(ecs->open); part = dot + 1) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - part), part);
		json_object_begin(&ecs->json, key);
		ecs->open_len = (size_t)(dot - name);
		memcpy(ecs->open, name, ecs->open_len);
		ecs->open[ecs->open_len] = '\0';
	}
	return part;
}

void ecs_begin(struct ecs *ecs, struct buf *out)
{
	json_begin(&ecs->json, out);
	ecs->open[0] = '\0';
	ecs->open_len = 0;
	json_object_begin(&ecs->json, NULL);
}

void ecs_end(struct ecs *ecs)
{
	while (ecs->open_len)
		close_last(ecs);
	json_object_end(&ecs->json);
}

static void put(struct json *j, const char *key, const json_t *value);

static void put_object(struct json *j, const char *key, const json_t *value)
{
	json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */

	json_object_begin(j, key);
	for (void *i = json_object_iter(object); i && !j->out->failed; i = json_object_iter_next(object, i))
		put(j, json_object_iter_key(i), json_object_iter_value(i));
	json_object_end(j);
}

/* It stays a real when it is a whole number. */
static void put_real(struct json *j, const char *key, double value)
{
	char number[40];

	snprintf(number, sizeof(number), "%.17g", value);
	if (!strpbrk(number, ".e"))
		stpcpy(number + strlen(number), ".0");
	json_raw(j, key, number);
}

/* Too deep a value makes the buffer fail. */
static void put(struct json *j, const char *key, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: put_object(j, key, value); break;
	case JSON_ARRAY:
		json_array_begin(j, key);
		for (size_t i = 0; i < json_array_size(value) && !j->out->failed; i++)
			put(j, NULL, json_array_get(value, i));
		json_array_end(j);
		break;
	case JSON_STRING: json_strn(j, key, json_string_value(value), json_string_length(value)); break;
	case JSON_INTEGER: json_int(j, key, json_integer_value(value)); break;
	case JSON_REAL: put_real(j, key, json_real_value(value)); break;
	case JSON_TRUE:
	case JSON_FALSE: json_bool(j, key, json_is_true(value)); break;
	case JSON_NULL: json_none(j, key); break;
	}
}

void ecs_value(struct ecs *ecs, const char *name, const json_t *value)
{
	if (value && !json_is_null(value))
		put(&ecs->json, enter(ecs, name), value);
}

void ecs_text(struct ecs *ecs, const char *name, const char *text)
{
	if (text)
		ecs_textn(ecs, name, text, strlen(text));
}

void ecs_textn(struct ecs *ecs, const char *name, const char *text, size_t len)
{
	json_strn(&ecs->json, enter(ecs, name), text, len);
}

void ecs_number(struct ecs *ecs, const char *name, int64_t value)
{
	json_int(&ecs->json, enter(ecs, name), value);
}

void ecs_value_text(struct ecs *ecs, const char *name, const json_t *value)
{
	char number[24];

	if (!json_is_integer(value)) {
		ecs_value(ecs, name, json_is_string(value) ? value : NULL);
		return;
	}
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	ecs_text(ecs, name, number);
}

void ecs_list(struct ecs *ecs, const char *name, const char *text)
{
	json_array_begin(&ecs->json, enter(ecs, name));
	json_str(&ecs->json, NULL, text);
	json_array_end(&ecs->json);
}
