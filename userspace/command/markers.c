/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords markers: what was changed, newest first. */
#include "command/command.h"
#include "command/list.h"

static const struct list_spec spec = {
	.help = "Usage: lastwords markers [OPTIONS]\n"
		"Changes, declared and inferred, newest first, with their times in UTC.\n\n" LIST_FILTER_HELP
		"  -n, --lines N         at most N, default 50; 0: all\n" LIST_COMMON_HELP,
	.kinds = LIST_KIND(EVENT_MARKER),
	.newest_first = true,
	.limit = 50,
};

int command_markers(int argc, char **argv)
{
	return list_main(&spec, argc, argv);
}
