/* SPDX-License-Identifier: Apache-2.0 */
/* Single keys of an event as text: every string escaped and bounded. */
#include "report/view.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/body.h"
#include "report/report.h"

json_t *view_parse(const char *body)
{
	json_t *root = json_loads(body, JSON_ALLOW_NUL, NULL);

	/* An integer over 63 bits is an error of its own in jansson; for people a rounded one will do. */
	if (!root)
		root = json_loads(body, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

const json_t *view_find(const struct view *v, const char *path)
{
	return body_at(v->root, path);
}

struct view view_inside(const struct view *v, const json_t *root)
{
	struct view item = *v;

	item.root = root;
	return item;
}

bool view_is(const struct view *v, const char *path, const char *text)
{
	const char *value = json_string_value(view_find(v, path));

	return value && strcmp(value, text) == 0;
}

void view_text(const struct view *v, const char *text, size_t len)
{
	size_t cut = len;

	if (cut > v->max) {
		cut = v->max;
		while (cut && ((unsigned char)text[cut] & 0xC0) == 0x80)
			cut--;
	}
	text_escape(v->out, text, cut);
	if (cut < len)
		buf_str(v->out, "…");
}

bool say(const struct view *v, const char *before, const char *path)
{
	const json_t *value = view_find(v, path);

	if (!value || json_is_object(value) || json_is_array(value))
		return false;
	if (json_is_string(value) && json_string_length(value) == 0)
		return false;
	buf_str(v->out, before);
	if (json_is_string(value))
		view_text(v, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_printf(v->out, "%" PRId64, (int64_t)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(v->out, "%.15g", json_real_value(value));
	else
		buf_str(v->out, json_is_true(value) ? "yes" : "no");
	return true;
}

bool say_count(const struct view *v, const char *before, const char *path)
{
	const json_t *value = view_find(v, path);

	if (!json_is_number(value) || json_integer_value(value) == 1)
		return false;
	return say(v, before, path);
}

bool say_time(const struct view *v, const char *before, const char *path)
{
	const char *value = json_string_value(view_find(v, path));
	char text[CLOCK_TEXT_SIZE];
	uint64_t ns;

	if (!value || clock_parse(value, 0, &ns) < 0)
		return false;
	clock_format(ns, text);
	text[strlen("2026-11-22")] = ' ';
	text[strlen("2026-11-22 10:46:09.123")] = '\0';
	buf_printf(v->out, "%s%s", before, text);
	return true;
}

bool say_size(const struct view *v, const char *before, const char *path)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	const json_t *value = view_find(v, path);
	double size = json_number_value(value);
	size_t unit = 0;

	if (!json_is_number(value) || size < 0)
		return false;
	if (size < 1024) {
		buf_printf(v->out, "%s%.0f B", before, size);
		return true;
	}
	/* 1023.96 KiB would be printed as 1024.0. */
	for (size /= 1024; size >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		size /= 1024;
	buf_printf(v->out, "%s%.1f %s", before, size, units[unit]);
	return true;
}

void report_duration(double seconds, struct buf *out)
{
	static const struct {
		unsigned seconds, part;
		const char *name, *part_name;
	} units[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].seconds || seconds > 1e15)
			continue;
		uint64_t whole = (uint64_t)seconds;
		buf_printf(out, "%" PRIu64 " %s %" PRIu64 " %s", whole / units[i].seconds, units[i].name,
			whole % units[i].seconds / units[i].part, units[i].part_name);
		return;
	}
	buf_printf(out, "%.3g s", seconds);
}

bool say_duration(const struct view *v, const char *before, const char *path)
{
	const json_t *value = view_find(v, path);

	if (!json_is_number(value))
		return false;
	buf_str(v->out, before);
	report_duration(json_number_value(value), v->out);
	return true;
}

bool say_process(const struct view *v, const char *before, const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	const struct view process = {.root = view_find(v, path), .out = &text, .max = v->max};
	bool named = say(&process, "", "comm");

	if (say(&process, named ? "[" : "pid ", "pid") && named)
		buf_char(&text, ']');
	if (text.len)
		buf_printf(v->out, "%s%s", before, text.data);
	return text.len > 0;
}

bool say_list(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		any |= say(&item, any ? ", " : before, "");
	}
	return any;
}

bool say_subjects(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	bool any = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct view item = {.root = json_array_get(list, i), .out = v->out, .max = v->max};

		if (!say(&item, any ? ", " : before, "subject"))
			continue;
		any = true;
		if (say(&item, " (", "count"))
			buf_char(v->out, ')');
	}
	return any;
}

bool view_time(const struct view *v, const char *path, uint64_t *ret)
{
	const char *value = json_string_value(view_find(v, path));

	return value && clock_parse(value, 0, ret) == 0;
}
