/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords crashes: what died, newest first. */
#include "command/command.h"
#include "command/list.h"

static const struct list_spec spec = {
	.help = "Usage: lastwords crashes [OPTIONS]\n"
		"Crashes, OOM kills, kills and failed exits, newest first, with their times in "
		"UTC.\n\n" LIST_FILTER_HELP
		"  -n, --lines N         at most N, default 50; 0: all\n" LIST_COMMON_HELP,
	.kinds = LIST_KIND(EVENT_CRASH) | LIST_KIND(EVENT_OOM_KILL) | LIST_KIND(EVENT_KILL) |
		 LIST_KIND(EVENT_EXIT_FAILURE),
	.newest_first = true,
	.limit = 50,
};

int command_crashes(int argc, char **argv)
{
	return list_main(&spec, argc, argv);
}
