/* SPDX-License-Identifier: Apache-2.0 */
/* Many events of one issue as one line. */
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "report/view.h"

/* Text of a process is any bytes. */
static json_t *any_text(const char *text)
{
	return text ? json_stringn_nocheck(text, strlen(text)) : NULL;
}

/* 12,345 */
static void put_grouped(struct buf *out, uint64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (int n = 0; n < len; n++) {
		if (n && (len - n) % 3 == 0)
			buf_char(out, ',');
		buf_char(out, digits[n]);
	}
}

static json_t *as_event(const struct report_repeat *repeat)
{
	char time[CLOCK_TEXT_SIZE];
	json_t *root = json_object(), *service = json_object();

	clock_format(repeat->time, time);
	json_object_set_new(service, "name", any_text(repeat->service));
	json_object_set_new(root, "service", service);
	json_object_set_new(root, "time", json_string(time));
	json_object_set_new(root, "kind", json_string(repeat->kind));
	json_object_set_new(root, "title", any_text(repeat->title));
	json_object_set_new(root, "incident", any_text(repeat->incident));
	return root;
}

void report_repeat_line(const struct report_repeat *repeat, bool colour, struct buf *out)
{
	json_t *root = as_event(repeat);
	struct view v = {.root = root, .out = out, .max = VIEW_TEXT_LINE};

	say_columns(&v, colour);
	put_grouped(out, repeat->count);
	buf_printf(out, " more %.*s in the last ", (int)(strlen(repeat->what) - (repeat->count == 1)),
		repeat->what);
	if (repeat->seconds == 60)
		buf_str(out, "minute");
	else
		buf_printf(out, "%" PRIu64 " s", repeat->seconds);
	if (say(&v, " (", "title"))
		buf_char(out, ')');
	say(&v, ", incident ", "incident");
	buf_char(out, '\n');
	json_decref(root);
}
