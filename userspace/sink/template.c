/* SPDX-License-Identifier: Apache-2.0 */
/* A template is cut once into literals and places, and checked by filling it with nothing. */
#include "sink/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define FIELD_MAX 256

struct part {
	char *text; /* a literal; or the path of a place */
	bool place;
	bool quoted; /* within a string */
};

struct pattern {
	struct part *parts;
	size_t count;
};

static void clear(struct pattern *pattern)
{
	for (size_t i = 0; i < pattern->count; i++)
		free(pattern->parts[i].text);
	free(pattern->parts);
	*pattern = (struct pattern){0};
}

void template_free(struct pattern *pattern)
{
	if (pattern)
		clear(pattern);
	free(pattern);
}

/* Takes text in any case. */
static int add_part(struct pattern *pattern, char *text, bool place, bool quoted)
{
	struct part *parts = text ? reallocarray(pattern->parts, pattern->count + 1, sizeof(*parts)) : NULL;

	if (!parts) {
		free(text);
		return -ENOMEM;
	}
	pattern->parts = parts;
	parts[pattern->count++] = (struct part){text, place, quoted};
	return 0;
}

static int add_literal(struct pattern *pattern, struct buf *literal)
{
	int r = 0;

	if (literal->failed)
		return -ENOMEM;
	if (literal->len)
		r = add_part(pattern, strdup(literal->data), false, false);
	buf_reset(literal);
	return r;
}

/* At "{{": " a.b.0.c " up to "}}". */
static int add_place(struct pattern *pattern, const char **at, bool quoted, struct buf *error)
{
	const char *begin = *at + 2 + strspn(*at + 2, " ");
	size_t len = strcspn(begin, " }\n");
	const char *end = begin + len + strspn(begin + len, " ");

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)begin[i]) && !strchr("._-@", begin[i]))
			len = 0;
	if (!len || len >= FIELD_MAX || strncmp(end, "}}", 2) != 0) {
		buf_str(error, "\"");
		text_escape(error, *at, strnlen(*at, 30));
		buf_str(error, "…\" is not {{FIELD}}, such as {{process.pid}}");
		return -EINVAL;
	}
	*at = end + 2;
	return add_part(pattern, strndup(begin, len), true, quoted);
}

/* Without the space between values what comes out is one line. */
static int cut(struct pattern *pattern, const char *text, bool space, struct buf *error)
{
	_cleanup_buf_ struct buf literal = {0};
	bool quoted = false;
	int r = 0;

	while (*text && r == 0) {
		if (strncmp(text, "{{", 2) == 0) {
			r = add_literal(pattern, &literal);
			if (r == 0)
				r = add_place(pattern, &text, quoted, error);
			continue;
		}
		if (quoted && *text == '\\' && text[1])
			buf_char(&literal, *text++);
		else if (*text == '"')
			quoted = !quoted;
		if (space || quoted || !strchr(" \t\r\n", *text))
			buf_char(&literal, *text);
		text++;
	}
	return r == 0 ? add_literal(pattern, &literal) : r;
}

/* A field of the event, or of a part of it: keys, and numbers of elements. */
static json_t *find(json_t *value, const char *path)
{
	char key[FIELD_MAX];

	while (value && *path) {
		size_t len = strcspn(path, ".");
		uint64_t index;

		memcpy(key, path, len);
		key[len] = '\0';
		if (json_is_array(value))
			value = text_parse_u64(key, UINT32_MAX, &index) == 0 ? json_array_get(value, index)
									     : NULL;
		else
			value = json_object_get(value, key);
		path += len + (path[len] == '.');
	}
	return value;
}

/* As JSON: a string's quotes are the template's where it stands within them. */
static void put_string(const char *bytes, size_t len, bool quoted, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};
	struct json j;

	json_begin(&j, quoted ? &text : out);
	json_strn(&j, NULL, bytes, len);
	if (quoted && text.len >= 2)
		buf_append(out, text.data + 1, text.len - 2);
	out->failed |= text.failed;
}

static void put_value(const json_t *value, bool quoted, struct buf *out)
{
	char *text;

	if (json_is_string(value)) {
		put_string(json_string_value(value), json_string_length(value), quoted, out);
		return;
	}
	if (!value || json_is_null(value)) {
		buf_str(out, quoted ? "" : "null");
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		out->failed = true;
	else if (quoted)
		put_string(text, strlen(text), true, out);
	else
		buf_str(out, text);
	free(text);
}

/* What no field of the event says. */
static const char *own_value(const char *name, const struct sink_item *item, const char *host)
{
	const struct {
		const char *name;
		const char *value;
	} own[] = {
		{"@id", item->id},
		{"@service", item->service ? item->service : ""},
		{"@host", host},
		{"@severity", item->severity.log_level},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(own[i].name, name) == 0)
			return own[i].value;
	return NULL;
}

static void put_place(
	const struct part *part, const struct sink_item *item, const char *host, struct buf *out)
{
	const char *own = own_value(part->text, item, host);

	if (own)
		put_string(own, strlen(own), part->quoted, out);
	else if (strcmp(part->text, "@event") != 0)
		put_value(find(item->object, part->text), part->quoted, out);
	else if (part->quoted)
		put_string(item->body, item->len, true, out);
	else
		buf_append(out, item->body, item->len);
}

void template_fill(
	const struct pattern *pattern, const struct sink_item *item, const char *host, struct buf *out)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (pattern->parts[i].place)
			put_place(&pattern->parts[i], item, host, out);
		else
			buf_str(out, pattern->parts[i].text);
	}
}

/* Names with @ are few, so that a slip of the pen is seen now. */
static int check_names(const struct pattern *pattern, const struct sink_item *item, struct buf *error)
{
	for (size_t i = 0; i < pattern->count; i++) {
		const struct part *part = &pattern->parts[i];

		if (!part->place || *part->text != '@' || strcmp(part->text, "@event") == 0 ||
			own_value(part->text, item, ""))
			continue;
		buf_printf(error, "{{%s}} is none of @id @service @host @severity @event", part->text);
		return -EINVAL;
	}
	return 0;
}

static int check(const struct pattern *pattern, struct buf *error)
{
	const struct sink_item item = {.body = "{}", .len = 2, .severity.log_level = "info"};
	_cleanup_buf_ struct buf filled = {0};
	json_error_t why;
	json_t *parsed;
	int r = check_names(pattern, &item, error);

	if (r < 0)
		return r;
	template_fill(pattern, &item, "", &filled);
	parsed = json_loads(buf_text(&filled), JSON_REJECT_DUPLICATES, &why);
	if (!parsed) {
		buf_printf(error, "it is not JSON: line %d: ", why.line);
		text_escape(error, why.text, strlen(why.text));
		return -EINVAL;
	}
	json_decref(parsed);
	return 0;
}

int template_new(struct pattern **ret, const char *text, struct buf *error)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	int r = pattern ? cut(pattern, text, true, error) : -ENOMEM;

	if (r == 0)
		r = check(pattern, error);
	if (r == 0) {
		clear(pattern);
		r = cut(pattern, text, false, error);
	}
	if (r < 0) {
		template_free(pattern);
		return r;
	}
	*ret = pattern;
	return 0;
}
