/* SPDX-License-Identifier: Apache-2.0 */
/* What entries of logs have in common, whatever their form. */
#include "traceback/entry.h"

#include "traceback/lines.h"

void entry_take(void *context, struct span key, struct span value)
{
	struct entry *entry = context;

	if (span_is(key, "level") || span_is(key, "lvl"))
		entry->level = value;
	else if (span_is(key, "target"))
		entry->target = value;
	else if (span_is(key, "error") || span_is(key, "err"))
		entry->error = value;
	else if (span_is(key, "caller") || span_is(key, "source") || span_is(key, "file"))
		entry->place = value;
	else if (span_is(key, "func") || span_is(key, "function"))
		entry->function = value;
	if (span_is(key, "msg") || span_is(key, "message")) {
		entry->message = value;
		entry->msg = span_is(key, "msg");
		entry->error_first = entry->error.len;
	}
}

bool entry_parse(const entry_form *forms, struct span line, struct entry *ret)
{
	for (; *forms; forms++) {
		*ret = (struct entry){0};
		if ((*forms)(line, ret) && (ret->message.len || ret->error.len))
			return true;
	}
	return false;
}

/* "charge failed: pq: no such column" */
void entry_tell(struct reader *r, const struct entry *entry)
{
	char text[2 * EXCEPTION_MESSAGE];
	size_t len = lines_unescape(entry->message, text, EXCEPTION_MESSAGE);

	if (len && entry->error.len) {
		text[len++] = ':';
		text[len++] = ' ';
	}
	len += lines_unescape(entry->error, text + len, EXCEPTION_MESSAGE - 2);
	set_type(r, SPAN("error"));
	set_message(r, (struct span){text, len});
	r->sure = true;
}
