/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a death on its page: exception, stack, last words, and what had failed before. */
#include <string.h>

#include "report/view.h"

#define SAID_LINES       20
#define EXCEPTION_FRAMES 10
#define STACK_FRAMES     32
#define CRUMBS           10
#define THREADS          8
#define THREAD_FRAMES    4

#define DIM    "\033[2m"
#define NORMAL "\033[0m"

static struct view item_of(const struct view *v, const json_t *value)
{
	return (struct view){.root = value, .out = v->out, .max = v->max, .colour = v->colour};
}

/* "type: message" */
static bool say_error(const struct view *v, const char *before)
{
	bool typed = say(v, before, "type");

	return say(v, typed ? ": " : before, "message") || typed;
}

/* "function file:line" */
static bool say_place(const struct view *v)
{
	bool named = say(v, " ", "function"), placed = say(v, " ", "file");

	if (placed)
		say(v, ":", "line");
	return named || placed;
}

static void say_rest(const struct view *v, const json_t *list, size_t shown)
{
	size_t count = json_array_size(list);

	if (count > shown)
		buf_printf(v->out, "%s… %zu more", VIEW_NEXT_LINE, count - shown);
}

bool say_exception(const struct view *v, const char *before, const char *path)
{
	const struct view x = item_of(v, view_find(v, path));
	const json_t *frames = view_find(&x, "frames"), *chained = view_find(&x, "chained");
	bool any = say(&x, before, "language");

	any |= say_error(&x, any ? " " : before);
	for (size_t i = 0; any && i < json_array_size(frames) && i < EXCEPTION_FRAMES; i++) {
		const struct view frame = item_of(v, json_array_get(frames, i));

		buf_printf(v->out, "%s#%zu", VIEW_NEXT_LINE, i);
		say_place(&frame);
	}
	if (any)
		say_rest(v, frames, EXCEPTION_FRAMES);
	for (size_t i = 0; any && i < json_array_size(chained); i++) {
		const struct view link = item_of(v, json_array_get(chained, i));

		if (say(&link, VIEW_NEXT_LINE, "relation"))
			say_error(&link, " ");
	}
	return any;
}

void say_frame(const struct view *v, size_t index, const char *exe)
{
	const char *module = json_string_value(view_find(v, "module"));
	bool dim = v->colour && !(module && exe && strcmp(module, exe) == 0);

	buf_printf(v->out, "%s#%zu", dim ? DIM : "", index);
	if (!say_place(v))
		say(v, " ", "address");
	if (say(v, " (", "module")) {
		if (!view_find(v, "function"))
			say(v, "+", "offset");
		buf_char(v->out, ')');
	}
	if (json_is_true(view_find(v, "inlined")))
		buf_str(v->out, " inlined");
	if (dim)
		buf_str(v->out, NORMAL);
}

bool say_stack(const struct view *v, const char *before, const char *path)
{
	const struct view stack = item_of(v, view_find(v, path));
	const json_t *frames = view_find(&stack, "frames");
	const char *exe = json_string_value(view_find(v, "process.exe"));

	for (size_t i = 0; i < json_array_size(frames) && i < STACK_FRAMES; i++) {
		const struct view frame = item_of(v, json_array_get(frames, i));

		buf_str(v->out, i ? VIEW_NEXT_LINE : before);
		say_frame(&frame, i, exe);
	}
	say_rest(v, frames, STACK_FRAMES);
	return json_array_size(frames) > 0;
}

/* "name[tid] and 5 more like it", and where it was. */
static void say_thread(const struct view *v)
{
	const json_t *frames = view_find(v, "frames");

	say(v, "", "name");
	if (say(v, "[", "tid"))
		buf_char(v->out, ']');
	if (say(v, " and ", "same"))
		buf_str(v->out, " more like it");
	for (size_t i = 0; i < json_array_size(frames) && i < THREAD_FRAMES; i++) {
		const struct view frame = item_of(v, json_array_get(frames, i));

		buf_printf(v->out, VIEW_NEXT_LINE "  ");
		say_frame(&frame, i, NULL);
	}
	if (json_array_size(frames) > THREAD_FRAMES)
		buf_printf(v->out, VIEW_NEXT_LINE "  … %zu more", json_array_size(frames) - THREAD_FRAMES);
}

bool say_threads(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);

	for (size_t i = 0; i < json_array_size(list) && i < THREADS; i++) {
		const struct view thread = item_of(v, json_array_get(list, i));

		buf_str(v->out, i ? VIEW_NEXT_LINE : before);
		say_thread(&thread);
	}
	say_rest(v, list, THREADS);
	return json_array_size(list) > 0;
}

/* Where the last lines begin; empty lines at the end do not count. */
static const char *last_lines(const char *text, size_t *len)
{
	size_t at, lines = 0;

	while (*len && text[*len - 1] == '\n')
		--*len;
	for (at = *len; at > 0; at--)
		if (text[at - 1] == '\n' && ++lines == SAID_LINES)
			break;
	*len -= at;
	return text + at;
}

bool say_last_words(const struct view *v, const char *before, const char *path)
{
	const struct view words = item_of(v, view_find(v, path));
	const json_t *value = view_find(&words, "text");
	const char *text = json_string_value(value), *at, *newline;
	size_t len = json_string_length(value);

	if (!text)
		return false;
	at = last_lines(text, &len);
	if (!len)
		return false;
	buf_str(v->out, before);
	if (at > text || json_is_true(view_find(&words, "truncated"))) {
		buf_str(v->out, "…");
		if (say(&words, " the last of ", "bytes"))
			buf_str(v->out, " bytes");
		buf_str(v->out, VIEW_NEXT_LINE);
	}
	for (;; buf_str(v->out, VIEW_NEXT_LINE)) {
		newline = memchr(at, '\n', len);
		view_text(v, at, newline ? (size_t)(newline - at) : len);
		if (!newline)
			return true;
		len -= (size_t)(newline + 1 - at);
		at = newline + 1;
	}
}

bool say_crumbs(const struct view *v, const char *before, const char *path)
{
	const json_t *list = view_find(v, path);
	size_t count = json_array_size(list);
	bool any = false;

	for (size_t i = count > CRUMBS ? count - CRUMBS : 0; i < count; i++) {
		const struct view crumb = item_of(v, json_array_get(list, i));

		if (!say(&crumb, any ? VIEW_NEXT_LINE : before, "syscall"))
			continue;
		any = true;
		say(&crumb, " ", "subject");
		say(&crumb, ": ", "errno");
		say_time(&crumb, "  at ", "time");
	}
	return any;
}
