/* SPDX-License-Identifier: Apache-2.0 */
/* Rust returns its errors, as Go does: what a program logs at the level of errors by tracing or env_logger,
 * whose entries tell the module. A name without "::" before a colon may be anybody's. */
#include <ctype.h>

#include "traceback/internal.h"
#include "traceback/lines.h"

struct entry {
	struct span level, target, message, error;
};

/* Modules are lower case; Ruby's classes, say, are not. */
static bool is_module(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (isupper((unsigned char)name.s[i]))
			return false;
	return span_has(name, "::") && span_is_name(name, ":");
}

/* "[2026-11-29T21:30:48Z ERROR shop::orders] text" */
static bool parse_env_logger(struct span line, struct entry *ret)
{
	struct span time;

	return span_skip(&line, "[") && span_split(line, "Z ERROR ", &time, &line) && !span_has(time, " ") &&
	       span_split(line, "] ", &ret->target, &ret->message) && span_is_name(ret->target, ":");
}

/* Behind its time, "ERROR span{id=7}:other: shop::orders: text error=…" */
static bool parse_tracing(struct span line, struct entry *ret)
{
	if (!span_skip(&line, "ERROR "))
		return false;
	while (span_split(line, ": ", &ret->target, &line))
		if (is_module(ret->target)) {
			ret->message = line;
			return true;
		}
	return false;
}

static void take_value(void *context, struct span key, struct span value)
{
	struct entry *entry = context;

	if (span_is(key, "level"))
		entry->level = value;
	else if (span_is(key, "target"))
		entry->target = value;
	else if (span_is(key, "message"))
		entry->message = value;
	else if (span_is(key, "error") || span_is(key, "err"))
		entry->error = value;
}

/* {"timestamp":"…","level":"ERROR","fields":{"message":"text","error":"…"},"target":"shop::orders"} */
static bool parse_json(struct span line, struct entry *ret)
{
	if (!span_starts(line, "{\"timestamp\":\"") || !span_has(line, "\"level\":\"ERROR\",\"fields\":{\""))
		return false;
	lines_json(line, take_value, ret);
	return span_is(ret->level, "ERROR") && span_is_name(ret->target, ":");
}

static bool parse(struct span line, struct entry *ret)
{
	static bool (*const parsers[])(struct span, struct entry *) = {
		parse_json, parse_env_logger, parse_tracing};

	for (size_t i = 0; i < sizeof(parsers) / sizeof(*parsers); i++) {
		*ret = (struct entry){0};
		if (parsers[i](line, ret) && (ret->message.len || ret->error.len))
			return true;
	}
	return false;
}

static bool starts(const struct reader *r, struct span line)
{
	struct entry entry;

	(void)r;
	return parse(line, &entry);
}

static enum taken next(struct reader *r, struct span line)
{
	struct entry entry;

	if (!parse(line, &entry))
		return LINE_REFUSED;
	set_logged(r, entry.message, entry.error);
	return LINE_LAST;
}

const struct language traceback_rust_log = {"rust", 0, starts, next};
