/* SPDX-License-Identifier: Apache-2.0 */
/* An event, issue or incident as a message of another system: one line, and frames as a text. */
#include "report/report.h"

#include "report/view.h"

static void say_event(const struct view *v)
{
	size_t before;

	say_kind(v, false);
	say(v, " ", "service.name");
	say_process(v, " ", "process");
	buf_str(v->out, ": ");
	before = v->out->len;
	say_what(v);
	if (v->out->len == before)
		buf_str(v->out, "no more is known");
}

void report_message(const json_t *object, struct buf *out)
{
	const struct view v = {.root = object, .out = out, .max = VIEW_TEXT_LINE};

	if (view_is(&v, "kind", "incident") || view_is(&v, "kind", "issue"))
		say_finding(&v);
	else
		say_event(&v);
}

void report_frames(const json_t *object, struct buf *out)
{
	const struct view v = {.root = object, .out = out, .max = VIEW_TEXT_PAGE};
	const json_t *frames = view_find(&v, "exception.frames");
	size_t start = out->len;

	if (!json_array_size(frames))
		frames = view_find(&v, "stack.frames");
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const struct view frame = {.root = json_array_get(frames, i), .out = out, .max = v.max};

		if (out->len > start)
			buf_char(out, '\n');
		say_frame(&frame, i, NULL);
	}
}
