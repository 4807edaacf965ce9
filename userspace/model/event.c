/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of events, and what is missing in one. */
#include "model/event.h"

#include <errno.h>
#include <string.h>

static const char *const kinds[EVENT_KINDS] = {
	[EVENT_CRASH] = "crash",
	[EVENT_OOM_KILL] = "oom_kill",
	[EVENT_KILL] = "kill",
	[EVENT_EXIT_FAILURE] = "exit_failure",
	[EVENT_EXCEPTION] = "exception",
	[EVENT_SYSCALL_ERRORS] = "syscall_errors",
	[EVENT_TCP_RESET] = "tcp_reset",
	[EVENT_CONNECT_FAILURE] = "connect_failure",
	[EVENT_MARKER] = "marker",
	[EVENT_GAP] = "gap",
	[EVENT_DECISION] = "decision",
	[EVENT_LISTEN] = "listen",
};

const char *event_kind_name(enum event_kind kind)
{
	return kinds[kind];
}

int event_kind_parse(const char *name)
{
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (kinds[kind][0] == name[0] && !strcmp(kinds[kind], name))
			return kind;
	return -EINVAL;
}

bool event_is_death(enum event_kind kind)
{
	return kind == EVENT_CRASH || kind == EVENT_OOM_KILL || kind == EVENT_KILL ||
	       kind == EVENT_EXIT_FAILURE;
}

void event_missing_add(struct event *event, const char *what, const char *why)
{
	if (event->missing_count < EVENT_MISSING_MAX)
		event->missing[event->missing_count++] = (struct event_missing){what, why};
}
