/* SPDX-License-Identifier: Apache-2.0 */
/* An exception in an entry of Monolog's JSON formatter: an object with its class, its message and its place,
 * and in it another one that caused it. */
#include "traceback/internal.h"
#include "traceback/lines.h"

struct entry {
	struct span type, message, place;      /* of the exception, raw */
	struct span cause_type, cause_message; /* of the first cause */
	unsigned classes;                      /* seen so far */
	bool level;
};

static void take_value(void *context, struct span key, struct span value)
{
	struct entry *entry = context;

	entry->level |= span_is(key, "level_name");
	if (span_is(key, "class")) {
		*(entry->classes ? &entry->cause_type : &entry->type) = value;
		entry->classes++;
	} else if (span_is(key, "message") && entry->classes == 1) {
		entry->message = value;
	} else if (span_is(key, "message") && entry->classes == 2) {
		entry->cause_message = value;
	} else if (span_is(key, "file") && entry->classes == 1) {
		entry->place = value;
	}
}

static bool parse(struct span line, struct entry *ret)
{
	*ret = (struct entry){0};
	if (!span_starts(line, "{\"message\":") || !span_has(line, "\"exception\":{\"class\":\""))
		return false;
	lines_json(line, take_value, ret);
	return ret->level && ret->type.len;
}

static bool starts(const struct reader *r, struct span line)
{
	struct entry entry;

	(void)r;
	return parse(line, &entry);
}

static struct span unescaped(struct span raw, char *out, size_t size)
{
	return (struct span){out, lines_unescape(raw, out, size)};
}

static enum taken next(struct reader *r, struct span line)
{
	char type[EXCEPTION_TYPE], message[EXCEPTION_MESSAGE], place[EXCEPTION_FILE];
	struct span file;
	struct entry entry;
	uint32_t number;

	if (!parse(line, &entry))
		return LINE_REFUSED;
	set_type(r, unescaped(entry.type, type, sizeof(type)));
	set_message(r, unescaped(entry.message, message, sizeof(message)));
	if (span_location(unescaped(entry.place, place, sizeof(place)), &file, &number))
		add_frame(r, (struct span){0}, file, number);
	if (entry.cause_type.len)
		add_link(r, "cause", unescaped(entry.cause_type, type, sizeof(type)),
			unescaped(entry.cause_message, message, sizeof(message)));
	r->sure = true;
	return LINE_LAST;
}

const struct language traceback_php_log = {"php", 0, starts, next};
