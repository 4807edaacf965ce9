/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of events in any format. A body is copied as it was stored, so that programs get whole objects. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[] = {
	[REPORT_TEXT] = "text",
	[REPORT_JSON] = "json",
	[REPORT_JSONL] = "jsonl",
};

int report_format_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i], name) == 0)
			return (int)i;
	}
	return -EINVAL;
}

/* https://no-color.org: the variable counts when it is not empty. */
bool report_wants_colour(FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR");
	int fd = fileno(stream);

	return !(no_colour && *no_colour) && fd >= 0 && isatty(fd);
}

static void put(struct report_list *list, const char *text, size_t len)
{
	if (!list->error && fwrite(text, 1, len, list->stream) != len)
		list->error = errno ? -errno : -EIO;
}

void report_list_begin(struct report_list *list, FILE *stream, enum report_format format)
{
	*list = (struct report_list){
		.stream = stream,
		.format = format,
		.colour = format == REPORT_TEXT && report_wants_colour(stream),
		.first = true,
	};
	if (format == REPORT_JSON)
		put(list, "[", 1);
}

int report_list_event(struct report_list *list, const char *body)
{
	_cleanup_buf_ struct buf text = {0};

	if (list->format == REPORT_TEXT && list->findings)
		report_finding_line(body, list->colour, &text);
	else if (list->format == REPORT_TEXT)
		report_event_line(body, list->colour, &text);
	else if (list->format == REPORT_JSONL)
		buf_printf(&text, "%s\n", body);
	else
		buf_printf(&text, "%s\n%s", list->first ? "" : ",", body);
	list->first = false;
	if (text.failed && !list->error)
		list->error = -ENOMEM;
	put(list, buf_text(&text), text.len);
	return list->error;
}

int report_list_flush(struct report_list *list)
{
	if (!list->error && fflush(list->stream) != 0)
		list->error = -errno;
	return list->error;
}

int report_list_end(struct report_list *list)
{
	if (list->format == REPORT_JSON)
		put(list, list->first ? "]\n" : "\n]\n", list->first ? 2 : 3);
	return report_list_flush(list);
}
