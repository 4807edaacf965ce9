/* SPDX-License-Identifier: Apache-2.0 */
#include "model/body.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "model/event.h"

const json_t *body_at(const json_t *object, const char *path)
{
	while (object && *path) {
		size_t len = strcspn(path, ".");

		object = json_object_getn(object, path, len);
		path += len + (path[len] == '.');
	}
	return json_is_null(object) ? NULL : object;
}

const char *body_text(const json_t *object, const char *path)
{
	const char *text = json_string_value(body_at(object, path));

	return text ? text : "";
}

const json_t *body_build_id(const json_t *object)
{
	const json_t *frames = body_at(object, "stack.frames"), *exe = body_at(object, "process.exe");

	for (size_t i = 0; exe && i < json_array_size(frames); i++) {
		const json_t *frame = json_array_get(frames, i), *id = body_at(frame, "build_id");

		if (id && json_equal(exe, body_at(frame, "module")))
			return id;
	}
	return NULL;
}

const char *body_last_line(const json_t *object, size_t *ret_len)
{
	const json_t *words = body_at(object, "last_words.text");
	const char *text = json_string_value(words), *line;
	size_t end = json_string_length(words);

	while (end && isspace((unsigned char)text[end - 1]))
		end--;
	if (!end)
		return NULL;
	line = memrchr(text, '\n', end);
	line = line ? line + 1 : text;
	*ret_len = (size_t)(text + end - line);
	return line;
}

bool body_end(const json_t *object, const char *path, struct body_end *ret)
{
	const char *text = body_text(object, path), *colon = strrchr(text, ':');
	uint64_t port;

	if (!*text)
		return false;
	*ret = (struct body_end){.address = text, .len = strlen(text), .port = -1};
	if (strncmp(text, "unix:", 5) == 0) {
		ret->is_unix = true;
		ret->address += 5;
		ret->len -= 5;
		return true;
	}
	if (!colon)
		return true;
	if (text_parse_u64(colon + 1, UINT16_MAX, &port) == 0)
		ret->port = (int)port;
	else if (strcmp(colon, ":*") != 0)
		return true;
	ret->len = (size_t)(colon - text);
	if (ret->len > 2 && text[0] == '[' && text[ret->len - 1] == ']') {
		ret->address++;
		ret->len -= 2;
	}
	return true;
}

bool body_is_death(const char *kind)
{
	int found = event_kind_parse(kind);

	return found >= 0 && event_is_death((enum event_kind)found);
}
