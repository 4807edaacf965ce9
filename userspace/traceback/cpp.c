/* SPDX-License-Identifier: Apache-2.0 */
/* C++: what std::terminate tells of the exception that nobody caught. */
#include "traceback/internal.h"

static const char uncaught[] = "terminate called after throwing an instance of '";
/* libc++ tells it in one line. */
static const char *const libcxx[] = {"libc++abi: terminating due to uncaught exception of type ",
	"libc++abi: terminating with uncaught exception of type ", NULL};
static const char *const plain[] = {"terminate called without an active exception",
	"terminate called recursively", "pure virtual method called", "deleted virtual method called", NULL};

static bool starts(const struct reader *r, struct span line)
{
	(void)r;
	return span_starts(line, uncaught) || span_starts_any(line, libcxx) || span_starts_any(line, plain);
}

static enum taken take_first(struct reader *r, struct span line)
{
	struct span type, message = {0};

	r->state = 1;
	r->sure = true;
	if (span_skip(&line, uncaught)) {
		r->sure = span_chop(&line, "'");
		set_type(r, line);
		return LINE_TAKEN;
	}
	for (const char *const *opening = libcxx; *opening; opening++) {
		if (!span_skip(&line, *opening))
			continue;
		type = line;
		span_split(line, ": ", &type, &message);
		set_type(r, type);
		set_message(r, message);
		return LINE_LAST;
	}
	set_type(r, line);
	return LINE_TAKEN;
}

static enum taken next(struct reader *r, struct span line)
{
	if (!r->state)
		return take_first(r, line);
	if (span_is(line, plain[0]))
		return LINE_LAST;
	if (!span_skip(&line, "  what():  "))
		return LINE_REFUSED;
	set_message(r, line);
	return LINE_LAST;
}

const struct language traceback_cpp = {"cpp", 2, starts, next};
