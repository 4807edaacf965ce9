/* SPDX-License-Identifier: Apache-2.0 */
/* Rust returns its errors, as Go does: what a program logs at the level of errors by tracing or env_logger,
 * whose entries tell the module. A name without "::" before a colon may be anybody's. */
#include <ctype.h>

#include "traceback/entry.h"
#include "traceback/lines.h"

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

/* {"timestamp":"…","level":"ERROR","fields":{"message":"text","error":"…"},"target":"shop::orders"} */
static bool parse_json(struct span line, struct entry *ret)
{
	if (!span_starts(line, "{\"timestamp\":\"") || !span_has(line, "\"level\":\"ERROR\",\"fields\":{\""))
		return false;
	lines_json(line, entry_take, ret);
	return span_is(ret->level, "ERROR") && span_is_name(ret->target, ":");
}

static const entry_form forms[] = {parse_json, parse_env_logger, parse_tracing, NULL};

static bool starts(const struct reader *r, struct span line)
{
	struct entry entry;

	(void)r;
	return entry_parse(forms, line, &entry);
}

static enum taken next(struct reader *r, struct span line)
{
	struct entry entry;

	if (!entry_parse(forms, line, &entry))
		return LINE_REFUSED;
	entry_tell(r, &entry);
	return LINE_LAST;
}

const struct language traceback_rust_log = {"rust", 0, starts, next};
